//! The patterns and the ascent.

use attractor_core::kernel::PatternIds;
use attractor_core::math::log_sum_exp;
use attractor_core::{Error, Outcome, Recall, Result, Trace, check};
use burn::tensor::{Device, Tensor};

use super::config::{MixtureWeights, StoredMixtureConfig};

impl StoredMixtureConfig {
    /// An empty memory.
    ///
    /// # Errors
    /// [`Error::Config`] naming the field and its rule.
    pub fn init(self, device: &Device) -> Result<StoredMixture> {
        self.validate()?;
        Ok(StoredMixture {
            config: self,
            device: device.clone(),
            patterns: Vec::new(),
            ids: PatternIds::new(),
        })
    }
}

/// `log sum_k exp(a_k - |x - x_k|^2 / (2 sigma^2))`, climbed by `x <- sum_k r_k x_k`; entries that
/// are known stay and take part in the responsibilities `r`. Yoo and Wood 2022, experiments.
#[derive(Debug)]
pub struct StoredMixture {
    pub(super) config: StoredMixtureConfig,
    pub(super) device: Device,
    pub(super) patterns: Vec<Vec<f64>>,
    pub(super) ids: PatternIds,
}

/// A row is still when no entry moves by more than this.
const STILL: f64 = 1e-9;

impl StoredMixture {
    /// `a_k - |x - x_k|^2 / (2 sigma^2)` for every pattern.
    pub(super) fn logs(&self, x: &[f64]) -> Vec<f64> {
        let sigma = self.config.sigma;
        let each = self.patterns.iter().map(|pattern| {
            let length: f64 = pattern.iter().map(|p| p * p).sum();
            let weight = match self.config.weights {
                MixtureWeights::Dot => length / (2.0 * sigma * sigma),
                MixtureWeights::Published => length / sigma,
                MixtureWeights::Euclidean => 0.0,
            };
            let square: f64 = x.iter().zip(pattern).map(|(x, p)| (x - p).powi(2)).sum();
            weight - 0.5 * square / (sigma * sigma)
        });
        each.collect()
    }

    pub(super) fn recall(&self, cues: Tensor<2>, known: Option<Vec<f32>>) -> Result<Recall> {
        let dim = self.config.dim;
        if self.patterns.is_empty() {
            return Err(Error::EmptyMemory);
        }
        check::batch("cues", &cues, dim)?;
        let mut values = check::to_host(cues)?;
        let rows = values.len() / dim;
        let mut recall = Recall {
            outcomes: vec![Outcome::MaxSteps; rows],
            steps: vec![self.config.max_steps; rows],
            trace: Trace::default(),
            ..Recall::single_pass(Tensor::zeros([rows, 1], &self.device))
        };
        for row in 0..rows {
            let entries = row * dim..(row + 1) * dim;
            let mut x: Vec<f64> = values[entries.clone()]
                .iter()
                .copied()
                .map(f64::from)
                .collect();
            let free = |at: usize| {
                known
                    .as_ref()
                    .is_none_or(|known| known[row * dim + at] == 0.0)
            };
            for step in 1..=self.config.max_steps {
                let logs = self.logs(&x);
                let total = log_sum_exp(logs.iter().copied());
                if step == 1 {
                    recall.energy_first.push(-total as f32);
                }
                let mut target = vec![0.0; dim];
                for (log, pattern) in logs.iter().zip(&self.patterns) {
                    let share = (log - total).exp();
                    for (target, value) in target.iter_mut().zip(pattern) {
                        *target += share * value;
                    }
                }
                let mut moved: f64 = 0.0;
                for (at, (x, target)) in x.iter_mut().zip(target).enumerate() {
                    if free(at) {
                        moved = moved.max((target - *x).abs());
                        *x = target;
                    }
                }
                if moved <= STILL {
                    recall.outcomes[row] = Outcome::Converged;
                    recall.steps[row] = step;
                    break;
                }
            }
            let last = log_sum_exp(self.logs(&x).into_iter());
            recall.energy_last.push(-last as f32);
            for (at, x) in x.into_iter().enumerate().filter(|(at, _)| free(*at)) {
                values[row * dim + at] = x as f32;
            }
        }
        recall.state = check::from_host("recall", values, dim, &self.device)?;
        Ok(recall)
    }
}
