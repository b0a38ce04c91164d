//! What a covariance memory is made of.

use attractor_core::error::{require_nonzero, require_positive};
use attractor_core::{Activation, Error, Result};
use serde::{Deserialize, Serialize};

use crate::relaxation::{InferenceConfig, Precision};

/// Where the covariances are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CovarianceForm {
    /// In a covariance matrix, whose inverse weighs the errors.
    Explicit,
    /// In recurrent weights, by which entries predict one another.
    #[default]
    Implicit,
    /// The same; errors are not sent back. Cheaper, and no descent of an energy.
    Dendritic,
}

/// How a write turns the patterns seen so far into weights.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Learning {
    /// The minimum of the mean energy, with `ridge` added to the variance of every entry.
    Closed {
        /// In squared units of the data.
        ridge: f64,
    },
    /// Steps of the local rule, on the mean over all patterns, from where the last write ended.
    Gradient {
        /// Learning rate.
        rate: f64,
        /// Steps.
        epochs: usize,
    },
}

impl Default for Learning {
    fn default() -> Self {
        Self::Closed { ridge: 1e-2 }
    }
}

/// Configuration of a [`super::CovariancePcn`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CovariancePcnConfig {
    /// Entries of a pattern. Memory is `dim^2` numbers.
    pub dim: usize,
    /// Default implicit.
    pub form: CovarianceForm,
    /// The function f of the implicit and dendritic forms. Default the identity.
    pub activation: Activation,
    /// Default closed.
    pub learning: Learning,
    /// Standard deviation of what [`attractor_core::AssociativeMemory::read`] takes for noise in each
    /// entry of a cue. Default 0.2.
    pub noise: f64,
    /// How entries move. Default that of [`InferenceConfig`].
    pub inference: InferenceConfig,
    /// Default single.
    pub precision: Precision,
}

impl CovariancePcnConfig {
    /// The defaults, for patterns of `dim` entries.
    pub fn new(dim: usize) -> Self {
        Self {
            dim,
            form: CovarianceForm::Implicit,
            activation: Activation::Identity,
            learning: Learning::default(),
            noise: 0.2,
            inference: InferenceConfig::default(),
            precision: Precision::F32,
        }
    }

    /// # Errors
    /// [`Error::Config`] naming the field and its rule.
    pub fn validate(&self) -> Result<()> {
        require_nonzero("CovariancePcnConfig.dim", self.dim)?;
        require_positive("CovariancePcnConfig.noise", self.noise)?;
        self.inference.validate()?;
        match self.learning {
            Learning::Closed { ridge } => require_positive("Learning.ridge", ridge)?,
            Learning::Gradient { rate, epochs } => {
                require_positive("Learning.rate", rate)?;
                require_nonzero("Learning.epochs", epochs)?;
            }
        }
        if self.form == CovarianceForm::Explicit && self.activation != Activation::Identity {
            return Err(Error::config(
                "CovariancePcnConfig.activation",
                "must be the identity in the explicit form",
                format!("{:?}", self.activation),
            ));
        }
        Ok(())
    }
}
