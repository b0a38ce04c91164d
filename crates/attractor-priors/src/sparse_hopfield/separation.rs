//! alpha-entmax of score matrices.

use attractor_core::backend::is_host_device;
use attractor_core::{Result, check};
use burn::tensor::{Int, Tensor, TensorData};

use super::host;

/// Halvings of the interval of the threshold: past the precision of `f32`.
const HALVINGS: usize = 32;

/// alpha-entmax of each row of scores `[b, n]`: the probabilities p that maximise
/// `p.scores - tsallis(p)`, `p_k = max(0, (alpha - 1) score_k - tau)^(1 / (alpha - 1))` with the tau
/// for which they sum to 1.
///
/// By Newton's rule in host memory; elsewhere, and where gradients are tracked, by sorting for alpha 2
/// and 1.5 and by bisection of tau otherwise. alpha above 1.
pub fn entmax(scores: Tensor<2>, alpha: f32) -> Tensor<2> {
    if let Some((weights, _)) = on_host(&scores, alpha).and_then(Result::ok) {
        return weights;
    }
    with_tensors(scores, alpha)
}

/// [`entmax`] of scores `[b, n]`, and what it maximises, `p.scores - tsallis(p)` `[b]`.
///
/// # Errors
/// [`attractor_core::Error::Device`].
pub(crate) fn separate(scores: Tensor<2>, alpha: f32) -> Result<(Tensor<2>, Tensor<1>)> {
    if let Some(found) = on_host(&scores, alpha) {
        return found;
    }
    let weights = with_tensors(scores.clone(), alpha);
    let expected: Tensor<1> = (weights.clone() * scores).sum_dim(1).squeeze_dim(1);
    let psi = expected - tsallis(weights.clone(), alpha);
    Ok((weights, psi))
}

/// Both of [`separate`], if the scores lie in host memory and need no gradient.
fn on_host(scores: &Tensor<2>, alpha: f32) -> Option<Result<(Tensor<2>, Tensor<1>)>> {
    let device = scores.device();
    if device.is_autodiff() || !is_host_device(&device) {
        return None;
    }
    let [rows, n] = scores.dims();
    Some(check::to_host(scores.clone()).map(|mut values| {
        let psi = host::separate(&mut values, n, alpha);
        (
            Tensor::from_data(TensorData::new(values, [rows, n]), &device),
            Tensor::from_data(TensorData::new(psi, [rows]), &device),
        )
    }))
}

fn with_tensors(scores: Tensor<2>, alpha: f32) -> Tensor<2> {
    let scaled = scores.mul_scalar(alpha - 1.0);
    // Adding the same number to all scores changes nothing: the largest becomes 0.
    let scaled = scaled.clone() - scaled.max_dim(1);
    let raw = if alpha == 2.0 {
        let tau = sparsemax_threshold(scaled.clone());
        (scaled - tau).clamp_min(0.0)
    } else if alpha == 1.5 {
        let tau = entmax15_threshold(scaled.clone());
        (scaled - tau).clamp_min(0.0).square()
    } else {
        bisected(scaled, alpha)
    };
    let sum = raw.clone().sum_dim(1);
    raw / sum
}

/// Tsallis' negative entropy `(sum_k p_k^alpha - 1) / (alpha (alpha - 1))` of each row `[b, n]`,
/// `[b]`.
pub fn tsallis(probabilities: Tensor<2>, alpha: f32) -> Tensor<1> {
    let powers = if alpha == 2.0 {
        probabilities.square()
    } else {
        probabilities.powf_scalar(alpha)
    };
    let sum: Tensor<1> = powers.sum_dim(1).squeeze_dim(1);
    sum.sub_scalar(1.0).div_scalar(alpha * (alpha - 1.0))
}

/// `1, 2, .. n` in a row.
fn counts(like: &Tensor<2>) -> Tensor<2> {
    let n = like.dims()[1];
    Tensor::<1, Int>::arange(1..n as i64 + 1, &like.device())
        .float()
        .unsqueeze_dim(0)
}

/// The k-th entry of each row, where k is the number of entries that are 1.
fn at_support(values: Tensor<2>, support: Tensor<2>) -> Tensor<2> {
    let last = support.sum_dim(1).sub_scalar(1.0).clamp_min(0.0).int();
    values.gather(1, last)
}

/// tau of `sum_k max(0, x_k - tau) = 1`, `[b, 1]`.
fn sparsemax_threshold(scores: Tensor<2>) -> Tensor<2> {
    let sorted = scores.sort_descending(1);
    let count = counts(&sorted);
    let sums = sorted.clone().cumsum(1).sub_scalar(1.0);
    let support = (sorted * count.clone()).greater(sums.clone()).float();
    at_support(sums / count, support)
}

/// tau of `sum_k max(0, x_k - tau)^2 = 1`, `[b, 1]`.
fn entmax15_threshold(scores: Tensor<2>) -> Tensor<2> {
    let sorted = scores.sort_descending(1);
    let count = counts(&sorted);
    let mean = sorted.clone().cumsum(1) / count.clone();
    let squares = sorted.clone().square().cumsum(1);
    let spread = squares - mean.clone().square() * count.clone();
    let root = (spread.neg().add_scalar(1.0) / count).clamp_min(0.0).sqrt();
    let tau = mean - root;
    let support = tau.clone().lower_equal(sorted).float();
    at_support(tau, support)
}

/// `max(0, x - tau)^(1 / (alpha - 1))` with tau by bisection; the largest x is 0.
fn bisected(scores: Tensor<2>, alpha: f32) -> Tensor<2> {
    let [rows, n] = scores.dims();
    let power = 1.0 / (alpha - 1.0);
    let raw = |tau: Tensor<2>| (scores.clone() - tau).clamp_min(0.0).powf_scalar(power);
    // At -1 the largest alone sums to 1; with n equal entries tau is -n^(1 - alpha).
    let device = scores.device();
    let mut low = Tensor::<2>::full([rows, 1], -1.0, &device);
    let mut width = 1.0 - (n as f32).powf(1.0 - alpha);
    for _ in 0..HALVINGS {
        width *= 0.5;
        let middle = low.clone().add_scalar(width);
        let enough = raw(middle.clone()).sum_dim(1).greater_equal_scalar(1.0);
        low = low.mask_where(enough, middle);
    }
    raw(low)
}
