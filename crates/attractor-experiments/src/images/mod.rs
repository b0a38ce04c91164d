//! Tables of systems that recall images: store blocks of images, corrupt the cues, read or complete
//! them, score what comes back.
//!
//! The generative model is trained once for each seed, or imported; memories that learn are trained on
//! its codes, clean or corrupted as their task is.

mod cell;
mod check;
mod codes;
mod data;
mod learn;
mod memo;
mod model;
mod panel;
mod probe;
mod recognition;
mod settings;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

use attractor::core::burn::tensor::Device;
use attractor::core::{AssociativeMemory, GenerativeModel};
use attractor::datasets::{AnnotatedSet, Corruption, Split};
use attractor::evaluation::Measurement;
use attractor::evaluation::experiment::{Overrides, ResolvedPart};

use self::cell::Cells;
use self::codes::TrainingCodes;
use self::model::untrained;
use self::probe::Probe;
use self::settings::Settings;
use crate::{Error, FoundSet, Loading, Protocol, Result, Session, Task};

/// Options that the command line may change, with the path of each.
pub(crate) const OVERRIDES: &[(&str, &str)] = &[
    ("weights", "model.weights"),
    ("epochs", "model.epochs"),
    ("train-images", "train_images"),
    ("blocks", "blocks"),
    ("cues-per-block", "cues_per_block"),
    ("max-cues", "max_cues"),
];

/// The protocol.
#[derive(Default)]
pub struct Images {
    parts: HashMap<String, Shared>,
    /// What systems are tried on, by the settings.
    untrained: HashMap<String, Arc<dyn GenerativeModel>>,
}

/// What the cells of a part share.
#[derive(Default)]
struct Shared {
    models: HashMap<u64, Arc<dyn GenerativeModel>>,
    autoencoders: HashMap<u64, Arc<dyn GenerativeModel>>,
    codes: TrainingCodes,
    /// Systems that do not learn from the task serve all tasks of a seed.
    built: HashMap<(String, u64), Box<dyn AssociativeMemory>>,
    /// Reads attributes off recalled images, where the training images are annotated.
    probe: Option<Option<Probe>>,
}

impl Images {
    fn cells<'a>(
        &'a mut self,
        part: &'a ResolvedPart,
        settings: &'a Settings,
        sets: &'a Sets,
        device: &'a Device,
    ) -> Cells<'a> {
        let shared = self.parts.entry(part.name.clone()).or_default();
        let count = settings.train_images;
        let probe = || Probe::new(&sets.train, count, device);
        shared.probe.get_or_insert_with(probe);
        Cells {
            part,
            settings,
            device,
            train: &sets.train,
            test: &sets.test,
            shared,
        }
    }
}

/// The images of a part.
struct Sets {
    train: Arc<AnnotatedSet>,
    test: Arc<AnnotatedSet>,
}

impl Sets {
    fn of(part: &ResolvedPart, session: &mut dyn Session) -> Result<Self> {
        Ok(Self {
            train: session.annotated(part, Split::Train)?,
            test: session.annotated(part, Split::Test)?,
        })
    }
}

impl Protocol for Images {
    fn check(&self, task: Task<'_>) -> Result<()> {
        if task.part.measure != "recall" {
            return Err(task.unknown(&["recall"]));
        }
        let cell = task.cell;
        Corruption::from_task(&cell.task, cell.level.value())
            .map_err(|error| Error::within(format!("task `{}`", cell.task), error))?;
        Settings::of(task).map(|_| ())
    }

    fn build(&mut self, task: Task<'_>, device: &Device) -> Result<()> {
        let settings = Settings::of(task)?;
        let key = format!("{:?}", settings.model);
        let model = match self.untrained.get(&key) {
            Some(model) => model.clone(),
            None => {
                let model = untrained(&settings.model, device)
                    .map_err(|error| Error::within("the experiment's `model`", error))?;
                self.untrained.insert(key, model.clone());
                model
            }
        };
        check::one(task, &settings, &model, device)
    }

    fn loading(&self, task: Task<'_>) -> Result<Option<Loading>> {
        data::loading(task.part, &Settings::of(task)?).map(Some)
    }

    fn fit(
        &self,
        part: &mut ResolvedPart,
        asked: &Overrides,
        train: FoundSet<'_>,
        test: FoundSet<'_>,
    ) -> Result<Option<String>> {
        data::fit(part, asked, train, test)
    }

    fn prepare(&mut self, task: Task<'_>, session: &mut dyn Session) -> Result<bool> {
        let settings = Settings::of(task)?;
        let sets = Sets::of(task.part, session)?;
        let device = session.device().clone();
        let mut cells = self.cells(task.part, &settings, &sets, &device);
        cells.model(task.cell.seed, session)?;
        Ok(true)
    }

    fn measure(&mut self, task: Task<'_>, session: &mut dyn Session) -> Result<Vec<Measurement>> {
        let settings = Settings::of(task)?;
        let sets = Sets::of(task.part, session)?;
        let device = session.device().clone();
        let mut cells = self.cells(task.part, &settings, &sets, &device);
        cells.measure(task, session)
    }
}
