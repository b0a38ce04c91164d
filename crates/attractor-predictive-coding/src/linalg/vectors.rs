//! Sums over vectors.

use super::real::Real;

pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    wide_dot(a, b)
}

/// Inner product, summed in `f64`.
pub(crate) fn wide_dot<T: Real>(a: &[T], b: &[T]) -> f64 {
    // Eight partial sums, so that the loop becomes vector instructions.
    let (mut sums, mut rest) = ([0.0; 8], 0.0);
    let (a8, a_rest) = a.as_chunks::<8>();
    let (b8, b_rest) = b.as_chunks::<8>();
    for (a, b) in a8.iter().zip(b8) {
        for lane in 0..8 {
            sums[lane] += a[lane].wide() * b[lane].wide();
        }
    }
    for (a, b) in a_rest.iter().zip(b_rest) {
        rest += a.wide() * b.wide();
    }
    sums.iter().sum::<f64>() + rest
}

/// `a + scale b`, in place.
pub(crate) fn axpy<T: Real>(a: &mut [T], scale: T, b: &[T]) {
    for (a, b) in a.iter_mut().zip(b) {
        *a += scale * *b;
    }
}
