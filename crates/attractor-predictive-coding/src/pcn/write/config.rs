//! What can be asked of a write.

use attractor_core::Result;
use attractor_core::error::{require_non_negative, require_nonzero, require_positive};
use serde::{Deserialize, Serialize};

use super::optimiser::Optimiser;
use crate::relaxation::{InferenceConfig, StepSize};

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
            inference: InferenceConfig::plain(StepSize::Auto, 50),
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
            inference: InferenceConfig::plain(StepSize::Auto, 20),
            warm: true,
            ridge: None,
            stop: StopRule::default(),
        }
    }
}

impl WriteConfig {
    /// # Errors
    /// [`attractor_core::Error::Config`] naming the field and its rule.
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
