use attractor_core::Result;
use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::LearnedPrecision;

/// Shape of the learned precision matrix.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PrecisionForm {
    /// `diag(exp(p))`, `d` parameters: the one trained in the paper.
    #[default]
    Diagonal,
    /// `L L^T`, `d (d + 1) / 2` parameters.
    Full,
}

/// Configuration of a [`LearnedPrecision`] prior.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LearnedPrecisionConfig {
    /// Shape of the matrix. Default diagonal.
    pub form: PrecisionForm,
}

impl LearnedPrecisionConfig {
    /// An empty prior over codes of `dim` entries with precision I.
    ///
    /// # Errors
    /// [`attractor_core::Error::Config`] if `dim` is 0.
    pub fn init(self, dim: usize, device: &Device) -> Result<LearnedPrecision> {
        LearnedPrecision::new(self, dim, device)
    }
}
