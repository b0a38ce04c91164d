//! Cross entropy of a softmax over scores, and its gradient.

use serde::{Deserialize, Serialize};

use super::rows::Rows;
use crate::{Matrix, Real};

/// How the logarithm of a softmax is taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// At once: finite for finite scores.
    #[default]
    Fused,
    /// The logarithm of the softmax in two operations, as the published code has it: where a probability
    /// underflows, the loss is infinite and the gradient `0 * inf`. For reproducing that alone.
    AsPublished,
}

/// What a batch of scores came to.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Entropy {
    /// Cross entropy summed over the rows, in nats. NaN or infinite for scores that are.
    pub loss: f64,
    /// Rows whose target alone has the largest score.
    pub right: usize,
}

/// Cross entropy of scores `[b, answers]` with one target for each row; the scores become its gradient
/// times `scale`. Callers have seen to it that there is a target for each row, and a score for each target.
pub(crate) fn cross_entropy<T: Real>(
    scores: &mut Matrix<T>,
    targets: &[u32],
    scale: f64,
    form: Form,
) -> Entropy {
    debug_assert_eq!(scores.rows(), targets.len(), "targets of scores");
    let width = scores.cols();
    T::rows(Rows {
        scores: scores.data_mut(),
        width,
        targets,
        scale,
        form,
    })
}
