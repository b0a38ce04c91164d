//! Options of the recipes. Every unknown key is an error.

use attractor_baselines::{
    BinarySeparation, Distance, LearningRule, Schedule, Sharpening, UpdateRule,
};
use attractor_core::observation::{self, BuiltObservation};
use attractor_core::{Error, ObservationModel, Result};
use attractor_priors::PrecisionForm;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Reads a recipe's options. `epochs` and `learning_rate` belong to whoever trains it and are
/// passed over.
///
/// # Errors
/// [`Error::Config`] naming the unknown key or the wrong value.
pub fn read_options<T: DeserializeOwned>(recipe: &str, options: &toml::Table) -> Result<T> {
    let mut options = options.clone();
    options.remove("epochs");
    options.remove("learning_rate");
    toml::Value::Table(options)
        .try_into()
        .map_err(|error: toml::de::Error| {
            Error::config(
                "recipe options",
                "must fit the recipe",
                format!("{recipe}: {}", error.message()),
            )
        })
}

/// A recipe without options.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NoOptions {}

/// Options of `variational`: any prior with any inference and any observation model.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VariationalOptions {
    /// `kind` of [`attractor_priors::PRIORS`] and its options.
    pub prior: toml::Table,
    /// `kind` of [`attractor_inference::INFERENCES`] and its options. Default the fixed point.
    pub inference: Option<toml::Table>,
    /// `kind` of [`attractor_core::observation::OBSERVATIONS`] and its options. Default Gaussian of
    /// variance 0.01.
    pub observation: Option<toml::Table>,
    /// Iterations at most, in place of those of the inference: a preset can change it.
    pub iterations: Option<i64>,
}

/// Options of `gmm`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GmmOptions {
    /// Standard deviation of a component. Default 0.1.
    pub sigma: f32,
    /// Iterations at most. Default 10.
    pub iterations: usize,
}

impl Default for GmmOptions {
    fn default() -> Self {
        Self {
            sigma: 0.1,
            iterations: 10,
        }
    }
}

/// Options of `mchn`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MchnOptions {
    /// Inverse temperature. Default 100.
    pub beta: f32,
    /// Iterations at most. Default 10.
    pub iterations: usize,
}

impl Default for MchnOptions {
    fn default() -> Self {
        Self {
            beta: 100.0,
            iterations: 10,
        }
    }
}

/// Options of `gmm-star`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GmmStarOptions {
    /// Shape of the precision. Default diagonal.
    pub form: PrecisionForm,
    /// Iterations at most when reading. Default 10.
    pub iterations: usize,
}

impl Default for GmmStarOptions {
    fn default() -> Self {
        Self {
            form: PrecisionForm::Diagonal,
            iterations: 10,
        }
    }
}

/// Observation models by name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ObservationKind {
    /// Squared error.
    #[default]
    Gaussian,
    /// Squared error of the known entries only; the read is given the mask.
    Masked,
    /// Absolute error.
    Laplace,
    /// Logarithmic growth.
    StudentT,
    /// Squared error up to a cap.
    Truncated,
}

impl ObservationKind {
    /// The model, with defaults for pixels in `[0, 1]`: variance 0.01, scale 0.1, 2 degrees of
    /// freedom, cap 0.01.
    ///
    /// # Errors
    /// [`Error::Config`] for a parameter that is not above 0.
    pub fn build(
        self,
        variance: Option<f32>,
        scale: Option<f32>,
        degrees: Option<f32>,
        cap: Option<f32>,
    ) -> Result<(Self, Box<dyn ObservationModel>)> {
        let (kind, keys): (_, &[_]) = match self {
            Self::Gaussian | Self::Masked => ("gaussian", &[("variance", variance)]),
            Self::Laplace => ("laplace", &[("scale", scale)]),
            Self::StudentT => ("student_t", &[("degrees", degrees), ("scale", scale)]),
            Self::Truncated => ("truncated", &[("cap", cap), ("variance", variance)]),
        };
        let mut table = toml::Table::from_iter([("kind".to_owned(), kind.into())]);
        for (key, value) in keys {
            table.extend(value.map(|value| ((*key).to_owned(), value.into())));
        }
        let BuiltObservation { model, .. } = observation::build(&table)?;
        Ok((self, model))
    }
}

