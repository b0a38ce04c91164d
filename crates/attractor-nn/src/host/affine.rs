//! Normalisation and projection of one input for those that use it, in both directions.

use attractor_core::matmul::{Matrix, parallel_matmul};
use rayon::prelude::*;

use super::real::Real;

/// Rows of so many numbers are worth another thread.
fn rows_for_a_thread(width: usize) -> usize {
    (1 << 14) / width.max(1) + 1
}

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
        let mut scale = vec![T::ZERO; x.len() / width];
        let rows = x.par_chunks_exact_mut(width).zip(&mut scale).enumerate();
        let rows = rows.with_min_len(rows_for_a_thread(width));
        rows.for_each(|(index, (row, scale))| {
            if closed.is_some_and(|closed| closed[index]) {
                row.fill(T::ZERO);
                return;
            }
            let mean = T::sum_of(row) * over;
            row.iter_mut().for_each(|x| *x = *x - mean);
            let variance = T::dot(row, row) * over;
            *scale = T::ONE / (variance + T::of(EPSILON)).root();
            row.iter_mut().for_each(|x| *x = *x * *scale);
        });
        Self { x, scale, width }
    }

    /// The gradient of the input from that of the normalised one, in its place.
    pub(super) fn pull_back(&self, gradient: &mut [T]) {
        let over = T::of(1.0 / self.width as f64);
        let rows = gradient.par_chunks_exact_mut(self.width);
        let rows = rows.zip(self.x.par_chunks_exact(self.width));
        let rows = rows.zip(&self.scale);
        let rows = rows.with_min_len(rows_for_a_thread(self.width));
        rows.for_each(|((g, x), &scale)| {
            let mean = T::sum_of(g) * over;
            let along = T::dot(g, x) * over;
            for (g, &x) in g.iter_mut().zip(x) {
                *g = scale * (*g - mean - x * along);
            }
        });
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
    let mut out = vec![T::ZERO; rows * outputs];
    let biased = out.par_chunks_exact_mut(outputs.max(1));
    let biased = biased.with_min_len(rows_for_a_thread(outputs));
    biased.for_each(|row| row.copy_from_slice(bias));
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
    (weight, sum_of_rows(g, outputs))
}

/// In parts that do not depend on how many threads there are.
fn sum_of_rows<T: Real>(rows: &[T], width: usize) -> Vec<T> {
    let add = |sum: &mut [T], row: &[T]| sum.iter_mut().zip(row).for_each(|(sum, &x)| *sum += x);
    let part = rows_for_a_thread(width) * width;
    let parts = rows.par_chunks(part).map(|rows| {
        let mut sum = vec![T::ZERO; width];
        rows.chunks_exact(width).for_each(|row| add(&mut sum, row));
        sum
    });
    let mut sum = vec![T::ZERO; width];
    let parts: Vec<Vec<T>> = parts.collect();
    parts.iter().for_each(|part| add(&mut sum, part));
    sum
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
