//! Writing: what can be asked for, and what it reports.

use std::ops::ControlFlow;

use attractor_core::error::{require_non_negative, require_nonzero, require_positive};
use attractor_core::{Error, Result};
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::model::Kept;
use super::{InferenceConfig, Optimiser, Pcn, Step};

/// When writing ends before its last epoch.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StopRule {
    /// The mean energy of a pattern is below this; 0 switches the rule off. Default 0.
    pub energy: f64,
    /// The mean squared error of every pattern's prediction is below this; 0 switches the rule off.
    /// Default 1e-6.
    pub error: f64,
    /// The lowest mean energy has not fallen by this share of itself within `patience` epochs.
    /// Default 0.01.
    pub plateau: f64,
    /// Epochs; 0 switches the rule off. Default 200.
    pub patience: usize,
}

impl Default for StopRule {
    fn default() -> Self {
        Self {
            energy: 0.0,
            error: 1e-6,
            plateau: 0.01,
            patience: 200,
        }
    }
}

/// One-shot solution for the weights that predict the data.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ridge {
    /// Penalty of the squared weights. Default 1e-3.
    pub lambda: f64,
    /// Inference of hidden values and solution, in turn. Default 1.
    pub rounds: usize,
    /// How the hidden values are inferred. Default 50 plain steps.
    pub inference: InferenceConfig,
}

impl Default for Ridge {
    fn default() -> Self {
        Self {
            lambda: 1e-3,
            rounds: 1,
            inference: InferenceConfig::plain(Step::Auto, 50),
        }
    }
}

impl Ridge {
    pub(crate) fn validate(&self) -> Result<()> {
        require_positive("Ridge.lambda", self.lambda)?;
        require_nonzero("Ridge.rounds", self.rounds)?;
        self.inference.validate()
    }
}

/// How patterns are written.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WriteConfig {
    /// Default Adam with rate 5e-4.
    pub optimiser: Optimiser,
    /// Passes over the patterns at most. Default 1500.
    pub epochs: usize,
    /// Patterns in one step of the weights; 0 takes all. Default 0.
    pub batch: usize,
    /// Inference before each step of the weights. Default 20 plain steps.
    pub inference: InferenceConfig,
    /// Inference goes on from a pattern's hidden values of the epoch before. Default true.
    pub warm: bool,
    /// Solves for the weights of the data first. Default not.
    pub ridge: Option<Ridge>,
    /// When to stop.
    pub stop: StopRule,
}

impl Default for WriteConfig {
    fn default() -> Self {
        Self {
            optimiser: Optimiser::default(),
            epochs: 1500,
            batch: 0,
            inference: InferenceConfig::plain(Step::Auto, 20),
            warm: true,
            ridge: None,
            stop: StopRule::default(),
        }
    }
}

impl WriteConfig {
    /// # Errors
    /// [`Error::Config`] naming the field and its rule.
    pub fn validate(&self) -> Result<()> {
        self.optimiser.validate()?;
        require_nonzero("WriteConfig.epochs", self.epochs)?;
        self.inference.validate()?;
        if let Some(ridge) = &self.ridge {
            ridge.validate()?;
        }
        require_non_negative("StopRule.energy", self.stop.energy)?;
        require_non_negative("StopRule.error", self.stop.error)?;
        require_non_negative("StopRule.plateau", self.stop.plateau)
    }
}

/// The state of a write after one epoch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// 1 for the first of this write.
    pub epoch: usize,
    /// Mean energy of a pattern after inference, before the weights moved.
    pub energy: f64,
    /// Largest mean squared error of a pattern's prediction, at the same moment.
    pub error: f64,
    /// Step size of inference.
    pub rate: f64,
    /// What it follows from. See [`Pcn::spectral_norm`].
    pub norm: f64,
}

/// Why a write ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stopped {
    /// [`StopRule::energy`].
    Energy,
    /// [`StopRule::error`].
    Error,
    /// [`StopRule::plateau`].
    Plateau,
    /// All epochs were made.
    Epochs,
    /// The observer broke off.
    Cancelled,
}

