use attractor_core::Result;
use attractor_core::error::require_positive;
use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::Hopfield;

/// Configuration of a [`Hopfield`] prior.
///
/// # Example
/// ```
/// use attractor_core::burn::tensor::Tensor;
/// use attractor_core::{Backend, MemoryPrior, check};
/// use attractor_priors::{HopfieldConfig};
///
/// let device = Backend::Flex.open()?;
/// let codes = Tensor::<2>::from_data([[1.0f32, 0.0], [0.0, 1.0]], &device);
/// let mut prior = HopfieldConfig { beta: 0.01 }.init(2, &device)?;
/// prior.store(codes)?;
/// // Too hot: the mean of all codes, not one of them.
/// let state = prior.attract(Tensor::<2>::from_data([[1.0f32, 0.0]], &device))?;
/// assert!(check::to_host(state)?.iter().all(|entry| (entry - 0.5).abs() < 0.01));
/// # Ok::<(), attractor_core::Error>(())
/// ```
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
