//! Steps of Adam: over arrays in host memory, in one pass, and on tensors.

use std::fmt::Debug;
use std::ops::{Add, Mul, SubAssign};

use burn::tensor::Tensor;
use rayon::prelude::*;

/// The usual decay rates of the two moments.
pub const DECAY: (f64, f64) = (0.9, 0.999);
/// What is usually added to the root of the second moment.
pub const EPSILON: f64 = 1e-8;

/// Numbers that one thread takes at a time; fewer are not worth a second one.
const CHUNK: usize = 1 << 15;

/// What arrays hold: `f32` or `f64`.
pub trait Scalar:
    Copy + Debug + Send + Sync + Add<Output = Self> + Mul<Output = Self> + SubAssign
{
    /// The nearest number.
    fn nearest(value: f64) -> Self;
    /// `numerator / (root * sqrt(square) + epsilon)`
    fn over_root(numerator: Self, root: Self, square: Self, epsilon: Self) -> Self;
}

macro_rules! scalar {
    ($float:ty) => {
        impl Scalar for $float {
            #[inline(always)]
            fn nearest(value: f64) -> Self {
                value as Self
            }

            #[inline(always)]
            fn over_root(numerator: Self, root: Self, square: Self, epsilon: Self) -> Self {
                numerator / (root * square.sqrt() + epsilon)
            }
        }
    };
}

scalar!(f32);
scalar!(f64);

/// A step of Adam for gradients g and moments m, v of the parameters w:
///
/// ```text
/// m = b1 m + (1 - b1) g      v = b2 v + (1 - b2) g^2
/// w = w - rate / (1 - b1^t) m / (sqrt(v / (1 - b2^t)) + epsilon)
/// ```
///
/// # Source
/// D. Kingma, J. Ba, ICLR 2015, algorithm 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdamStep<T = f32> {
    rate: T,
    root: T,
    epsilon: T,
    decay: (T, T),
    rest: (T, T),
}

impl<T: Scalar> AdamStep<T> {
    /// Step number `step`, the first being 1, with decay rates `(b1, b2)` of the moments. A negative
    /// rate climbs.
    pub fn new(rate: f64, decay: (f64, f64), epsilon: f64, step: u64) -> Self {
        let step = step as f64;
        let powers = (decay.0.powf(step), decay.1.powf(step));
        Self::with_powers(rate, decay, epsilon, powers)
    }

    /// The same from `(b1^t, b2^t)`, for callers that round these powers in another way.
    pub fn with_powers(rate: f64, decay: (f64, f64), epsilon: f64, powers: (f64, f64)) -> Self {
        Self {
            rate: T::nearest(rate / (1.0 - powers.0)),
            root: T::nearest((1.0 - powers.1).sqrt().recip()),
            epsilon: T::nearest(epsilon),
            decay: (T::nearest(decay.0), T::nearest(decay.1)),
            // One minus a decay near 1 loses digits in single precision.
            rest: (T::nearest(1.0 - decay.0), T::nearest(1.0 - decay.1)),
        }
    }

    /// Moves `values` and both moments, over the shortest of the four arrays.
    pub fn apply(&self, values: &mut [T], gradient: &[T], first: &mut [T], second: &mut [T]) {
        if values.len() <= CHUNK {
            return self.chunk(values, gradient, first, second);
        }
        let moments = first
            .par_chunks_mut(CHUNK)
            .zip(second.par_chunks_mut(CHUNK));
        let values = values.par_chunks_mut(CHUNK).zip(gradient.par_chunks(CHUNK));
        values
            .zip(moments)
            .for_each(|((values, gradient), (first, second))| {
                self.chunk(values, gradient, first, second);
            });
    }

    fn chunk(&self, values: &mut [T], gradient: &[T], first: &mut [T], second: &mut [T]) {
        let moments = first.iter_mut().zip(second);
        for ((value, &g), (first, second)) in values.iter_mut().zip(gradient).zip(moments) {
            *first = self.decay.0 * *first + self.rest.0 * g;
            *second = self.decay.1 * *second + self.rest.1 * g * g;
            *value -= T::over_root(self.rate * *first, self.root, *second, self.epsilon);
        }
    }
}

