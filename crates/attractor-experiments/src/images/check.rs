//! Every part of every system is built once before anything is loaded or trained: a name that is
//! misspelt is found now and not when its turn comes.

use std::sync::Arc;

use attractor::catalogue::{self, Context};
use attractor::core::GenerativeModel;
use attractor::core::burn::tensor::Device;
use attractor::evaluation::Representation;

use super::model::no_autoencoder;
use super::settings::{Settings, TrainOn};
use crate::{Error, Result, Task};

/// Entries of a pixel row in a trial: matrices over real ones may take gigabytes.
const FEW: usize = 16;

/// Builds the system of a cell on a model without training, and drops it again.
pub(super) fn one(
    task: Task<'_>,
    settings: &Settings,
    model: &Arc<dyn GenerativeModel>,
    device: &Device,
) -> Result<()> {
    let what = || {
        format!(
            "system `{}`, recipe `{}`",
            task.series.key(),
            settings.recipe
        )
    };
    system(task, settings, model, device).map_err(|error| Error::within(what(), error))
}

fn system(
    task: Task<'_>,
    settings: &Settings,
    model: &Arc<dyn GenerativeModel>,
    device: &Device,
) -> Result<()> {
    let on = settings.train.map(|train| train.on);
    let build = |mut context: Context| {
        if on == Some(TrainOn::Images) {
            context.autoencoder = Some(model.clone());
        }
        catalogue::build(&settings.recipe, &settings.memory, &context)
    };
    let mut memory = match task.series.representation {
        Representation::Vae => build(Context::codes(model.clone(), device))?,
        Representation::Pixel | Representation::Vector => {
            match build(Context::pixels(FEW, device)?) {
                Ok(memory) => memory,
                // Only what is wrong for real rows as well is wrong.
                Err(_) => build(Context::pixels(model.data_dim(), device)?)?,
            }
        }
    };
    if on == Some(TrainOn::Images) && settings.model.kind == "monet" {
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
    if settings.recognition && memory.as_recognise().is_none() {
        return Err(Error::setting(
            "it cannot tell stored from novel",
            "no `recognition`",
            "`recognition = true`",
        ));
    }
    if settings.read == crate::reading::Reading::Complete {
        memory.complete_for("the experiment's `read`")?;
    }
    Ok(())
}
