//! Embeddings that are never trained.

use attractor_core::Result;
use attractor_core::error::{require_nonzero, require_positive};
use attractor_core::rng::{self, Rng};

use crate::{Matrix, Real};

/// `count` rows uniform on the unit sphere of `dim` dimensions, the first of a stream: those of a smaller
/// count are the first of a larger one, so that accuracies of growing stores are nearly monotone.
///
/// # Errors
/// [`attractor_core::Error::Config`] if `dim` is 0.
pub fn unit_rows<T: Real>(rng: &mut Rng, count: usize, dim: usize) -> Result<Matrix<T>> {
    require_nonzero("unit_rows.dim", dim)?;
    let mut data = Vec::with_capacity(count * dim);
    for _ in 0..count {
        let row = loop {
            let row = rng::normal_vec(rng, dim);
            if row.iter().any(|&value| value != 0.0) {
                break row;
            }
        };
        let square: f64 = row.iter().map(|&x| f64::from(x).powi(2)).sum();
        data.extend(row.iter().map(|&x| T::of(f64::from(x) / square.sqrt())));
    }
    Matrix::new(count, dim, data)
}

/// `count` rows of `dim` independent normal entries of variance `deviation^2`, not renormalised.
///
/// # Errors
/// [`attractor_core::Error::Config`] if `dim` is 0 or `deviation` is no number above 0.
pub fn normal_rows<T: Real>(
    rng: &mut Rng,
    count: usize,
    dim: usize,
    deviation: f64,
) -> Result<Matrix<T>> {
    require_nonzero("normal_rows.dim", dim)?;
    require_positive("normal_rows.deviation", deviation)?;
    let values = rng::normal_vec(rng, count * dim);
    let data = values.iter().map(|&x| T::of(deviation * f64::from(x)));
    Matrix::new(count, dim, data.collect())
}
