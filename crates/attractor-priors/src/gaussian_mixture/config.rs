use attractor_core::Result;
use attractor_core::error::require_square;
use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::GaussianMixture;

/// Configuration of a [`GaussianMixture`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GaussianMixtureConfig {
    /// Standard deviation of every component, in units of the codes. Default 0.1.
    pub sigma: f32,
}

impl Default for GaussianMixtureConfig {
    fn default() -> Self {
        Self { sigma: 0.1 }
    }
}

impl GaussianMixtureConfig {
    /// `sigma` must be above 0, with a square that single precision holds.
    ///
    /// # Errors
    /// [`attractor_core::Error::Config`].
    pub fn validate(&self) -> Result<()> {
        require_square("GaussianMixtureConfig.sigma", self.sigma.into())
    }

    /// An empty prior over codes of `dim` entries.
    ///
    /// # Errors
    /// As [`Self::validate`]; also if `dim` is 0.
    pub fn init(self, dim: usize, device: &Device) -> Result<GaussianMixture> {
        self.validate()?;
        GaussianMixture::new(self, dim, device)
    }
}
