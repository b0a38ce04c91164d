//! How a cue is read of which no entry is trusted.

use attractor_core::Result;
use attractor_core::error::{require_non_negative, require_nonzero};
use serde::{Deserialize, Serialize};

use crate::relaxation::InferenceConfig;

/// How a noisy cue is read.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// Clamp the cue, infer, put the prediction in its place; repeat (the paper's).
    Replace(Denoising),
    /// Let the data move with the hidden values, from the cue; the answer is where they end. Without
    /// an end in time all rows move on towards the one state without error, so `max_steps` matters.
    Free(InferenceConfig),
}

impl Default for Reading {
    fn default() -> Self {
        Self::Replace(Denoising::default())
    }
}

impl Reading {
    pub(crate) fn validate(&self) -> Result<()> {
        match self {
            Self::Replace(denoising) => denoising.validate(),
            Self::Free(inference) => inference.validate(),
        }
    }
}

/// Rounds of inference and replacement.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Denoising {
    /// Rounds at most. Default 30.
    pub rounds: usize,
    /// A row ends when a round moves its entries by a mean square below this. 0 takes all rounds.
    /// Default 1e-7.
    pub tolerance: f64,
    /// Start every round from the configured hidden values, not from those of the round before.
    /// Default true.
    pub restart: bool,
    /// Inference of each round. Default 100 steps with momentum.
    pub inference: InferenceConfig,
}

impl Default for Denoising {
    fn default() -> Self {
        Self {
            rounds: 30,
            tolerance: 1e-7,
            restart: true,
            inference: InferenceConfig {
                max_steps: 100,
                check_every: 50,
                ..InferenceConfig::default()
            },
        }
    }
}

impl Denoising {
    /// # Errors
    /// [`attractor_core::Error::Config`] naming the field and its rule.
    pub fn validate(&self) -> Result<()> {
        require_nonzero("Denoising.rounds", self.rounds)?;
        require_non_negative("Denoising.tolerance", self.tolerance)?;
        self.inference.validate()
    }
}
