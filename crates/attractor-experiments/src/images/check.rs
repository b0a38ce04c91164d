//! Every part of every system is built once before anything is loaded or trained: a name that is
//! misspelt is found now and not when its turn comes.

use std::sync::Arc;

use attractor::catalogue::{self, Context};
use attractor::core::GenerativeModel;
use attractor::core::burn::tensor::Device;
use attractor::datasets::Corruption;
use attractor::evaluation::experiment::{Reading, SystemSpec, TrainOn};
use attractor::evaluation::{Representation, Resolved};

use super::model::{no_autoencoder, untrained};
use crate::{Error, Result};

/// Entries of a pixel row in a trial: matrices over real ones may take gigabytes.
const FEW: usize = 16;

/// Builds the model, the corruptions and the systems, and drops them again.
///
/// # Errors
/// What a part refuses, with its name.
pub fn parts(config: &Resolved, device: &Device) -> Result<()> {
    for (task, level) in config.all_conditions() {
        Corruption::from_task(&task, level.value())
            .map_err(|error| Error::within(format!("task `{task}`"), error))?;
    }
    let model = untrained(&config.model, device)
        .map_err(|error| Error::within("the experiment's `model`", error))?;
    for system in &config.systems {
        let what = || format!("system `{}`, recipe `{}`", system.key(), system.recipe);
        one(config, system, &model, device).map_err(|error| Error::within(what(), error))?;
    }
    Ok(())
}

fn one(
    config: &Resolved,
    system: &SystemSpec,
    model: &Arc<dyn GenerativeModel>,
    device: &Device,
) -> Result<()> {
    let on = system.train.map(|train| train.on);
    let build = |mut context: Context| {
        if on == Some(TrainOn::Images) {
            context.autoencoder = Some(model.clone());
        }
        catalogue::build(&system.recipe, &system.options, &context)
    };
    let mut memory = match system.representation {
        Representation::Vae => build(Context::codes(model.clone(), device))?,
        Representation::Pixel | Representation::Vector => {
            match build(Context::pixels(FEW, device)?) {
                Ok(memory) => memory,
                // Only what is wrong for real rows as well is wrong.
                Err(_) => build(Context::pixels(model.data_dim(), device)?)?,
            }
        }
    };
    if on == Some(TrainOn::Images) && config.model.kind == "monet" {
        return Err(no_autoencoder());
    }
    let learns = matches!(on, Some(TrainOn::Clean | TrainOn::Task));
    match memory.as_train() {
        Some(_) if !learns => Err(Error::setting(
            "it learns before it stores",
            "`train = { on = \"clean\" or \"task\", epochs, rate }`",
            "none",
        )),
        None if learns => Err(Error::setting(
            "it has no weights to learn",
            "no `train`",
            "one",
        )),
        _ => Ok(()),
    }?;
    if system.read == Reading::Complete {
        memory.complete_for("the experiment's `read`")?;
    }
    Ok(())
}
