//! The loss of one image and its derivatives, pixel by pixel.

use super::PLANES;
use crate::monet::{MonetConfig, MonetLoss, MonetObjective};

/// Logarithm of the standard normal density at 0 in one dimension.
const LOG_NORMAL: f32 = -0.918_938_5;

/// `log sigmoid(l)`, without overflow.
pub(super) fn log_sigmoid(logit: f32) -> f32 {
    logit.min(0.0) - (-logit.abs()).exp().ln_1p()
}

/// `log sum exp`, and the softmax in place.
fn softmax(values: &mut [f32]) -> f32 {
    let top = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sum = 0.0;
    for value in &mut *values {
        *value = (*value - top).exp();
        sum += *value;
    }
    for value in values {
        *value /= sum;
    }
    top + sum.ln()
}

/// Buffers of one pixel, an entry for each slot.
#[derive(Debug)]
pub(super) struct Pixel {
    /// Logarithms of masks times densities, then their shares.
    shares: Vec<f32>,
    /// Decoded masks.
    decoded: Vec<f32>,
    /// Inverse variances in the network's range, and the logarithms of the heights of the densities
    /// of colours in `[0, 1]`.
    precision: Vec<f32>,
    height: Vec<f32>,
}

impl Pixel {
    pub(super) fn new(slots: usize, objective: &MonetObjective) -> Self {
        let deviation = |k: usize| match k {
            0 => objective.background_deviation as f32,
            _ => objective.foreground_deviation as f32,
        };
        let [low, high] = MonetConfig::RANGE;
        Self {
            shares: vec![0.0; slots],
            decoded: vec![0.0; slots],
            precision: (0..slots)
                .map(|k| ((high - low) * deviation(k)).powi(-2))
                .collect(),
            height: (0..slots)
                .map(|k| 3.0 * (LOG_NORMAL - deviation(k).ln()))
                .collect(),
        }
    }

    /// The reconstruction and mask terms of an image `[h, w, 3]`. Fills the derivatives, times
    /// `weight`, with respect to the decoded planes (each slot `[h, w, PLANES]`) and the logarithms
    /// of the masks `[slots, h, w]`.
    pub(super) fn image(
        &mut self,
        image: &[f32],
        log_masks: &[f32],
        planes: &[&[f32]],
        (gamma, weight): (f32, f32),
        d_planes: &mut [Vec<f32>],
        d_log_masks: &mut [f32],
    ) -> [f64; 2] {
        let slots = self.shares.len();
        let pixels = image.len() / 3;
        let (mut likelihood, mut divergence) = (0.0_f64, 0.0_f64);
        for (p, x) in image.chunks_exact(3).enumerate() {
            for k in 0..slots {
                let plane = &planes[k][p * PLANES..][..4];
                let square: f32 = (0..3).map(|c| (x[c] - plane[c]).powi(2)).sum();
                let log_density = self.height[k] - 0.5 * self.precision[k] * square;
                self.shares[k] = log_masks[k * pixels + p] + log_density;
                self.decoded[k] = plane[3];
            }
            likelihood -= f64::from(softmax(&mut self.shares));
            let total = softmax(&mut self.decoded);
            for k in 0..slots {
                let plane = &planes[k][p * PLANES..][..4];
                let log_mask = log_masks[k * pixels + p];
                let mask = log_mask.exp();
                let difference = log_mask - (plane[3] - total);
                divergence += f64::from(mask * difference);
                let share = self.shares[k];
                d_log_masks[k * pixels + p] = weight * (gamma * mask * (difference + 1.0) - share);
                let d_plane = &mut d_planes[k][p * PLANES..][..4];
                for c in 0..3 {
                    d_plane[c] = weight * share * self.precision[k] * (plane[c] - x[c]);
                }
                d_plane[3] = weight * gamma * (self.decoded[k] - mask);
            }
        }
        [likelihood, divergence]
    }
}

/// Sum of losses over images.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Sum {
    pub(super) likelihood: f64,
    pub(super) codes: f64,
    pub(super) masks: f64,
}

impl Sum {
    pub(super) fn add(&mut self, other: &Self) {
        self.likelihood += other.likelihood;
        self.codes += other.codes;
        self.masks += other.masks;
    }

    /// The mean over `batch` images.
    pub(super) fn mean(&self, batch: usize, objective: &MonetObjective) -> MonetLoss {
        let [reconstruction, codes, masks] =
            [self.likelihood, self.codes, self.masks].map(|sum| sum / batch as f64);
        MonetLoss {
            total: reconstruction + objective.beta * codes + objective.gamma * masks,
            reconstruction,
            codes,
            masks,
        }
    }
}
