//! The modern Hopfield baseline of the paper: a mixture of one Gaussian for each stored pattern.

use attractor_core::error::require_positive;
use attractor_core::{
    AssociativeMemory, Complete, Error, Forget, Outcome, Recall, Result, Trace, check,
};
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use super::linalg::{axpy, log_sum_exp};

/// Log weight of the Gaussian at a stored pattern `x`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MixtureWeights {
    /// `|x|^2 / (2 sigma^2)`: the energy is that of dot products, a modern Hopfield network.
    #[default]
    Dot,
    /// `|x|^2 / sigma`, as in the paper's code.
    Published,
    /// 0: nearness alone counts.
    Euclidean,
}

/// Configuration of a [`StoredMixture`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredMixtureConfig {
    /// Entries of a pattern.
    pub dim: usize,
    /// Standard deviation of each Gaussian. Default 0.01.
    pub sigma: f64,
    /// Weights. Default dot products.
    pub weights: MixtureWeights,
    /// Iterations at most. Default 500.
    pub max_steps: usize,
}

impl StoredMixtureConfig {
    /// The defaults, for patterns of `dim` entries.
    pub fn new(dim: usize) -> Self {
        Self {
            dim,
            sigma: 0.01,
            weights: MixtureWeights::Dot,
            max_steps: 500,
        }
    }

    /// An empty memory.
    ///
    /// # Errors
    /// [`Error::Config`] naming the field and its rule.
    pub fn init(self, device: &Device) -> Result<StoredMixture> {
        require_positive("StoredMixtureConfig.sigma", self.sigma)?;
        for (what, value) in [
            ("StoredMixtureConfig.dim", self.dim),
            ("StoredMixtureConfig.max_steps", self.max_steps),
        ] {
            if value == 0 {
                return Err(Error::config(what, "must be at least 1", value));
            }
        }
        Ok(StoredMixture {
            config: self,
            device: device.clone(),
            patterns: Vec::new(),
        })
    }
}

/// `log sum_k exp(a_k - |x - x_k|^2 / (2 sigma^2))`, climbed by `x <- sum_k r_k x_k`; entries that
/// are known stay and take part in the responsibilities `r`. Yoo and Wood 2022, experiments.
#[derive(Debug)]
pub struct StoredMixture {
    config: StoredMixtureConfig,
    device: Device,
    patterns: Vec<Vec<f64>>,
}

/// A row is still when no entry moves by more than this.
const STILL: f64 = 1e-9;

impl StoredMixture {
    /// `a_k - |x - x_k|^2 / (2 sigma^2)` for every pattern.
    fn logs(&self, x: &[f64]) -> Vec<f64> {
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

    fn recall(&self, cues: Tensor<2>, known: Option<Vec<f32>>) -> Result<Recall> {
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
                    axpy(&mut target, (log - total).exp(), pattern);
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

impl AssociativeMemory for StoredMixture {
    fn name(&self) -> &'static str {
        "stored-mixture"
    }

    fn write(&mut self, patterns: Tensor<2>) -> Result<()> {
        check::batch("patterns", &patterns, self.config.dim)?;
        let values = check::to_host(patterns)?;
        let rows = values.chunks(self.config.dim);
        let rows = rows.map(|row| row.iter().copied().map(f64::from).collect());
        self.patterns.extend(rows);
        Ok(())
    }

    fn read(&self, cues: Tensor<2>) -> Result<Recall> {
        self.recall(cues, None)
    }

    fn len(&self) -> usize {
        self.patterns.len()
    }

    fn dim(&self) -> usize {
        self.config.dim
    }

    fn stored_states(&self) -> Result<Tensor<2>> {
        if self.patterns.is_empty() {
            return Err(Error::EmptyMemory);
        }
        let values = self.patterns.iter().flatten().map(|&x| x as f32).collect();
        check::from_host("patterns", values, self.config.dim, &self.device)
    }

    fn as_complete(&self) -> Option<&dyn Complete> {
        Some(self)
    }

    fn as_forget(&mut self) -> Option<&mut dyn Forget> {
        Some(self)
    }
}

impl Forget for StoredMixture {
    fn clear(&mut self) {
        self.patterns.clear();
    }

    fn remove(&mut self, index: usize) -> Result<()> {
        if index >= self.patterns.len() {
            return Err(Error::Index {
                what: "pattern",
                len: self.patterns.len(),
                index,
            });
        }
        self.patterns.remove(index);
        Ok(())
    }
}

impl Complete for StoredMixture {
    fn complete(&self, cues: Tensor<2>, known: Tensor<2>) -> Result<Recall> {
        check::batch("known", &known, self.config.dim)?;
        let (expected, found) = (cues.dims()[0], known.dims()[0]);
        if expected != found {
            return Err(Error::Rows {
                what: "known",
                expected,
                found,
            });
        }
        self.recall(cues, Some(check::to_host(known)?))
    }
}
