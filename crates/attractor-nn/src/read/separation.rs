//! From scores to associations, in tensor operations that are differentiated through.

use burn::tensor::{FloatDType, Tensor, activation};

use crate::config::Separation;

/// Scores of closed entries. Finite, so that rows of nothing else have no NaN.
pub(super) const CLOSED: f64 = -1e30;

/// Rows of `z` along the last axis as points of the simplex.
pub(super) fn separate(z: Tensor<4>, separation: Separation) -> Tensor<4> {
    match separation {
        Separation::Softmax => activation::softmax(z, 3),
        Separation::Sparsemax => {
            let z = z.clone() - z.detach().max_dim(3);
            let support = support(z.clone().detach(), separation);
            let count = support.clone().sum_dim(3);
            let threshold = ((z.clone() * support.clone()).sum_dim(3) - 1.0) / count;
            (z - threshold) * support
        }
        Separation::Entmax15 => {
            let z = (z.clone() - z.detach().max_dim(3)) * 0.5;
            let support = support(z.clone().detach(), separation);
            let count = support.clone().sum_dim(3);
            let mean = (z.clone() * support.clone()).sum_dim(3) / count.clone();
            let squares = ((z.clone() - mean.clone()) * support.clone()).square();
            let rest = (squares.sum_dim(3).neg() + 1.0) / count;
            let threshold = mean - rest.sqrt();
            ((z - threshold) * support).square()
        }
    }
}

/// 1 where the association is not 0. Of entmax, `z` is half the score.
fn support(z: Tensor<4>, separation: Separation) -> Tensor<4> {
    let sorted = z.clone().sort_descending(3);
    let ranks = Tensor::ones_like(&sorted).cumsum(3);
    let sums = sorted.clone().cumsum(3);
    match separation {
        Separation::Sparsemax => {
            let inside = (sorted.clone() * ranks + 1.0).greater(sums);
            let last = sorted.mask_fill(inside.bool_not(), f32::MAX).min_dim(3);
            z.clone()
                .greater_equal(last.expand(z.shape()))
                .cast(FloatDType::from(z.dtype()))
        }
        _ => {
            let mean = sums / ranks.clone();
            let squares = sorted.clone().square().cumsum(3) / ranks.clone() - mean.clone().square();
            let rest = ranks.recip() - squares;
            let thresholds = mean - rest.clamp_min(0.0).sqrt();
            let inside = thresholds.lower_equal(sorted.clone());
            let last = sorted.mask_fill(inside.bool_not(), f32::MAX).min_dim(3);
            z.clone()
                .greater_equal(last.expand(z.shape()))
                .cast(FloatDType::from(z.dtype()))
        }
    }
}

/// The weights `u` of the Jacobian `diag(u) - u u^T / sum(u)` at an association.
pub(super) fn jacobian_weights(p: Tensor<4>, separation: Separation) -> Tensor<4> {
    match separation {
        Separation::Softmax => p,
        Separation::Sparsemax => {
            let dtype = p.dtype();
            p.greater_scalar(0.0).cast(FloatDType::from(dtype))
        }
        Separation::Entmax15 => p.sqrt(),
    }
}
