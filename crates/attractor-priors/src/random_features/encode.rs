//! Feature maps: codes to features, and weighted sums of features.

use attractor_core::{Result, check};
use burn::tensor::{Device, Tensor};

use super::directions::{Block, Directions};
use super::host::cos_sin;
use super::{FeatureKind, RandomFeaturesConfig};

/// Numbers of one matrix of projections at most.
pub(super) const PROJECTIONS: usize = 4 << 20;
/// The logarithm of nothing: finite, so that differences of two of them are no NaN, yet below
/// every logarithm that occurs.
pub(super) const NOTHING: f32 = -1e30;

/// The constants of a feature map.
#[derive(Debug, Clone, Copy)]
pub(super) struct Map {
    pub(super) kind: FeatureKind,
    pub(super) beta: f32,
    /// Times `w.z`: sqrt(beta), less for `optimal_positive`.
    pub(super) slope: f32,
    /// Times `|w|^2` in the exponent, for `optimal_positive`.
    spread: f32,
    /// Factor of every feature; of the positive kinds its logarithm.
    pub(super) scale: f32,
}

impl Map {
    pub(super) fn new(config: &RandomFeaturesConfig, dim: usize) -> Self {
        let (y, d) = (config.count as f64, dim as f64);
        let beta = f64::from(config.beta);
        let mut spread = 0.0;
        let scale = match config.features {
            FeatureKind::SinCos => y.powf(-0.5),
            FeatureKind::Cos => (2.0 / y).sqrt(),
            FeatureKind::Positive => -0.5 * y.ln(),
            FeatureKind::HyperbolicPositive => -0.5 * (2.0 * y).ln(),
            FeatureKind::OptimalPositive => {
                let typical = config.typical.map_or(beta, f64::from);
                spread = optimal_spread(typical, d);
                -0.5 * y.ln() + 0.25 * d * (1.0 - 4.0 * spread).ln()
            }
        };
        Self {
            kind: config.features,
            beta: config.beta,
            slope: (beta * (1.0 - 4.0 * spread)).sqrt() as f32,
            spread: spread as f32,
            scale: scale as f32,
        }
    }

    /// `slope * w.z`, plus the phase where there is one, `[n, y]`.
    pub(super) fn project(&self, states: &Tensor<2>, block: &Block) -> Tensor<2> {
        let device = states.device();
        let directions = block.directions(&device);
        let projected = states
            .clone()
            .mul_scalar(self.slope)
            .matmul(directions.transpose());
        match block.phases(&device) {
            Some(phases) => projected + phases,
            None => projected,
        }
    }

    /// What every exponent of a positive feature has beside its projection: `[1, y]` for the
    /// direction, if any.
    pub(super) fn direction_bias(&self, block: &Block, device: &Device) -> Option<Tensor<2>> {
        (self.spread != 0.0).then(|| {
            let norms = block.directions(device).square().sum_dim(1);
            norms.transpose().mul_scalar(self.spread)
        })
    }

    /// `log(scale) - beta |z|^2`, `[n, 1]`: the part of a positive feature's exponent that belongs
    /// to the code.
    pub(super) fn code_bias(&self, states: &Tensor<2>) -> Tensor<2> {
        let norms = states.clone().square().sum_dim(1);
        norms.mul_scalar(-self.beta).add_scalar(self.scale)
    }

    /// The features of one block, each `[n, y]`; of the positive kinds their logarithms.
    fn parts(&self, states: &Tensor<2>, block: &Block) -> Result<Vec<Tensor<2>>> {
        let h = self.project(states, block);
        Ok(match self.kind {
            FeatureKind::SinCos => {
                let (cosine, sine) = cos_sin(h)?;
                vec![cosine.mul_scalar(self.scale), sine.mul_scalar(self.scale)]
            }
            FeatureKind::Cos => vec![cos_sin(h)?.0.mul_scalar(self.scale)],
            FeatureKind::Positive => vec![h + self.code_bias(states)],
            FeatureKind::HyperbolicPositive => {
                let bias = self.code_bias(states);
                vec![h.clone() + bias.clone(), h.neg() + bias]
            }
            FeatureKind::OptimalPositive => {
                let mut log = h + self.code_bias(states);
                if let Some(bias) = self.direction_bias(block, &states.device()) {
                    log = log + bias;
                }
                vec![log]
            }
        })
    }

