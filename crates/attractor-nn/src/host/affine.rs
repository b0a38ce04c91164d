//! Normalisation and projection of one input for those that use it, in both directions.

use super::real::Real;
use attractor_core::matmul::{Matrix, parallel_matmul};

/// Added to variances.
const EPSILON: f64 = 1e-5;

/// An input `[rows, width]`, normalised.
#[derive(Debug)]
pub(super) struct Normal<T> {
    /// `(x - mean) * scale`
    pub(super) x: Vec<T>,
    /// `1 / sqrt(variance + 1e-5)` of each row.
    scale: Vec<T>,
    width: usize,
}

impl<T: Real> Normal<T> {
    /// Rows where `closed` are 0.
    pub(super) fn new(mut x: Vec<T>, width: usize, closed: Option<&[bool]>) -> Self {
        let over = T::of(1.0 / width as f64);
        let mut scale = Vec::with_capacity(x.len() / width);
        for (index, row) in x.chunks_exact_mut(width).enumerate() {
            if closed.is_some_and(|closed| closed[index]) {
                row.fill(T::ZERO);
                scale.push(T::ZERO);
                continue;
            }
            let mean = T::sum_of(row) * over;
            row.iter_mut().for_each(|x| *x = *x - mean);
            let variance = T::dot(row, row) * over;
            let own = T::ONE / (variance + T::of(EPSILON)).root();
            row.iter_mut().for_each(|x| *x = *x * own);
            scale.push(own);
        }
        Self { x, scale, width }
    }

    /// The gradient of the input from that of the normalised one, in its place.
    pub(super) fn pull_back(&self, gradient: &mut [T]) {
        let over = T::of(1.0 / self.width as f64);
        let rows = gradient
            .chunks_exact_mut(self.width)
            .zip(self.x.chunks_exact(self.width));
        for ((g, x), &scale) in rows.zip(&self.scale) {
            let mean = T::sum_of(g) * over;
            let along = T::dot(g, x) * over;
            for (g, &x) in g.iter_mut().zip(x) {
                *g = scale * (*g - mean - x * along);
            }
        }
    }
}

/// Weights and biases of an affine map after scale and shift of a normalisation: `W (s x + t) + b`.
#[derive(Debug, Clone)]
pub(super) struct Folded<T> {
    /// `W diag(s)`, `[out, in]`.
    pub(super) weight: Vec<T>,
    /// `W t + b`, `[out]`.
    pub(super) bias: Vec<T>,
}

/// Scale and shift, `[in]` each.
pub(super) type Affine<'a, T> = Option<(&'a [T], &'a [T])>;

impl<T: Real> Folded<T> {
    pub(super) fn new(
        weight: &[T],
        bias: Option<&[T]>,
        affine: Affine<'_, T>,
        width: usize,
    ) -> Self {
        let outputs = weight.len() / width;
        let mut own = Self {
            weight: weight.to_vec(),
            bias: bias.map_or_else(|| vec![T::ZERO; outputs], <[T]>::to_vec),
        };
        if let Some((scale, shift)) = affine {
            let rows = own.weight.chunks_exact_mut(width);
            for (row, bias) in rows.zip(&mut own.bias) {
                *bias += T::dot(row, shift);
                row.iter_mut()
                    .zip(scale)
                    .for_each(|(w, &scale)| *w = *w * scale);
            }
        }
        own
    }
}

/// Gradients of a scale and a shift, if there are any.
type ScaleAndShift<T> = Option<(Vec<T>, Vec<T>)>;

/// Gradients of `W`, `s`, `t` from those of the folded weight and bias.
pub(super) fn unfold<T: Real>(
    weight: &[T],
    affine: Affine<'_, T>,
    (mut dweight, dbias): (Vec<T>, &[T]),
    width: usize,
) -> (Vec<T>, ScaleAndShift<T>) {
    let Some((scale, shift)) = affine else {
        return (dweight, None);
    };
    let (mut dscale, mut dshift) = (vec![T::ZERO; width], vec![T::ZERO; width]);
    let rows = dweight
        .chunks_exact_mut(width)
        .zip(weight.chunks_exact(width));
    for ((own, w), &db) in rows.zip(dbias) {
        for i in 0..width {
            dscale[i] += own[i] * w[i];
            dshift[i] += db * w[i];
            own[i] = own[i] * scale[i] + db * shift[i];
        }
    }
    (dweight, Some((dscale, dshift)))
}

/// `x W^T + b`, `[rows, out]`.
pub(super) fn forward<T: Real>(x: &[T], weight: &[T], bias: &[T], width: usize) -> Vec<T> {
    let (rows, outputs) = (x.len() / width, bias.len());
    let mut out = Vec::with_capacity(rows * outputs);
    (0..rows).for_each(|_| out.extend_from_slice(bias));
    let weight = Matrix::new(weight, outputs, width).t();
    parallel_matmul(&mut out, Matrix::new(x, rows, width), weight, T::ONE, true);
    out
}

/// Gradients of weight and bias, `[out, in]` and `[out]`.
pub(super) fn parameters<T: Real>(
    g: &[T],
    x: &[T],
    outputs: usize,
    width: usize,
) -> (Vec<T>, Vec<T>) {
    let rows = x.len() / width;
    let mut weight = vec![T::ZERO; outputs * width];
    parallel_matmul(
        &mut weight,
        Matrix::new(g, rows, outputs).t(),
        Matrix::new(x, rows, width),
        T::ONE,
        false,
    );
    let mut bias = vec![T::ZERO; outputs];
    for row in g.chunks_exact(outputs) {
        bias.iter_mut().zip(row).for_each(|(sum, &g)| *sum += g);
    }
    (weight, bias)
}

/// The gradient of the input, `[rows, in]`.
pub(super) fn input<T: Real>(g: &[T], weight: &[T], outputs: usize, width: usize) -> Vec<T> {
    let rows = g.len() / outputs;
    let mut x = vec![T::ZERO; rows * width];
    parallel_matmul(
        &mut x,
        Matrix::new(g, rows, outputs),
        Matrix::new(weight, outputs, width),
        T::ONE,
        false,
    );
    x
}
