//! Every part of every system is built once before anything is loaded or trained: a name that is
//! misspelt is found now and not when its turn comes.

use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use attractor::catalogue::{self, Built, Context};
use attractor::core::GenerativeModel;
use attractor::core::burn::tensor::Device;
use attractor::datasets::Corruption;
use attractor::evaluation::experiment::SystemSpec;
use attractor::evaluation::{Representation, Resolved};

use super::cell::{epochs, learning_rate};
use super::model::untrained;

/// Entries of a pixel row in a trial: matrices over real ones may take gigabytes.
const FEW: usize = 16;

/// Builds the model, the corruptions and the systems, and drops them again.
pub(super) fn parts(config: &Resolved, device: &Device) -> Result<()> {
    for (task, level) in config.all_conditions() {
        Corruption::from_task(&task, level.value()).with_context(|| format!("task `{task}`"))?;
    }
    let model = untrained(&config.model, device).context("the experiment's `model`")?;
    for system in &config.systems {
        let what = || format!("system `{}`, recipe `{}`", system.key(), system.recipe);
        one(config, system, &model, device).with_context(what)?;
    }
    Ok(())
}

fn one(
    config: &Resolved,
    system: &SystemSpec,
    model: &Arc<dyn GenerativeModel>,
    device: &Device,
) -> Result<()> {
    let build = |mut context: Context| {
        if system.recipe == "autoencoder" {
            context.autoencoder = Some(model.clone());
        }
        catalogue::build(&system.recipe, &system.options, &context)
    };
    let built = match system.representation {
        Representation::Vae => build(Context::codes(model.clone(), device))?,
        Representation::Pixel | Representation::Vector => {
            match build(Context::pixels(FEW, device)?) {
                Ok(built) => built,
                // Only what is wrong for real rows as well is wrong.
                Err(_) => build(Context::pixels(model.data_dim(), device)?)?,
            }
        }
    };
    let autoencoder = system.recipe == "autoencoder";
    if autoencoder && config.model.kind == "monet" {
        bail!("a model of kind `monet` cannot be trained as a plain autoencoder");
    }
    if autoencoder || matches!(built, Built::Learner(_)) {
        epochs(system)?;
        learning_rate(system)?;
    }
    Ok(())
}
