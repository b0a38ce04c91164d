use attractor_core::error::require_positive;
use attractor_core::{Error, Result};
use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::{Kernelised, SeparationConfig};

/// Whether the lengths of features count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FeatureScale {
    /// Cosines: features of codes and states are divided by their norms.
    #[default]
    Unit,
    /// Dot products: `|W m|^2` multiplies beta.
    Raw,
}

/// Where the map W comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MapKind {
    /// Learned from the codes by the first write that leaves at least two of them.
    #[default]
    Learned,
    /// W = I.
    Identity,
}

/// Configuration of a [`Kernelised`] prior.
///
/// # Example
/// ```
/// use attractor_core::burn::tensor::Tensor;
/// use attractor_core::{Backend, MemoryPrior};
/// use attractor_priors::{KernelisedConfig};
///
/// let device = Backend::Flex.open()?;
/// let codes = Tensor::<2>::from_data([[1.0f32, 0.0], [0.0, 1.0]], &device);
/// let mut prior = KernelisedConfig::default().init(2, &device)?;
/// prior.store(Tensor::<2>::from_data([[1.0f32, 0.0], [1.0, 0.2], [1.0, -0.2]], &device))?;
/// // The learned map moves the images of similar codes apart.
/// let separation = prior.separation()?;
/// println!("{separation:?}");
/// let state = prior.attract(codes.narrow(0, 0, 1))?;
/// assert_eq!(state.dims(), [1, 2]);
/// # Ok::<(), attractor_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KernelisedConfig {
    /// Where W comes from. Default learned.
    pub map: MapKind,
    /// Whether the lengths of features count. Default unit.
    pub features: FeatureScale,
    /// Inverse temperature; without units for unit features, else in units of 1 / (squared norm of a
    /// feature). Default 20.
    pub beta: f32,
    /// Exponent of the separation: 1 for softmax, 1.5 for 1.5-entmax, 2 for sparsemax. Default 1.
    pub alpha: f32,
    /// How W is learned.
    pub separation: SeparationConfig,
    /// Learn W again when a write brings a code whose largest cosine with another exceeds 1 minus
    /// this; between 0 and 2. Default none: later writes are mapped by the W that is there.
    pub refit_below: Option<f32>,
}

impl Default for KernelisedConfig {
    fn default() -> Self {
        Self {
            map: MapKind::default(),
            features: FeatureScale::default(),
            beta: 20.0,
            alpha: 1.0,
            separation: SeparationConfig::default(),
            refit_below: None,
        }
    }
}

impl KernelisedConfig {
    /// W = I with this inverse temperature; everything else as by default.
    pub fn identity(beta: f32) -> Self {
        Self {
            map: MapKind::Identity,
            beta,
            ..Self::default()
        }
    }

    /// `beta` above 0; `alpha` 1 or at least 1.01, closer to which single precision ends;
    /// `refit_below` between 0 and 2; a valid [`SeparationConfig`].
    ///
    /// # Errors
    /// [`Error::Config`] naming the field.
    pub fn validate(&self) -> Result<()> {
        require_positive("KernelisedConfig.beta", self.beta.into())?;
        if self.alpha != 1.0 && !(self.alpha.is_finite() && self.alpha >= 1.01) {
            return Err(Error::config(
                "KernelisedConfig.alpha",
                "must be 1 or finite and at least 1.01",
                self.alpha,
            ));
        }
        if let Some(gap) = self.refit_below
            && !(0.0..=2.0).contains(&gap)
        {
            return Err(Error::config(
                "KernelisedConfig.refit_below",
                "must be between 0 and 2",
                gap,
            ));
        }
        self.separation.validate()
    }

    /// An empty prior over codes of `dim` entries.
    ///
    /// # Errors
    /// As [`Self::validate`]; also if `dim` is 0, or the map starts at the identity and has another
    /// width than `dim`.
    pub fn init(self, dim: usize, device: &Device) -> Result<Kernelised> {
        self.validate()?;
        self.separation.check_width(dim)?;
        Kernelised::new(self, dim, device)
    }
}
