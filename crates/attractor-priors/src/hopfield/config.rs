use attractor_core::Result;
use attractor_core::error::require_positive;
use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::Hopfield;

/// Configuration of a [`Hopfield`] prior.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HopfieldConfig {
    /// Inverse temperature, in units of 1 / (squared norm of a code). Default 100.
    pub beta: f32,
}

impl Default for HopfieldConfig {
    fn default() -> Self {
        Self { beta: 100.0 }
    }
}

impl HopfieldConfig {
    /// `beta` must be finite and above 0.
    ///
    /// # Errors
    /// [`attractor_core::Error::Config`].
    pub fn validate(&self) -> Result<()> {
        require_positive("HopfieldConfig.beta", self.beta.into())
    }

    /// An empty prior over codes of `dim` entries.
    ///
    /// # Errors
    /// As [`Self::validate`]; also if `dim` is 0.
    pub fn init(self, dim: usize, device: &Device) -> Result<Hopfield> {
        self.validate()?;
        Hopfield::new(self, dim, device)
    }
}
