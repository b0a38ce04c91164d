use attractor_core::Result;
use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::LearnedPrecision;

/// Shape of the learned precision matrix.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PrecisionForm {
    /// `diag(exp(p))`, `d` parameters: the one trained in the paper.
    #[default]
    Diagonal,
    /// `L L^T`, `d (d + 1) / 2` parameters.
    Full,
}

/// Configuration of a [`LearnedPrecision`] prior.
///
/// # Example
/// ```
/// use attractor_core::burn::tensor::Tensor;
/// use attractor_core::{Backend, MemoryPrior};
/// use attractor_priors::{LearnedPrecisionConfig};
///
/// let device = Backend::Flex.open()?;
/// let codes = Tensor::<2>::from_data([[1.0f32, 0.0], [0.0, 1.0]], &device);
/// let mut prior = LearnedPrecisionConfig::default().init(2, &device)?;
/// // Learned first: that the second entry of a cue is not to be trusted.
/// let train = prior.as_train().expect("it has weights");
/// let cues = Tensor::<2>::from_data([[1.0f32, 0.9], [0.1, 1.9]], &device);
/// let first = train.train_step(codes.clone(), cues.clone(), codes.clone(), 0.1)?;
/// let mut last = first;
/// for _ in 0..50 {
///     last = train.train_step(codes.clone(), cues.clone(), codes.clone(), 0.1)?;
/// }
/// assert!(last < first);
/// prior.store(codes)?;
/// assert_eq!(prior.len(), 2);
/// # Ok::<(), attractor_core::Error>(())
/// ```
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
