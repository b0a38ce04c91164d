use attractor_core::Result;
use attractor_core::error::require_square;
use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::GaussianMixture;

/// Configuration of a [`GaussianMixture`].
///
/// # Example
/// ```
/// use attractor_core::burn::tensor::Tensor;
/// use attractor_core::{Backend, MemoryPrior, check};
/// use attractor_priors::{GaussianMixtureConfig};
///
/// let device = Backend::Flex.open()?;
/// let codes = Tensor::<2>::from_data([[1.0f32, 0.0], [0.0, 1.0]], &device);
/// let mut prior = GaussianMixtureConfig { sigma: 0.2 }.init(2, &device)?;
/// prior.store(codes)?;
/// // A small sigma: one step ends at the nearest code.
/// let state = prior.attract(Tensor::<2>::from_data([[0.9f32, 0.3]], &device))?;
/// let state = check::to_host(state)?;
/// assert!((state[0] - 1.0).abs() < 1e-4 && state[1].abs() < 1e-4);
/// # Ok::<(), attractor_core::Error>(())
/// ```
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
