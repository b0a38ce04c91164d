//! Pairwise squared distances and the nearest pattern.

use burn::tensor::Tensor;

use super::read::largest;
use super::{PatternStore, Score, read};
use crate::{Result, check};

/// Squared Euclidean distances `[n, m]` between the rows of `a [n, d]` and `b [m, d]`.
///
/// One matrix product on rows centred at the mean of `b` (the expansion `|a|^2 - 2 a.b + |b|^2`
/// cancels least there), clamped at 0. Differentiable; memory O(n m + (n + m) d).
///
/// # Errors
/// [`crate::Error::Width`] if the widths differ.
pub fn squared_distances(a: Tensor<2>, b: Tensor<2>) -> Result<Tensor<2>> {
    let [_, width] = a.dims();
    check::shape("b", &b, width)?;
    let centre = b.clone().detach().mean_dim(0);
    let (a, b) = (a - centre.clone(), b - centre);
    let a_norms = a.clone().square().sum_dim(1);
    let b_norms = b.clone().square().sum_dim(1).transpose();
    let products = a.matmul(b.transpose());
    Ok((products.mul_scalar(-2.0) + a_norms + b_norms).clamp_min(0.0))
}

/// Index and Euclidean distance of the stored pattern nearest to each cue `[b, d]`; of equally
/// near ones the first.
///
/// # Errors
/// As [`read`].
pub fn nearest(store: &PatternStore, cues: Tensor<2>) -> Result<(Vec<usize>, Vec<f32>)> {
    // A variance this far below the squared norms makes the read compute the scores near the
    // maximum from the differences, and the maximum is the score of the nearest pattern.
    let variance = (largest(store.squared_norms()) * 1e-8).clamp(1e-30, 1e30) as f32;
    let partial = read(store, cues, Score::SquaredDistance { variance })?;
    let distances = partial
        .best_scores()?
        .into_iter()
        .map(|score| {
            (-2.0 * f64::from(variance) * f64::from(score))
                .max(0.0)
                .sqrt() as f32
        })
        .collect();
    Ok((partial.best_indices()?, distances))
}
