//! Any memory from a recipe's name and a table of options.
//!
//! ```
//! use attractor::catalogue::{self, Context};
//! use attractor::prelude::*;
//!
//! # fn main() -> Result<(), attractor::core::Error> {
//! let context = Context::pixels(3072, &Backend::Flex.open()?)?;
//! let memory = catalogue::build("gmm", &"sigma = 0.2".parse().unwrap(), &context)?;
//! # let _ = memory;
//! # Ok(())
//! # }
//! ```
//!
//! Any combination of prior, inference and observation model is the recipe `variational`, whose parts
//! are looked up in the registries of their crates; a new part needs nothing here:
//!
//! ```
//! # use attractor::catalogue::{self, Context};
//! # use attractor::prelude::*;
//! # fn main() -> Result<(), attractor::core::Error> {
//! # let context = Context::pixels(6, &Backend::Flex.open()?)?;
//! let options = r#"
//!     prior = { kind = "hopfield", beta = 4.0 }
//!     inference = { kind = "gradient", rule = { line_search = { rate = 1.0 } } }
//!     observation = { kind = "masked", inner = { kind = "laplace", scale = 0.2 } }
//! "#;
//! let memory = catalogue::build("variational", &options.parse().unwrap(), &context)?;
//! # let _ = memory;
//! # Ok(())
//! # }
//! ```
//!
//! A recipe is one entry of [`RECIPES`] and one arm of [`build`]; adding a memory of another kind
//! adds a line to each.

mod bayespcn;
mod compose;
mod learner;
mod limits;
mod options;
mod pcn;
mod recipes;
mod whole;

use std::sync::Arc;

use attractor_baselines::{
    AutoencoderConfig, ClassicalHopfieldConfig, DenseHopfieldConfig, EncoderOnlyConfig,
    MemN2NConfig, NearestConfig, NtmConfig,
};
use attractor_core::burn::tensor::Device;
use attractor_core::model::Identity;
use attractor_core::{Complete, Error, Forget, GenerativeModel, Result, Stopping};
use attractor_inference::{ModeSearch, PredictiveCodingConfig};
use attractor_priors::{GaussianMixtureConfig, HopfieldConfig, LearnedPrecisionConfig};

use compose::{any, bp, compose, encoded, fixed_point, of_signs, variational};

pub use learner::Learner;
pub use limits::{MOST, too_large};
pub use options::{
    AutoencoderOptions, BpOptions, ClassicalHopfieldOptions, DenseHopfieldOptions, GmmOptions,
    GmmStarOptions, MapOptions, MchnOptions, MemN2NOptions, NearestOptions, NtmOptions,
    ObservationKind, PcOptions, VariationalOptions, read_options,
};
pub use recipes::{RECIPES, Recipe};

/// What a memory is built on.
#[derive(Debug, Clone)]
pub struct Context {
    /// Where it lives.
    pub device: Device,
    /// The representation; [`Identity`] for pixels.
    pub model: Arc<dyn GenerativeModel>,
    /// A separately trained autoencoder, for the recipe `autoencoder`.
    pub autoencoder: Option<Arc<dyn GenerativeModel>>,
}

impl Context {
    /// Without a representation: rows of `dim` numbers.
    ///
    /// # Errors
    /// [`Error::Config`] if `dim` is 0.
    pub fn pixels(dim: usize, device: &Device) -> Result<Self> {
        Ok(Self::codes(Arc::new(Identity::new(dim)?), device))
    }

    /// With a generative model.
    pub fn codes(model: Arc<dyn GenerativeModel>, device: &Device) -> Self {
        Self {
            device: device.clone(),
            model,
            autoencoder: None,
        }
    }
}

/// A memory that is read with a mask, and can be emptied.
pub trait Completing: Complete + Forget {}

impl<M: Complete + Forget> Completing for M {}

/// What a recipe yields.
pub enum Built {
    /// Ready to store patterns.
    Memory(Box<dyn Forget>),
    /// Ready, and to be read with the mask of known entries.
    Complete(Box<dyn Completing>),
    /// To be trained first, on codes.
    Learner(Box<dyn Learner>),
}

impl std::fmt::Debug for Built {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (kind, len) = match self {
            Self::Memory(memory) => ("Memory", memory.len()),
            Self::Complete(memory) => ("Complete", memory.len()),
            Self::Learner(_) => ("Learner", 0),
        };
        f.debug_struct(kind)
            .field("len", &len)
            .finish_non_exhaustive()
    }
}

