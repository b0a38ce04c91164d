//! Size of the CIFAR-10 autoencoder.

use attractor_core::Result;
use attractor_core::error::require_nonzero;
use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::CifarVae;

/// Size of the CIFAR-10 autoencoder; the default is the published one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CifarVaeConfig {
    /// Channels after the first convolution.
    pub features: usize,
    /// Width of a code.
    pub code: usize,
}

impl Default for CifarVaeConfig {
    fn default() -> Self {
        Self {
            features: 32,
            code: 64,
        }
    }
}

impl CifarVaeConfig {
    /// Checks that both sizes are at least 1.
    ///
    /// # Errors
    /// [`attractor_core::Error::Config`] naming the field.
    pub fn validate(&self) -> Result<()> {
        require_nonzero("CifarVaeConfig.features", self.features)?;
        require_nonzero("CifarVaeConfig.code", self.code)
    }

    /// A model with the initial weights of `seed`, equal on every device.
    ///
    /// # Errors
    /// As [`CifarVaeConfig::validate`].
    pub fn init(&self, seed: u64, device: &Device) -> Result<CifarVae> {
        self.validate()?;
        Ok(CifarVae::new(*self, seed, device))
    }
}
