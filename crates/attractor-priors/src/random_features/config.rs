use attractor_core::error::{require_non_negative, require_nonzero, require_positive};
use attractor_core::{Error, Result, check};
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use super::RandomFeatures;

/// The feature map. See the [module](super) for the equations.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FeatureKind {
    /// Pairs of cosine and sine.
    #[default]
    SinCos,
    /// Cosines with random phases; without the phases the estimate would be biased.
    Cos,
    /// Exponentials.
    Positive,
    /// Pairs of exponentials of both signs.
    HyperbolicPositive,
    /// Exponentials with directions drawn, in effect, from a narrower density.
    OptimalPositive,
}

impl FeatureKind {
    /// Whether the sums are kept as logarithms.
    pub fn is_positive(self) -> bool {
        !matches!(self, Self::SinCos | Self::Cos)
    }

    /// Numbers in T for each direction.
    pub fn parts(self) -> usize {
        match self {
            Self::SinCos | Self::HyperbolicPositive => 2,
            _ => 1,
        }
    }
}

/// How directions are drawn. Each is N(0, I) by itself in both.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DirectionKind {
    /// Independent.
    #[default]
    Gaussian,
    /// Orthogonal within groups of D, with lengths drawn afresh: less variance for near points.
    Orthogonal,
}

/// Configuration of a [`RandomFeatures`] memory.
///
/// # Example
/// ```
/// use attractor_core::burn::tensor::Tensor;
/// use attractor_core::{Backend, MemoryPrior};
/// use attractor_priors::{RandomFeaturesConfig};
///
/// let device = Backend::Flex.open()?;
/// let codes = Tensor::<2>::from_data([[1.0f32, 0.0], [0.0, 1.0]], &device);
/// let config = RandomFeaturesConfig { count: 256, beta: 2.0, ..Default::default() };
/// let mut prior = config.init(2, &device)?;
/// prior.store(codes)?;
/// // All codes in one sum: its size is that of the features, however many are stored.
/// let before = prior.superposed().len();
/// prior.store(Tensor::<2>::from_data([[-1.0f32, 0.0]], &device))?;
/// assert_eq!(prior.superposed().len(), before);
/// assert!(prior.stored().is_none());
/// # Ok::<(), attractor_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RandomFeaturesConfig {
    /// The feature map. Default `sin_cos`.
    pub features: FeatureKind,
    /// Number of random directions, Y. Default 10000.
    pub count: usize,
    /// Inverse temperature, in units of 1 / (squared distance of codes). Default 30.
    pub beta: f32,
    /// How directions are drawn. Default Gaussian.
    pub directions: DirectionKind,
    /// Seed of directions and phases.
    pub seed: u64,
    /// The estimate below which the memory is said to know nothing (trigonometric kinds). Default
    /// 1e-5.
    pub floor: f32,
    /// Subtracted from every code: one number for all entries, one per entry, or none (default).
    pub centre: Vec<f32>,
    /// `optimal_positive` only: a typical `beta |x + y|^2` of centred codes. Default beta.
    pub typical: Option<f32>,
    /// Keep the directions in memory, or draw them again in every pass. Default true.
    pub keep_directions: bool,
}

/// Numbers of all directions: 16 GiB.
const MOST: usize = 1 << 32;

impl Default for RandomFeaturesConfig {
    fn default() -> Self {
        Self {
            features: FeatureKind::default(),
            count: 10_000,
            beta: 30.0,
            directions: DirectionKind::default(),
            seed: 0,
            floor: 1e-5,
            centre: Vec::new(),
            typical: None,
            keep_directions: true,
        }
    }
}

impl RandomFeaturesConfig {
    /// The same with `centre` and `typical` measured on codes `[n, d]` like those to be stored: their
    /// mean, and the mean of `beta |x + y|^2` over all pairs after centring.
    ///
    /// # Errors
    /// No rows, NaN or infinite entries.
    pub fn fitted(self, codes: Tensor<2>) -> Result<Self> {
        check::batch("codes", &codes, codes.dims()[1])?;
        let mean = codes.clone().mean_dim(0);
        // The mean of |x + y|^2 is 2 E|x|^2 + 2 |E x|^2, and the last is 0 after centring.
        let spread = (codes - mean.clone()).square().sum_dim(1).mean();
        Ok(Self {
            typical: Some(2.0 * self.beta * check::to_host(spread)?[0]),
            centre: check::to_host(mean)?,
            ..self
        })
    }

    /// At least one direction; `beta`, `floor` and `typical` above 0; a finite centre.
    ///
    /// # Errors
    /// [`Error::Config`], [`Error::NonFinite`].
    pub fn validate(&self) -> Result<()> {
        require_nonzero("RandomFeaturesConfig.count", self.count)?;
        require_positive("RandomFeaturesConfig.beta", self.beta.into())?;
        require_positive("RandomFeaturesConfig.floor", self.floor.into())?;
        if let Some(typical) = self.typical {
            require_non_negative("RandomFeaturesConfig.typical", typical.into())?;
        }
        check::finite(
            "RandomFeaturesConfig.centre",
            &self.centre,
            self.centre.len(),
        )
    }

    /// An empty memory over codes of `dim` entries.
    ///
    /// # Errors
    /// As [`Self::validate`]; also if `dim` is 0 or the centre has neither 0, 1 nor `dim` entries.
    pub fn init(self, dim: usize, device: &Device) -> Result<RandomFeatures> {
        self.check(dim)?;
        RandomFeatures::new(self, dim, device)
    }

    pub(super) fn check(&self, dim: usize) -> Result<()> {
        self.validate()?;
        require_nonzero("RandomFeaturesConfig.dim", dim)?;
        if self.count.saturating_mul(dim) > MOST {
            let rule = "must be at most 2^32 numbers in all directions";
            let found = format!("{} directions of {dim}", self.count);
            return Err(Error::config("RandomFeaturesConfig.count", rule, found));
        }
        let found = self.centre.len();
        match found {
            0 | 1 => Ok(()),
            _ if found == dim => Ok(()),
            _ => Err(Error::Mismatch {
                what: "RandomFeaturesConfig.centre",
                expected: "no, one or as many entries as a code".into(),
                part: "a code",
                found: format!("{dim} entries and the centre {found}"),
            }),
        }
    }
}