/// What a write did.
#[derive(Debug, Clone, PartialEq)]
pub struct WriteReport {
    /// Epochs made.
    pub epochs: usize,
    /// Why no more.
    pub stopped: Stopped,
    /// Energy of every pattern after a last inference with the final weights.
    pub energy: Vec<f64>,
    /// Mean squared error of every pattern's prediction after that inference.
    pub error: Vec<f64>,
    /// One entry for each epoch.
    pub history: Vec<Progress>,
}

impl WriteReport {
    /// Mean energy of a pattern.
    pub fn mean_energy(&self) -> f64 {
        self.energy.iter().sum::<f64>() / self.energy.len() as f64
    }

    /// Largest error of a pattern.
    pub fn worst_error(&self) -> f64 {
        self.error.iter().copied().fold(0.0, f64::max)
    }
}

impl Pcn {
    /// Stores patterns `[n, dim]`: trains until a rule stops it, on all patterns that are kept. What
    /// was learned before is where it starts from.
    ///
    /// `observer` is called after each epoch and may break off; the patterns then count as written, as
    /// well as they have been learned.
    ///
    /// # Errors
    /// A wrong width, no rows, NaN or infinite entries; [`Error::Config`], also if energies leave the
    /// finite numbers or if no unit is active. Nothing is stored and nothing changes then.
    pub fn write_with(
        &mut self,
        patterns: Tensor<2>,
        config: &WriteConfig,
        observer: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
    ) -> Result<WriteReport> {
        config.validate()?;
        let patterns = self.rows("patterns", patterns)?;
        self.change(|memory| {
            memory.admit(patterns);
            if let Some(ridge) = &config.ridge {
                memory.solve(ridge)?;
            }
            let report = memory.learn(config, observer)?;
            memory.release();
            Ok(report)
        })
    }

    /// Trains on the kept patterns again.
    ///
    /// # Errors
    /// [`Error::EmptyMemory`]; [`Error::Unsupported`] without `keep_patterns`; as
    /// [`Self::write_with`].
    pub fn train_with(
        &mut self,
        config: &WriteConfig,
        observer: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
    ) -> Result<WriteReport> {
        config.validate()?;
        self.kept("Pcn::train_with")?;
        self.change(|memory| {
            if let Some(ridge) = &config.ridge {
                memory.solve(ridge)?;
            }
            memory.learn(config, observer)
        })
    }

    /// Stores patterns `[n, dim]` without gradient steps: infers hidden values with the weights as
    /// they are, then solves for the weights of the data on all patterns that are kept. Exact for up
    /// to as many patterns as the lowest hidden layer has units, as `lambda` tends to 0.
    ///
    /// # Errors
    /// As [`Self::write_with`].
    pub fn write_ridge(&mut self, patterns: Tensor<2>, ridge: &Ridge) -> Result<WriteReport> {
        ridge.validate()?;
        let patterns = self.rows("patterns", patterns)?;
        self.change(|memory| {
            memory.admit(patterns);
            memory.solve(ridge)?;
            let report = memory.report(&ridge.inference, Vec::new(), Stopped::Epochs)?;
            memory.release();
            Ok(report)
        })
    }

    /// The kept patterns with their hidden values.
    pub(crate) fn kept(&self, what: &'static str) -> Result<&Kept> {
        if self.state.len == 0 {
            return Err(Error::EmptyMemory);
        }
        self.state.kept.as_ref().ok_or_else(|| Error::Unsupported {
            what,
            capability: "patterns that are kept one by one",
            part: "a memory without `keep_patterns`".into(),
        })
    }

    /// Adds patterns to those that are trained on.
    pub(crate) fn admit(&mut self, patterns: Tensor<2>) {
        let count = patterns.dims()[0];
        let codes = self.network().start(count);
        self.state.len += count;
        self.state.kept = Some(match self.state.kept.take() {
            None => Kept { patterns, codes },
            Some(kept) => Kept {
                patterns: Tensor::cat(vec![kept.patterns, patterns], 0),
                codes: kept
                    .codes
                    .into_iter()
                    .zip(codes)
                    .map(|(old, new)| Tensor::cat(vec![old, new], 0))
                    .collect(),
            },
        });
    }

    /// Lets go of patterns that are not to be kept.
    fn release(&mut self) {
        if !self.config.keep_patterns {
            self.state.kept = None;
        }
    }
}
