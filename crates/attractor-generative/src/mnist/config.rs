//! Size of the MNIST autoencoder.

use attractor_core::Result;
use attractor_core::error::require_nonzero;
use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::MnistVae;

/// Size of the MNIST autoencoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MnistVaeConfig {
    /// Channels after the first convolution.
    pub features: usize,
    /// Width of a code.
    pub code: usize,
}

impl Default for MnistVaeConfig {
    fn default() -> Self {
        Self {
            features: 16,
            code: 16,
        }
    }
}

impl MnistVaeConfig {
    /// Checks that both sizes are at least 1.
    ///
    /// # Errors
    /// [`attractor_core::Error::Config`] naming the field.
    pub fn validate(&self) -> Result<()> {
        require_nonzero("MnistVaeConfig.features", self.features)?;
        require_nonzero("MnistVaeConfig.code", self.code)
    }

    /// A model with the initial weights of `seed`, equal on every device.
    ///
    /// # Errors
    /// As [`MnistVaeConfig::validate`].
    pub fn init(&self, seed: u64, device: &Device) -> Result<MnistVae> {
        self.validate()?;
        Ok(MnistVae::new(*self, seed, device))
    }
}
