//! The read's entry points: check, and read where the patterns live.

use std::sync::Arc;

use burn::tensor::Tensor;

use super::learn::Owned;
use super::similarity::{Rule, Similarity};
use super::{Partial, PatternStore, Score, device, learn, on_host};
use crate::{Error, Result, check, spans};

/// Reads the store with cues `[b, d]`; the values are the patterns themselves.
///
/// # Errors
/// [`Error::EmptyMemory`]; a wrong width; no rows; a score parameter that is not above 0.
///
/// # Gradients
/// Where the cues belong to a graph, or patterns that were stored by [`PatternStore::push_tracked`] do, so does the
/// answer, as one node: its backward pass visits the patterns in blocks as the forward pass does. The gradient of
/// the answer's mean and of its log-sum-exp is that of [`super::read_learned`], which has one to the score's
/// parameter as well.
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
    checked(keys, values, &cues, Rule::Score(score))?;
    match learn::is_tracked(keys, values, &cues) {
        true => learn::read(keys, values, cues, Owned::Score(score), None),
        false => plain(keys, values, cues, Rule::Score(score)),
    }
}

/// [`read_with_values`] by any similarity.
///
/// # Errors
/// As [`read_with_values`]; [`Error::Config`] unless [`Similarity::steepest`] is finite and above 0.
pub fn read_by<S: Similarity + Clone + 'static>(
    keys: &PatternStore,
    values: &PatternStore,
    cues: Tensor<2>,
    similarity: &S,
) -> Result<Partial> {
    checked(keys, values, &cues, Rule::Function(similarity))?;
    if learn::is_tracked(keys, values, &cues) {
        let owned = Owned::Function(Arc::new(similarity.clone()));
        return learn::read(keys, values, cues, owned, None);
    }
    plain(keys, values, cues, Rule::Function(similarity))
}

/// What every read asks for.
pub(super) fn checked(
    keys: &PatternStore,
    values: &PatternStore,
    cues: &Tensor<2>,
    rule: Rule<'_>,
) -> Result<()> {
    rule.validate()?;
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
    check::shape("cues", cues, keys.dim())
}

/// A read outside any graph.
pub(super) fn plain(
    keys: &PatternStore,
    values: &PatternStore,
    cues: Tensor<2>,
    rule: Rule<'_>,
) -> Result<Partial> {
    let _span = spans::kernel(keys.len(), &cues);
    match (keys.host_rows(), values.host_rows()) {
        (Some(key_blocks), Some(value_blocks)) => {
            on_host::read((keys, &key_blocks), (values, &value_blocks), cues, rule)
        }
        _ => device::read(keys, values, cues, rule),
    }
}