impl AdamStep<f64> {
    /// Moves a tensor and its moments by operations on their device. The moment is divided before
    /// it is taken times the rate, so that last bits differ from [`AdamStep::apply`].
    pub fn apply_to_tensor<const D: usize>(
        &self,
        value: &mut Tensor<D>,
        gradient: Tensor<D>,
        first: &mut Tensor<D>,
        second: &mut Tensor<D>,
    ) {
        let added = gradient.clone().mul_scalar(self.rest.0);
        first.inplace(|first| first.mul_scalar(self.decay.0) + added);
        let added = gradient.square().mul_scalar(self.rest.1);
        second.inplace(|second| second.mul_scalar(self.decay.1) + added);
        let scale = second.clone().sqrt().mul_scalar(self.root);
        let change = (first.clone() / scale.add_scalar(self.epsilon)).mul_scalar(self.rate);
        value.inplace(|value| value - change);
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::TensorData;

    use super::*;
    use crate::rng;

    /// The formulas in double precision, for arrays of one chunk and of several.
    #[test]
    fn steps_are_those_of_the_paper() {
        for count in [5, 2 * CHUNK + 7] {
            let mut stream = rng::stream(count as u64, "adam");
            let mut values = rng::normal_vec(&mut stream, count);
            let mut exact: Vec<[f64; 3]> =
                values.iter().map(|&w| [f64::from(w), 0.0, 0.0]).collect();
            let (mut first, mut second) = (vec![0.0; count], vec![0.0; count]);
            for t in 1..=4 {
                let gradient = rng::normal_vec(&mut stream, count);
                let step = AdamStep::new(0.1, (0.9, 0.999), 1e-8, t);
                step.apply(&mut values, &gradient, &mut first, &mut second);
                for ([w, m, v], &g) in exact.iter_mut().zip(&gradient) {
                    let g = f64::from(g);
                    *m = 0.9 * *m + 0.1 * g;
                    *v = 0.999 * *v + 0.001 * g * g;
                    let mean = *m / (1.0 - 0.9f64.powi(t as i32));
                    let square = *v / (1.0 - 0.999f64.powi(t as i32));
                    *w -= 0.1 * mean / (square.sqrt() + 1e-8);
                }
            }
            for (found, [exact, ..]) in values.iter().zip(exact) {
                assert!((f64::from(*found) - exact).abs() < 1e-5, "{found} {exact}");
            }
        }
    }

    /// Double precision and tensors take the same steps.
    #[test]
    fn other_forms_agree() {
        let device = crate::Backend::available()[0].open().unwrap();
        let count = 11;
        let mut stream = rng::stream(3, "adam");
        let start = rng::normal_vec(&mut stream, count);
        let mut single = [start.clone(), vec![0.0; count], vec![0.0; count]];
        let mut double = single
            .clone()
            .map(|values| values.into_iter().map(f64::from).collect());
        let mut tensors = single
            .clone()
            .map(|values| Tensor::<1>::from_data(TensorData::new(values, [count]), &device));
        for t in 1..=4 {
            let gradient = rng::normal_vec(&mut stream, count);
            let wide: Vec<f64> = gradient.iter().copied().map(f64::from).collect();
            let [values, first, second] = &mut single;
            AdamStep::<f32>::new(0.1, DECAY, EPSILON, t).apply(values, &gradient, first, second);
            let step = AdamStep::<f64>::new(0.1, DECAY, EPSILON, t);
            let [values, first, second]: &mut [Vec<f64>; 3] = &mut double;
            step.apply(values, &wide, first, second);
            let gradient = Tensor::from_data(TensorData::new(gradient, [count]), &device);
            let [value, first, second] = &mut tensors;
            step.apply_to_tensor(value, gradient, first, second);
        }
        for ((single, double), tensor) in single.iter().zip(&double).zip(tensors) {
            let tensor = crate::check::to_host(tensor).unwrap();
            for ((single, double), tensor) in single.iter().zip(double).zip(tensor) {
                let gap = |other: f32| (f64::from(other) - double).abs();
                assert!(
                    gap(*single) < 1e-5 && gap(tensor) < 1e-5,
                    "{single} {tensor} {double}"
                );
            }
        }
    }

    #[test]
    fn a_negative_rate_climbs() {
        let moments = || (vec![0.0; 2], vec![0.0; 2]);
        let moved = |rate| {
            let (mut first, mut second) = moments();
            let mut values = [0.0, 0.0];
            let step = AdamStep::<f32>::new(rate, (0.9, 0.999), 1e-8, 1);
            step.apply(&mut values, &[1.0, -2.0], &mut first, &mut second);
            values
        };
        let (down, up) = (moved(0.5), moved(-0.5));
        assert_eq!(down, up.map(|value: f32| -value));
        assert!(down[0] < -0.49 && down[1] > 0.49, "{down:?}");
    }
}
