//! The recipes `pcn` and `covariance-pcn`.

use attractor_core::Result;
use attractor_memories::predictive_coding::Reading;
use attractor_memories::{CovariancePcnConfig, PcnConfig};

use super::whole::{built, over, split};
use super::{Built, Context};

/// Any field of [`PcnConfig`] but `dim`; `iterations` for the steps of every inference of a read;
/// `masked = true` to be read with the mask of known entries (pixels only).
pub(super) fn build(options: &toml::Table, context: &Context) -> Result<Built> {
    let (mut options, masked) = split("pcn", options)?;
    let iterations = options.remove("iterations");
    let defaults = PcnConfig::new(context.model.latent_dim());
    let mut config: PcnConfig = over("pcn", defaults, options)?;
    if let Some(iterations) = iterations {
        let steps = number("pcn", &iterations)?;
        config.inference.max_steps = steps;
        match &mut config.read {
            Reading::Replace(denoising) => denoising.inference.max_steps = steps,
            Reading::Free(inference) => inference.max_steps = steps,
        }
    }
    let memory = config.init(&context.device)?;
    built("pcn with a mask", memory, masked, context)
}

/// Any field of [`CovariancePcnConfig`] but `dim`; `iterations` and `masked` as above.
pub(super) fn covariance(options: &toml::Table, context: &Context) -> Result<Built> {
    let (mut options, masked) = split("covariance-pcn", options)?;
    let iterations = options.remove("iterations");
    let defaults = CovariancePcnConfig::new(context.model.latent_dim());
    let mut config: CovariancePcnConfig = over("covariance-pcn", defaults, options)?;
    if let Some(iterations) = iterations {
        config.inference.max_steps = number("covariance-pcn", &iterations)?;
    }
    let memory = config.init(&context.device)?;
    built("covariance-pcn with a mask", memory, masked, context)
}

fn number(recipe: &str, value: &toml::Value) -> Result<usize> {
    let number = value.as_integer().and_then(|n| usize::try_from(n).ok());
    number.ok_or_else(|| super::whole::wrong(recipe, format!("iterations = {value}")))
}
