//! What a mixture of stored patterns is made of.

use attractor_core::error::require_positive;
use attractor_core::{Error, Result};
use serde::{Deserialize, Serialize};

/// Log weight of the Gaussian at a stored pattern `x`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MixtureWeights {
    /// `|x|^2 / (2 sigma^2)`: the energy is that of dot products, a modern Hopfield network.
    #[default]
    Dot,
    /// `|x|^2 / sigma`, as in the paper's code.
    Published,
    /// 0: nearness alone counts.
    Euclidean,
}

/// Configuration of a [`super::StoredMixture`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredMixtureConfig {
    /// Entries of a pattern.
    pub dim: usize,
    /// Standard deviation of each Gaussian. Default 0.01.
    pub sigma: f64,
    /// Weights. Default dot products.
    pub weights: MixtureWeights,
    /// Iterations at most. Default 500.
    pub max_steps: usize,
}

impl StoredMixtureConfig {
    /// The defaults, for patterns of `dim` entries.
    pub fn new(dim: usize) -> Self {
        Self {
            dim,
            sigma: 0.01,
            weights: MixtureWeights::Dot,
            max_steps: 500,
        }
    }

    /// # Errors
    /// [`Error::Config`] naming the field and its rule.
    pub fn validate(&self) -> Result<()> {
        require_positive("StoredMixtureConfig.sigma", self.sigma)?;
        for (what, value) in [
            ("StoredMixtureConfig.dim", self.dim),
            ("StoredMixtureConfig.max_steps", self.max_steps),
        ] {
            if value == 0 {
                return Err(Error::config(what, "must be at least 1", value));
            }
        }
        Ok(())
    }
}
