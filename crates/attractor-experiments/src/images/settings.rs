//! What an experiment says of a table of recalled images, and its rules.

use std::path::PathBuf;

use attractor::evaluation::{Representation, limits};
use serde::Deserialize;

use crate::reading::Reading;
use crate::{Result, Task};

/// The options of one series: those of the part and its own.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    /// Images that models learn from.
    pub(super) train_images: usize,
    /// Images that blocks are cut from.
    pub(super) test_images: usize,
    /// Blocks per cell.
    pub(super) blocks: usize,
    /// Cues per block: the first images of the block, corrupted.
    pub(super) cues_per_block: usize,
    /// Distances below which a cue counts as retrieved.
    thresholds: Thresholds,
    /// The generative model.
    pub(super) model: ModelSpec,
    /// Key of the catalogue.
    pub(super) recipe: String,
    /// Settings for the catalogue.
    #[serde(default)]
    pub(super) memory: toml::Table,
    /// A threshold of its own.
    threshold: Option<f64>,
    /// Upper bound on cues, for slow systems.
    max_cues: Option<usize>,
    /// How it is read.
    #[serde(default)]
    pub(super) read: Reading,
    /// What it learns from before it stores anything, if it learns.
    pub(super) train: Option<TrainSpec>,
    /// Measure and show the parts into which the model takes cues, where it does.
    #[serde(default)]
    pub(super) segments: bool,
    /// Read as many cues of images that are not stored, and measure how well the memory tells them apart.
    #[serde(default)]
    pub(super) recognition: bool,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct Thresholds {
    vae: f64,
    pixel: f64,
}

/// What a system learns from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum TrainOn {
    /// Clean cues: one training for all tasks of a seed.
    Clean,
    /// The cues of the task and level that are measured: one training for each.
    Task,
    /// Images: the autoencoder that the memory is built on, of the experiment's architecture.
    Images,
}

/// The training of a system.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TrainSpec {
    pub(super) on: TrainOn,
    /// Passes over the training images.
    pub(super) epochs: usize,
    /// Step size.
    pub(super) rate: f64,
}

/// The generative model and its training.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ModelSpec {
    /// Architecture, such as `cifar-vae`.
    pub(super) kind: String,
    /// Channels of the first convolution.
    pub(super) features: usize,
    /// Entries of a code.
    pub(super) code: usize,
    /// Passes over the training images.
    pub(super) epochs: usize,
    /// Images per step.
    pub(super) batch: usize,
    /// Step size of Adam.
    pub(super) learning_rate: f64,
    /// Weight of the Kullback-Leibler term.
    pub(super) beta: f64,
    /// Trained weights to import instead of training.
    pub(super) weights: Option<PathBuf>,
    /// What only models of its kind know.
    #[serde(default)]
    pub(super) options: toml::Table,
}

impl Settings {
    /// The settings of a series, if they keep every rule.
    pub(super) fn of(task: Task<'_>) -> Result<Self> {
        // Counts have limits of their own, and the catalogue those of memories.
        let settings: Self = task.unlimited()?;
        settings.check(task)?;
        Ok(settings)
    }

    fn check(&self, task: Task<'_>) -> Result<()> {
        let model = &self.model;
        let counts = [
            ("train_images", Some(self.train_images), limits::ITEMS),
            ("test_images", Some(self.test_images), limits::ITEMS),
            ("blocks", Some(self.blocks), limits::CUES),
            ("cues_per_block", Some(self.cues_per_block), limits::CUES),
            ("max_cues", self.max_cues, limits::ITEMS),
            (
                "train.epochs",
                self.train.map(|train| train.epochs),
                limits::EPOCHS,
            ),
            ("model.features", Some(model.features), limits::WIDTH),
            ("model.code", Some(model.code), limits::WIDTH),
            ("model.epochs", Some(model.epochs), limits::EPOCHS),
            ("model.batch", Some(model.batch), limits::WIDTH),
        ];
        for (key, value, most) in counts {
            match value {
                Some(0) => return Err(task.refuse(format!("`{key}` must be at least 1, found 0"))),
                Some(value) if value > most => {
                    let rule = format!("`{key}` must be at most {most}, found {value}");
                    return Err(task.refuse(rule));
                }
                _ => {}
            }
        }
        let numbers = [
            ("thresholds.vae", Some(self.thresholds.vae)),
            ("thresholds.pixel", Some(self.thresholds.pixel)),
            ("threshold", self.threshold),
            ("train.rate", self.train.map(|train| train.rate)),
            ("model.learning_rate", Some(model.learning_rate)),
        ];
        for (key, value) in numbers {
            if let Some(value) = value.filter(|value| !(value.is_finite() && *value > 0.0)) {
                let rule = format!("`{key}` must be finite and greater than 0, found {value}");
                return Err(task.refuse(rule));
            }
        }
        if !(model.beta.is_finite() && model.beta >= 0.0) {
            let found = model.beta;
            let rule = format!("`model.beta` must be finite and at least 0, found {found}");
            return Err(task.refuse(rule));
        }
        if task.series.representation == Representation::Vector {
            let rule = "`representation` must be `vae` or `pixel` where images are stored";
            return Err(task.refuse(rule));
        }
        let shared = [
            "model",
            "train_images",
            "test_images",
            "blocks",
            "cues_per_block",
        ];
        if let Some(key) = shared
            .iter()
            .find(|key| task.series.options.contains_key(**key))
        {
            let rule = "belongs to the options of the part, as all its series share it";
            return Err(task.refuse(format!("`{key}` {rule}")));
        }
        let stored = task.n_stored()?;
        if self.cues_per_block > stored {
            let found = self.cues_per_block;
            let rule =
                format!("`cues_per_block` must be at most n_stored ({stored}), found {found}");
            return Err(task.refuse(rule));
        }
        let (needed, found) = (stored.saturating_add(self.cues_per_block), self.test_images);
        if self.recognition && needed > found {
            let rule = format!(
                "`test_images` must be at least n_stored + cues_per_block ({needed}) for `recognition`, found {found}"
            );
            return Err(task.refuse(rule));
        }
        let (needed, found) = (self.blocks.saturating_mul(stored), self.test_images);
        if needed > found {
            let rule = format!(
                "`test_images` must be at least blocks x n_stored ({needed}), found {found}"
            );
            return Err(task.refuse(rule));
        }
        Ok(())
    }

    /// Distance below which a cue counts as retrieved.
    pub(super) fn threshold(&self, representation: Representation) -> f64 {
        self.threshold.unwrap_or(match representation {
            Representation::Vae => self.thresholds.vae,
            Representation::Pixel | Representation::Vector => self.thresholds.pixel,
        })
    }

    /// Cues that the system is measured on.
    pub(super) fn cues(&self) -> usize {
        let all = self.blocks * self.cues_per_block;
        self.max_cues.map_or(all, |max| max.min(all))
    }
}