/// Options of `bp-gmm`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BpOptions {
    /// Standard deviation of a component. Default 0.1.
    pub sigma: f32,
    /// Weight of the prior against the mean squared error. Default 0.005.
    pub gamma: f32,
    /// Adam's step size. Default 0.5.
    pub rate: f32,
    /// Iterations at most. Default 100.
    pub iterations: usize,
    /// The reference's means over the batch instead of sums per cue. Default false.
    pub batch_means: bool,
    /// How cues arise. Default Gaussian.
    pub observation: ObservationKind,
    /// Scale of Laplace and Student-t.
    pub scale: Option<f32>,
    /// Degrees of freedom of Student-t.
    pub degrees: Option<f32>,
    /// Cap of the truncated square.
    pub cap: Option<f32>,
}

impl Default for BpOptions {
    fn default() -> Self {
        Self {
            sigma: 0.1,
            gamma: 0.005,
            rate: 0.5,
            iterations: 100,
            batch_means: false,
            observation: ObservationKind::Gaussian,
            scale: None,
            degrees: None,
            cap: None,
        }
    }
}

/// Options of `pc-gmm`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PcOptions {
    /// Standard deviation of a component. Default 0.1.
    pub sigma: f32,
    /// Step size. Default 0.05.
    pub rate: f32,
    /// Iterations at most. Default 100.
    pub iterations: usize,
    /// Keep the predictions of the first pass. Default false.
    pub fixed_predictions: bool,
}

impl Default for PcOptions {
    fn default() -> Self {
        Self {
            sigma: 0.1,
            rate: 0.05,
            iterations: 100,
            fixed_predictions: false,
        }
    }
}

/// Options of `map-gmm`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MapOptions {
    /// Standard deviation of a component. Default 0.1.
    pub sigma: f32,
    /// How cues arise. Default Gaussian.
    pub observation: ObservationKind,
    /// Variance per pixel of the Gaussian and truncated models.
    pub variance: Option<f32>,
    /// Scale of Laplace and Student-t.
    pub scale: Option<f32>,
    /// Degrees of freedom of Student-t.
    pub degrees: Option<f32>,
    /// Cap of the truncated square.
    pub cap: Option<f32>,
}

impl Default for MapOptions {
    fn default() -> Self {
        Self {
            sigma: 0.1,
            observation: ObservationKind::Gaussian,
            variance: None,
            scale: None,
            degrees: None,
            cap: None,
        }
    }
}

/// Options of `nearest`.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NearestOptions {
    /// Distance. Default Euclidean.
    pub distance: Distance,
}

/// Options of `memn2n` and `memn2n-star`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MemN2NOptions {
    /// Factor of the scores when reading. Default 100.
    pub alpha: f32,
}

impl Default for MemN2NOptions {
    fn default() -> Self {
        Self { alpha: 100.0 }
    }
}

/// Options of `ntm` and `ntm-star`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NtmOptions {
    /// Read heads. Default 1.
    pub heads: usize,
    /// One sharpening strength per head, or the reference's one per dimension.
    pub sharpening: Sharpening,
}

impl Default for NtmOptions {
    fn default() -> Self {
        Self {
            heads: 1,
            sharpening: Sharpening::PerHead,
        }
    }
}

/// Options of `autoencoder`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AutoencoderOptions {
    /// Passes through the network. Default 10.
    pub iterations: usize,
}

impl Default for AutoencoderOptions {
    fn default() -> Self {
        Self { iterations: 10 }
    }
}

/// Options of `classical-hopfield`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClassicalHopfieldOptions {
    /// Entries above it are +1, others -1. Default 0.5.
    pub threshold: f32,
    /// Hebb, pseudo-inverse or Storkey. Default Hebb.
    pub rule: LearningRule,
    /// Keep the diagonal of the pseudo-inverse. Default false.
    pub keep_diagonal: bool,
    /// Order and number of updates.
    pub schedule: Schedule,
}

impl Default for ClassicalHopfieldOptions {
    fn default() -> Self {
        Self {
            threshold: 0.5,
            rule: LearningRule::Hebb,
            keep_diagonal: false,
            schedule: Schedule::default(),
        }
    }
}

/// Options of `dense-hopfield`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DenseHopfieldOptions {
    /// Entries above it are +1, others -1. Default 0.5.
    pub threshold: f32,
    /// Separation of the overlaps. Default exponential.
    pub separation: BinarySeparation,
    /// What decides the value of a unit. Default the exact difference.
    pub rule: UpdateRule,
    /// Order and number of updates.
    pub schedule: Schedule,
}

impl Default for DenseHopfieldOptions {
    fn default() -> Self {
        Self {
            threshold: 0.5,
            separation: BinarySeparation::Exponential,
            rule: UpdateRule::Difference,
            schedule: Schedule::default(),
        }
    }
}
