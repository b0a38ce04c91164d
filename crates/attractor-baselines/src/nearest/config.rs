//! Configuration of the nearest-pattern memory.

use attractor_core::Result;
use attractor_core::error::require_nonzero;
use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::Nearest;

/// What "near" means.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Distance {
    /// Root of the sum of squared differences.
    #[default]
    Euclidean,
    /// Sum of absolute differences.
    Manhattan,
    /// One minus the cosine of the angle: blind to contrast.
    Cosine,
}

impl Distance {
    /// The name in configurations and results.
    pub fn name(self) -> &'static str {
        match self {
            Self::Euclidean => "euclidean",
            Self::Manhattan => "manhattan",
            Self::Cosine => "cosine",
        }
    }
}

/// How a [`Nearest`] is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NearestConfig {
    /// Entries of a pattern.
    pub dim: usize,
    /// What is compared.
    #[serde(default)]
    pub distance: Distance,
}

impl NearestConfig {
    /// Euclidean, for patterns of `dim` entries.
    pub fn new(dim: usize) -> Self {
        Self {
            dim,
            distance: Distance::default(),
        }
    }

    /// Checks the rule: at least one entry.
    ///
    /// # Errors
    /// [`attractor_core::Error::Config`] naming the field.
    pub fn validate(&self) -> Result<()> {
        require_nonzero("NearestConfig.dim", self.dim)
    }

    /// An empty memory on `device`.
    ///
    /// # Errors
    /// As [`NearestConfig::validate`].
    pub fn init(&self, device: &Device) -> Result<Nearest> {
        Nearest::new(*self, device)
    }
}
