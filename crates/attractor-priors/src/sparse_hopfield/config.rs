use attractor_core::error::require_positive;
use attractor_core::{Error, Result};
use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::SparseHopfield;

/// How well a state matches a pattern.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Similarity {
    /// `m.z`
    #[default]
    Dot,
    /// `-|z - m|^2 / 2`
    SquaredDistance,
}

/// Configuration of a [`SparseHopfield`] prior.
///
/// # Example
/// ```
/// use attractor_core::burn::tensor::Tensor;
/// use attractor_core::{Backend, MemoryPrior, check};
/// use attractor_priors::{SparseHopfieldConfig};
///
/// let device = Backend::Flex.open()?;
/// let codes = Tensor::<2>::from_data([[1.0f32, 0.0], [0.0, 1.0]], &device);
/// let mut prior = SparseHopfieldConfig { beta: 4.0, ..Default::default() }.init(2, &device)?;
/// prior.store(codes)?;
/// // Sparsemax: the other code has a weight of exactly 0.
/// let weights = prior.weights(Tensor::<2>::from_data([[1.0f32, 0.2]], &device))?;
/// assert_eq!(check::to_host(weights)?, [1.0, 0.0]);
/// # Ok::<(), attractor_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SparseHopfieldConfig {
    /// How well a state matches a pattern. Default the dot product.
    pub similarity: Similarity,
    /// Exponent of the separation, above 1: 2 for sparsemax, 1.5 for 1.5-entmax. Default 2.
    pub alpha: f32,
    /// Inverse temperature, in units of 1 / (squared norm of a code). Default 1.
    pub beta: f32,
}

impl Default for SparseHopfieldConfig {
    fn default() -> Self {
        Self {
            similarity: Similarity::Dot,
            alpha: 2.0,
            beta: 1.0,
        }
    }
}

impl SparseHopfieldConfig {
    /// `beta` above 0, `alpha` at least 1.01: closer to softmax, the exponent 1 / (alpha - 1) leaves
    /// single precision.
    ///
    /// # Errors
    /// [`Error::Config`].
    pub fn validate(&self) -> Result<()> {
        require_positive("SparseHopfieldConfig.beta", self.beta.into())?;
        if self.alpha.is_finite() && self.alpha >= 1.01 {
            return Ok(());
        }
        let what = "SparseHopfieldConfig.alpha";
        Err(Error::config(
            what,
            "must be finite and at least 1.01",
            self.alpha,
        ))
    }

    /// An empty prior over codes of `dim` entries.
    ///
    /// # Errors
    /// As [`Self::validate`]; also if `dim` is 0.
    pub fn init(self, dim: usize, device: &Device) -> Result<SparseHopfield> {
        self.validate()?;
        SparseHopfield::new(self, dim, device)
    }
}
