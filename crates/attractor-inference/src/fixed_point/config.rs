use attractor_core::{Result, Stopping};
use serde::{Deserialize, Serialize};

use super::FixedPoint;

/// Configuration of [`FixedPoint`].
///
/// # Example
/// ```
/// use attractor_core::burn::tensor::Tensor;
/// use attractor_core::model::Identity;
/// use attractor_core::observation::Gaussian;
/// use attractor_core::{Backend, Inference, MemoryPrior, Problem, check};
/// use attractor_inference::{FixedPointConfig};
/// # use attractor_priors::GaussianMixtureConfig;
///
/// let device = Backend::Flex.open()?;
/// let mut prior = GaussianMixtureConfig { sigma: 0.3 }.init(2, &device)?;
/// prior.store(Tensor::<2>::from_data([[1.0f32, 0.0], [0.0, 1.0]], &device))?;
/// let cues = Tensor::<2>::from_data([[0.9f32, 0.2]], &device);
/// let problem = Problem {
///     model: &Identity::new(2)?,
///     observation: &Gaussian::new(0.1)?,
///     prior: &prior,
///     start: cues.clone(),
///     cues,
/// };
/// let recall = FixedPointConfig::default().init()?.infer(&problem)?;
/// let state = check::to_host(recall.state)?;
/// assert!((state[0] - 1.0).abs() < 0.01 && state[1].abs() < 0.01);
/// # Ok::<(), attractor_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FixedPointConfig {
    /// When to stop. Default: 10 steps, or no entry moving by more than 1e-6.
    pub stopping: Stopping,
}

impl Default for FixedPointConfig {
    fn default() -> Self {
        Self {
            stopping: Stopping {
                max_steps: 10,
                tolerance: 1e-6,
                check_every: 1,
            },
        }
    }
}

impl FixedPointConfig {
    /// Checks the rules of [`Stopping`].
    ///
    /// # Errors
    /// [`attractor_core::Error::Config`].
    pub fn init(self) -> Result<FixedPoint> {
        self.stopping.validate()?;
        Ok(FixedPoint::new(self))
    }
}
