//! Pairwise squared distances and the nearest pattern.

use burn::tensor::{Tensor, TensorData};

use super::host::squared_distance;
use super::on_host::read_exact;
use super::score::largest;
use super::similarity::Rule;
use super::{Partial, PatternStore, Score, read};
use crate::backend::is_host_device;
use crate::{Error, Result, check};

/// The variance of the search for the nearest pattern, in units of the largest squared norm.
const NEAR: f64 = 1e-6;
/// A squared distance below this part of the squared norms that it is the difference of has lost more than
/// two of its seven digits.
const CANCELS: f32 = 1e-2;

/// Squared Euclidean distances `[n, m]` between the rows of `a [n, d]` and `b [m, d]`.
///
/// One matrix product on rows centred at the mean of `b` (the expansion `|a|^2 - 2 a.b + |b|^2`
/// cancels least there), clamped at 0. In host memory, where no gradient is tracked, distances that
/// cancel all the same, or leave the range of single precision on the way, are computed from the
/// differences. Differentiable; memory O(n m + (n + m) d).
///
/// # Errors
/// [`crate::Error::Width`] if the widths differ; [`crate::Error::Device`].
pub fn squared_distances(a: Tensor<2>, b: Tensor<2>) -> Result<Tensor<2>> {
    let [_, width] = a.dims();
    check::shape("b", &b, width)?;
    let device = a.device();
    let exact = is_host_device(&device) && !device.is_autodiff() && !b.device().is_autodiff();
    let rows = exact.then(|| (a.clone(), b.clone()));
    let centre = b.clone().detach().mean_dim(0);
    let (a, b) = (a - centre.clone(), b - centre);
    let a_norms = a.clone().square().sum_dim(1);
    let b_norms = b.clone().square().sum_dim(1).transpose();
    let products = a.matmul(b.transpose());
    let squares = products.mul_scalar(-2.0) + a_norms.clone() + b_norms.clone();
    let squares = squares.clamp_min(0.0);
    match rows {
        Some(rows) => without_cancelling(squares, (a_norms, b_norms), rows),
        None => Ok(squares),
    }
}

/// `squares` `[n, m]` with those computed again that lie far below the norms which they came from.
fn without_cancelling(
    squares: Tensor<2>,
    (a_norms, b_norms): (Tensor<2>, Tensor<2>),
    (a, b): (Tensor<2>, Tensor<2>),
) -> Result<Tensor<2>> {
    let ([rows, columns], [_, width]) = (squares.dims(), a.dims());
    let device = squares.device();
    let mut values = check::to_host(squares.clone())?;
    let (a_norms, b_norms) = (check::to_host(a_norms)?, check::to_host(b_norms)?);
    // NaN and infinity are not above anything.
    let held = |at: usize, value: f32| {
        let norms = a_norms[at / columns] + b_norms[at % columns];
        value > CANCELS * norms && value.is_finite()
    };
    let again: Vec<usize> = (0..values.len())
        .filter(|&at| !held(at, values[at]))
        .collect();
    if again.is_empty() {
        return Ok(squares);
    }
    let (a, b) = (check::to_host(a)?, check::to_host(b)?);
    let entries = |row: usize| row * width..(row + 1) * width;
    for at in again {
        let (i, j) = (at / columns, at % columns);
        values[at] = squared_distance(&a[entries(i)], &b[entries(j)]) as f32;
    }
    Ok(Tensor::from_data(
        TensorData::new(values, [rows, columns]),
        &device,
    ))
}

/// Index and Euclidean distance of the stored pattern nearest to each cue `[b, d]`; of equally
/// near ones the first. Distances are computed from the differences, in `f64`.
///
/// # Errors
/// As [`read`].
pub fn nearest(store: &PatternStore, cues: Tensor<2>) -> Result<(Vec<usize>, Vec<f64>)> {
    // With a variance this far below the squared norms, a pattern that is further than the nearest has
    // no weight, and the read looks closer where rounding could say otherwise.
    let norm = largest(store.squared_norms());
    let variance = (norm * NEAR).clamp(1e-30, 1e30);
    let score = Score::SquaredDistance {
        variance: variance as f32,
    };
    let cues = cues.without_autodiff();
    if store.is_empty() {
        return Err(Error::EmptyMemory);
    }
    check::shape("cues", &cues, store.dim())?;
    // Single precision would give the same score to all patterns of a black or a tiny store, and a device
    // no number to a cue beyond it.
    let mut single = None;
    if norm * NEAR == variance {
        single = Some(read(store, cues.clone(), score)?);
    }
    let lost = |partial: &Partial| -> Result<bool> {
        Ok(partial.best_scores()?.iter().any(|score| score.is_nan()))
    };
    let partial = match single {
        Some(partial) if !lost(&partial)? => partial,
        _ => read_exact(store, store, cues.clone(), Rule::Score(score))?,
    };
    let best = partial.best_indices()?;
    let found = check::to_host(store.select(&best)?)?;
    let cues = check::to_host(cues)?;
    let pairs = found
        .chunks_exact(store.dim())
        .zip(cues.chunks_exact(store.dim()));
    let distances = pairs.map(|(a, b)| squared_distance(a, b).sqrt()).collect();
    Ok((best, distances))
}
