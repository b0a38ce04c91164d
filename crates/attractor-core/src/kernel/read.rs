//! The read's entry points: check, and read where the patterns live.

use burn::tensor::Tensor;

use super::{Partial, PatternStore, Score, device, on_host};
use crate::{Error, Result, check};

/// Reads the store with cues `[b, d]`; the values are the patterns themselves.
///
/// # Errors
/// [`Error::EmptyMemory`]; a wrong width; no rows; a score parameter that is not above 0.
///
/// # Complexity
/// `4 b n d` floating-point operations, less where weights underflow; memory O(b (block + d)).
pub fn read(store: &PatternStore, cues: Tensor<2>, score: Score) -> Result<Partial> {
    read_with_values(store, store, cues, score)
}

/// Reads `keys [n, d]` with cues `[b, d]` and mixes `values [n, v]`.
///
/// # Errors
/// As [`read`]; [`Error::Rows`] unless there is one value for each key.
pub fn read_with_values(
    keys: &PatternStore,
    values: &PatternStore,
    cues: Tensor<2>,
    score: Score,
) -> Result<Partial> {
    score.validate()?;
    if keys.is_empty() {
        return Err(Error::EmptyMemory);
    }
    if values.len() != keys.len() {
        return Err(Error::Rows {
            what: "values",
            expected: keys.len(),
            found: values.len(),
        });
    }
    check::shape("cues", &cues, keys.dim())?;
    let tracked = cues.device().is_autodiff();
    match (keys.host_blocks(), values.host_blocks()) {
        (Some(key_blocks), Some(value_blocks)) if !tracked => {
            on_host::read((keys, &key_blocks), (values, &value_blocks), cues, score)
        }
        _ => device::read(keys, values, cues, score),
    }
}