/// Builds a memory.
///
/// # Errors
/// [`Error::UnknownName`] for an unknown recipe, [`Error::Config`] for unknown or wrong options,
/// [`Error::Unsupported`] if the context lacks what the recipe needs.
pub fn build(recipe: &str, options: &toml::Table, context: &Context) -> Result<Built> {
    let Context { device, model, .. } = context;
    let code = model.latent_dim();
    if let Some((key, found)) = too_large(options) {
        let rule = "must be at most 10000000";
        return Err(Error::config(
            "recipe options",
            rule,
            format!("{recipe}: `{key}` = {found}"),
        ));
    }
    match recipe {
        "variational" => any(read_options(recipe, options)?, context),
        "identity" => {
            read_options::<options::NoOptions>(recipe, options)?;
            encoded(
                context,
                Box::new(EncoderOnlyConfig::new(code).init(device)?),
            )
        }
        "gmm" => {
            let GmmOptions { sigma, iterations } = read_options(recipe, options)?;
            let prior = GaussianMixtureConfig { sigma }.init(code, device)?;
            variational(context, Box::new(prior), fixed_point(iterations)?)
        }
        "mchn" => {
            let MchnOptions { beta, iterations } = read_options(recipe, options)?;
            let prior = HopfieldConfig { beta }.init(code, device)?;
            variational(context, Box::new(prior), fixed_point(iterations)?)
        }
        "gmm-star" => {
            let options: GmmStarOptions = read_options(recipe, options)?;
            let prior = LearnedPrecisionConfig { form: options.form }.init(code, device)?;
            Ok(Built::Learner(learner::precision(
                prior,
                options.iterations,
            )))
        }
        "bp-gmm" => bp(read_options(recipe, options)?, context),
        "pc-gmm" => {
            let PcOptions {
                sigma,
                rate,
                iterations,
                fixed_predictions,
            } = read_options(recipe, options)?;
            let config = PredictiveCodingConfig {
                rate,
                fixed_predictions,
                stopping: Stopping {
                    max_steps: iterations,
                    ..Stopping::default()
                },
                ..PredictiveCodingConfig::default()
            };
            let prior = GaussianMixtureConfig { sigma }.init(code, device)?;
            variational(context, Box::new(prior), Box::new(config.init()?))
        }
        "map-gmm" => {
            let MapOptions {
                sigma,
                observation,
                variance,
                scale,
                degrees,
                cap,
            } = read_options(recipe, options)?;
            let (kind, observation) = observation.build(variance, scale, degrees, cap)?;
            let prior = GaussianMixtureConfig { sigma }.init(code, device)?;
            compose(
                context,
                kind,
                observation,
                Box::new(prior),
                Box::new(ModeSearch),
            )
        }
        "bayespcn" => bayespcn::build(options, context),
        "pcn" => pcn::build(options, context),
        "covariance-pcn" => pcn::covariance(options, context),
        "nearest" => {
            let NearestOptions { distance } = read_options(recipe, options)?;
            let config = NearestConfig {
                distance,
                ..NearestConfig::new(code)
            };
            encoded(context, Box::new(config.init(device)?))
        }
        "classical-hopfield" => {
            let options: ClassicalHopfieldOptions = read_options(recipe, options)?;
            let config = ClassicalHopfieldConfig {
                rule: options.rule,
                keep_diagonal: options.keep_diagonal,
                schedule: options.schedule,
                ..ClassicalHopfieldConfig::new(code)
            };
            of_signs(context, options.threshold, Box::new(config.init(device)?))
        }
        "dense-hopfield" => {
            let options: DenseHopfieldOptions = read_options(recipe, options)?;
            let config = DenseHopfieldConfig {
                separation: options.separation,
                rule: options.rule,
                schedule: options.schedule,
                ..DenseHopfieldConfig::exponential(code)
            };
            of_signs(context, options.threshold, Box::new(config.init(device)?))
        }
        "memn2n" | "memn2n-star" => {
            let options: MemN2NOptions = read_options(recipe, options)?;
            let config = MemN2NConfig {
                read_scale: options.alpha,
                ..MemN2NConfig::new(code)
            };
            Ok(Built::Learner(learner::network(config.init(device)?)))
        }
        "ntm" | "ntm-star" => {
            let options: NtmOptions = read_options(recipe, options)?;
            let config = NtmConfig {
                heads: options.heads,
                sharpening: options.sharpening,
                ..NtmConfig::new(code)
            };
            Ok(Built::Learner(learner::network(config.init(device)?)))
        }
        "autoencoder" => {
            let options: AutoencoderOptions = read_options(recipe, options)?;
            let autoencoder = context
                .autoencoder
                .clone()
                .ok_or_else(|| Error::Unsupported {
                    what: "the recipe `autoencoder`",
                    capability: "a trained autoencoder",
                    part: "the context".into(),
                })?;
            let config = AutoencoderConfig {
                iterations: options.iterations,
                ..Default::default()
            };
            Ok(Built::Memory(Box::new(config.init(autoencoder, device)?)))
        }
        unknown => Err(Error::UnknownName {
            what: "recipe",
            name: unknown.into(),
            known: RECIPES
                .iter()
                .map(|recipe| recipe.name)
                .collect::<Vec<_>>()
                .join(", "),
        }),
    }
}

#[cfg(test)]
mod tests;
