//! Configuration of the memory network.

use attractor_core::Result;
use attractor_core::error::{require_nonzero, require_positive};
use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::MemN2N;

/// How a [`MemN2N`] is built.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemN2NConfig {
    /// Entries of a pattern, D.
    pub dim: usize,
    /// First value of the learned inverse temperature beta.
    #[serde(default = "default_beta")]
    pub beta: f32,
    /// Factor alpha on the scores in training.
    #[serde(default = "default_training_scale")]
    pub training_scale: f32,
    /// Factor alpha on the scores in recall.
    #[serde(default = "default_read_scale")]
    pub read_scale: f32,
}

fn default_beta() -> f32 {
    0.1
}

fn default_training_scale() -> f32 {
    1.0
}

fn default_read_scale() -> f32 {
    100.0
}

impl MemN2NConfig {
    /// The published values for patterns of `dim` entries.
    pub fn new(dim: usize) -> Self {
        Self {
            dim,
            beta: default_beta(),
            training_scale: default_training_scale(),
            read_scale: default_read_scale(),
        }
    }

    /// Checks the rules: at least one entry, everything else finite and above 0.
    ///
    /// # Errors
    /// [`attractor_core::Error::Config`] naming the field.
    pub fn validate(&self) -> Result<()> {
        require_nonzero("MemN2NConfig.dim", self.dim)?;
        require_positive("MemN2NConfig.beta", self.beta.into())?;
        require_positive("MemN2NConfig.training_scale", self.training_scale.into())?;
        require_positive("MemN2NConfig.read_scale", self.read_scale.into())
    }

    /// Sides of the largest array of weights.
    pub(super) fn largest(&self) -> [usize; 2] {
        [self.dim, self.dim]
    }

    /// An empty memory with the initial weights on `device`.
    ///
    /// # Errors
    /// As [`MemN2NConfig::validate`].
    pub fn init(&self, device: &Device) -> Result<MemN2N> {
        MemN2N::new(*self, device)
    }
}
