//! Configuration of recall by iterated reconstruction.

use std::sync::Arc;

use attractor_core::error::{require_non_negative, require_nonzero};
use attractor_core::{GenerativeModel, Result};
use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::AutoencoderRecall;

/// How an [`AutoencoderRecall`] iterates.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AutoencoderConfig {
    /// Reconstructions at most.
    pub iterations: usize,
    /// A row has converged when no entry moves by more than `tolerance * max(1, |entry|)` in one
    /// reconstruction. 0 always runs all of them.
    pub tolerance: f32,
}

impl Default for AutoencoderConfig {
    /// Ten reconstructions, or until nothing moves by 1e-5.
    fn default() -> Self {
        Self {
            iterations: 10,
            tolerance: 1e-5,
        }
    }
}

impl AutoencoderConfig {
    /// Checks the rules: at least one iteration, a finite tolerance of at least 0.
    ///
    /// # Errors
    /// [`attractor_core::Error::Config`] naming the field.
    pub fn validate(&self) -> Result<()> {
        require_nonzero("AutoencoderConfig.iterations", self.iterations)?;
        require_non_negative("AutoencoderConfig.tolerance", self.tolerance.into())
    }

    /// A memory around a trained model, whose weights are on `device`.
    ///
    /// # Errors
    /// As [`AutoencoderConfig::validate`].
    pub fn init(
        &self,
        model: Arc<dyn GenerativeModel>,
        device: &Device,
    ) -> Result<AutoencoderRecall> {
        AutoencoderRecall::new(*self, model, device)
    }
}
