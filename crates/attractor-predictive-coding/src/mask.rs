//! Masks of known entries, as [`attractor_core::Complete`] takes them.

use attractor_core::{Error, Result, check};
use burn::tensor::Tensor;

/// The numbers of `known` `[rows, dim]`, each 0 or 1.
///
/// # Errors
/// [`Error::Width`], [`Error::EmptyBatch`] or [`Error::Rows`] if it is not `[rows, dim]`, [`Error::Config`] if an entry is
/// neither 0 nor 1.
pub(crate) fn numbers(known: &Tensor<2>, dim: usize, rows: usize) -> Result<Vec<f32>> {
    check::shape("known", known, dim)?;
    let found = known.dims()[0];
    if rows != found {
        return Err(Error::Rows {
            what: "known",
            expected: rows,
            found,
        });
    }
    let values = check::to_host(known.clone())?;
    match values.iter().find(|&&value| value != 0.0 && value != 1.0) {
        Some(bad) => Err(Error::config("known", "must hold 0 or 1", bad)),
        None => Ok(values),
    }
}