    /// phi of centred codes `[n, d]`, `[n, parts * Y]`: all first parts, then all second parts.
    pub(super) fn features(
        &self,
        states: &Tensor<2>,
        directions: &Directions,
    ) -> Result<Tensor<2>> {
        let mut parts: Vec<Vec<Tensor<2>>> = vec![Vec::new(); self.kind.parts()];
        for block in directions.blocks() {
            for (all, part) in parts.iter_mut().zip(self.parts(states, &block)?) {
                all.push(if self.kind.is_positive() {
                    part.exp()
                } else {
                    part
                });
            }
        }
        Ok(Tensor::cat(parts.into_iter().flatten().collect(), 1))
    }

    /// `sum_k weights_k phi(m_k)` over centred codes `[n, d]` with weights above 0, in the order of
    /// [`Self::features`]; of the positive kinds its logarithm.
    pub(super) fn superpose(
        &self,
        states: &Tensor<2>,
        weights: &[f32],
        directions: &Directions,
        total: usize,
    ) -> Result<Vec<f64>> {
        let rows = states.dims()[0];
        let positive = self.kind.is_positive();
        let empty = if positive { f64::from(NOTHING) } else { 0.0 };
        let mut sums = vec![empty; self.kind.parts() * total];
        for block in directions.blocks() {
            let step = (PROJECTIONS / block.count).max(1);
            for first in (0..rows).step_by(step) {
                let count = step.min(rows - first);
                let group = states.clone().narrow(0, first, count);
                let weights =
                    Tensor::<1>::from_floats(&weights[first..first + count], &states.device());
                for (part, features) in self.parts(&group, &block)?.into_iter().enumerate() {
                    let summed = match positive {
                        true => log_sum(features + weights.clone().log().unsqueeze_dim(1)),
                        false => weights.clone().unsqueeze_dim::<2>(0).matmul(features),
                    };
                    let start = part * total + block.first;
                    for (sum, value) in sums[start..].iter_mut().zip(check::to_host(summed)?) {
                        *sum = match positive {
                            true => log_add(*sum, f64::from(value)),
                            false => *sum + f64::from(value),
                        };
                    }
                }
            }
        }
        Ok(sums)
    }
}

/// Log of the sum of exponentials over the rows, `[1, y]`.
fn log_sum(logs: Tensor<2>) -> Tensor<2> {
    let max = logs.clone().max_dim(0);
    (logs - max.clone()).exp().sum_dim(0).log() + max
}

/// log(exp(a) + exp(b)).
pub(super) fn log_add(a: f64, b: f64) -> f64 {
    let (high, low) = if a > b { (a, b) } else { (b, a) };
    high + (low - high).exp().ln_1p()
}

/// log(exp(a) - exp(b)), nothing where that is not above 0.
pub(super) fn log_subtract(a: f64, b: f64) -> f64 {
    match a > b {
        true => (a + (-(b - a).exp()).ln_1p()).max(f64::from(NOTHING)),
        false => f64::from(NOTHING),
    }
}

/// A of the optimal positive features for a typical `beta |x + y|^2`: at most 0, and 0 where that is
/// `positive` itself.
fn optimal_spread(typical: f64, dim: f64) -> f64 {
    if typical == 0.0 {
        return 0.0;
    }
    let sum = 2.0 * typical + dim;
    // sqrt(s^2 + 8 d t) - s without cancellation.
    let rho =
        8.0 * dim * typical / ((sum * sum + 8.0 * dim * typical).sqrt() + sum) / (4.0 * typical);
    (1.0 - 1.0 / rho) / 8.0
}
