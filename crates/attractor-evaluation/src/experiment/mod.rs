//! Experiment files: data set, model, tasks, systems and presets.
//!
//! ```toml
//! name = "annabi-cifar10"
//! dataset = "cifar10"
//! fallback_dataset = "builtin"
//! n_stored = [100]
//! tasks = [{ task = "clean" }, { task = "noise", levels = [0.1, 0.2] }]
//! [[systems]]
//! name = "GMM"
//! recipe = "gmm"
//! representation = "vae"
//! [presets.smoke]
//! blocks = 1
//! ```
//!
//! Every unknown key is an error, and so is every value that breaks a rule.

mod fit;
#[cfg(test)]
mod fit_tests;
mod overrides;
mod resolve;
#[cfg(test)]
mod tests;
mod validate;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use fit::FoundSet;
pub use overrides::Overrides;
pub use resolve::Resolved;

use crate::{Error, Reference, Representation, Result};

/// How large a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Preset {
    /// Seconds: does everything work?
    Smoke,
    /// Minutes on two cores.
    Cpu,
    /// The published size.
    Paper,
}

impl Preset {
    /// Every preset.
    pub const ALL: [Self; 3] = [Self::Smoke, Self::Cpu, Self::Paper];

    /// The name on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Smoke => "smoke",
            Self::Cpu => "cpu",
            Self::Paper => "paper",
        }
    }
}

impl fmt::Display for Preset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Preset {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|preset| preset.name() == name)
            .ok_or_else(|| Error::UnknownName {
                what: "preset",
                name: name.into(),
                known: Self::ALL.map(Self::name).join(", "),
            })
    }
}

/// A corruption and the levels at which it is measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskLevels {
    /// Name of the corruption, such as `noise`.
    pub task: String,
    /// Levels; empty for a task that has none. In a restriction, empty means every level.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub levels: Vec<f64>,
}

/// One row of the table: a memory under a display name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SystemSpec {
    /// Display name, such as `VAE-BP-GMM`.
    pub name: String,
    /// Key of the catalogue, such as `bp-gmm`.
    pub recipe: String,
    /// What is stored.
    pub representation: Representation,
    /// Not in the paper: our own addition.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ours: bool,
    /// Distance below which a cue counts as retrieved, instead of the experiment's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f64>,
    /// Upper bound on cues, for slow systems.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_cues: Option<usize>,
    /// Tasks and levels that the system is measured on; empty means all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<TaskLevels>,
    /// How it is read.
    #[serde(default, skip_serializing_if = "Reading::is_plain")]
    pub read: Reading,
    /// What it learns from before it stores anything, if it learns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub train: Option<TrainSpec>,
    /// Measure and show the parts into which the representation takes cues, where it does.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub segments: bool,
    /// Settings for the catalogue, passed on unread.
    #[serde(default, skip_serializing_if = "toml::Table::is_empty")]
    pub options: toml::Table,
}

/// How a memory is asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// With the cue alone.
    #[default]
    Read,
    /// With the mask of known entries.
    Complete,
}

impl Reading {
    fn is_plain(&self) -> bool {
        *self == Self::Read
    }
}

/// What a system learns from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrainOn {
    /// Clean cues: one training for all tasks of a seed.
    Clean,
    /// The cues of the task and level that are measured: one training for each.
    Task,
    /// Images: the autoencoder that the memory is built on, of the experiment's architecture.
    Images,
}

/// The training of a system.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainSpec {
    /// On what.
    pub on: TrainOn,
    /// Passes over the training images.
    pub epochs: usize,
    /// Step size.
    pub rate: f64,
}

/// Changes that a preset makes to every [`TrainSpec`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainPatch {
    /// Passes over the training images.
    pub epochs: Option<usize>,
    /// Step size.
    pub rate: Option<f64>,
}

impl SystemSpec {
    /// `name/representation`, which names a row uniquely.
    pub fn key(&self) -> String {
        format!("{}/{}", self.name, self.representation)
    }

    /// Whether the same is measured, whatever its name and bounds.
    pub(crate) fn equals(&self, other: &Self) -> bool {
        (&self.options, self.read, self.train) == (&other.options, other.read, other.train)
    }

    /// Whether `selector` (`name` or `name/representation`) means this row.
    pub fn matches(&self, selector: &str) -> bool {
        selector == self.name || selector == self.key()
    }
}

/// Distances below which a cue counts as retrieved.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    /// Between codes.
    pub vae: f64,
    /// Between images or other vectors.
    pub pixel: f64,
}

impl Thresholds {
    /// The threshold of a representation.
    pub fn of(self, representation: Representation) -> f64 {
        match representation {
            Representation::Vae => self.vae,
            Representation::Pixel | Representation::Vector => self.pixel,
        }
    }
}

/// The generative model and its training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelSpec {
    /// Architecture, such as `cifar-vae`.
    pub kind: String,
    /// Channels of the first convolution.
    pub features: usize,
    /// Entries of a code.
    pub code: usize,
    /// Passes over the training images.
    pub epochs: usize,
    /// Images per step.
    pub batch: usize,
    /// Step size of Adam.
    pub learning_rate: f64,
    /// Weight of the Kullback-Leibler term.
    pub beta: f64,
    /// Trained weights to import instead of training.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<PathBuf>,
    /// Further settings, passed on unread.
    #[serde(default, skip_serializing_if = "toml::Table::is_empty")]
    pub options: toml::Table,
}

/// Changes that a preset makes to the [`ModelSpec`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelPatch {
    /// Channels of the first convolution.
    pub features: Option<usize>,
    /// Entries of a code.
    pub code: Option<usize>,
    /// Passes over the training images.
    pub epochs: Option<usize>,
    /// Images per step.
    pub batch: Option<usize>,
    /// Step size of Adam.
    pub learning_rate: Option<f64>,
    /// Weight of the Kullback-Leibler term.
    pub beta: Option<f64>,
    /// Further settings that the preset changes.
    #[serde(default)]
    pub options: toml::Table,
}

/// Sizes of one preset. What is absent keeps the experiment's value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PresetSpec {
    /// Images that the model is trained on.
    pub train_images: usize,
    /// Images that blocks are cut from.
    pub test_images: usize,
    /// Blocks per cell.
    pub blocks: usize,
    /// Number of seeds: the run uses 0, 1, ...
    pub seeds: usize,
    /// Cues per block.
    pub cues_per_block: Option<usize>,
    /// Patterns stored per block.
    pub n_stored: Option<Vec<usize>>,
    /// Upper bound on cues for every system that has a `max_cues`.
    pub max_cues: Option<usize>,
    /// Systems to run, by name or `name/representation`.
    pub systems: Option<Vec<String>>,
    /// Tasks and levels to run.
    pub tasks: Option<Vec<TaskLevels>>,
    /// Changes to the model.
    #[serde(default)]
    pub model: ModelPatch,
    /// Changes to the training of systems that learn.
    #[serde(default)]
    pub train: TrainPatch,
    /// New values for option keys, applied to those systems whose `options` have the key.
    #[serde(default)]
    pub options: toml::Table,
}

/// An experiment file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Experiment {
    /// Name on the command line and in results.
    pub name: String,
    /// Title of the report.
    pub title: String,
    /// What is measured and why.
    pub description: String,
    /// Citation.
    pub source: String,
    /// Data set of the publication.
    pub dataset: String,
    /// Data set to use when that one is not present.
    pub fallback_dataset: String,
    /// Data set that the models learn from, if it is not the one that is stored and recalled.
    #[serde(default)]
    pub train_dataset: Option<String>,
    /// Settings for the loader of the data sets, passed on unread.
    #[serde(default)]
    pub data: toml::Table,
    /// File of published figures, relative to the experiment file.
    #[serde(default)]
    pub reference: Option<PathBuf>,
    /// Patterns stored per block; one table for each.
    pub n_stored: Vec<usize>,
    /// Cues per block: the first images of the block, corrupted.
    pub cues_per_block: usize,
    /// Tasks and levels, in the report's order.
    pub tasks: Vec<TaskLevels>,
    /// Distances that count as retrieved.
    pub thresholds: Thresholds,
    /// The generative model.
    pub model: ModelSpec,
    /// Sizes.
    pub presets: BTreeMap<Preset, PresetSpec>,
    /// The rows of the table.
    pub systems: Vec<SystemSpec>,
    /// Where the experiment was loaded from.
    #[serde(skip)]
    path: PathBuf,
}

impl Experiment {
    /// Reads and checks an experiment file.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Toml`] for syntax, missing and unknown keys (with line and column),
    /// [`Error::Experiment`] for a value that breaks a rule.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path).map_err(Error::io(path, "could not read"))?;
        Self::parse(&text, path)
    }

    /// Reads and checks an experiment from text; `path` stands in errors and locates the
    /// reference file.
    ///
    /// # Errors
    /// As [`Experiment::load`].
    pub fn parse(text: &str, path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let mut experiment: Self = toml::from_str(text).map_err(|error| Error::Toml {
            path: path.to_owned(),
            message: error.to_string().trim_end().to_owned(),
        })?;
        experiment.path = path.to_owned();
        experiment.validate()?;
        Ok(experiment)
    }

    /// The file that the experiment came from.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The table of published figures, if the experiment names one.
    ///
    /// # Errors
    /// As [`Reference::load`].
    pub fn reference(&self) -> Result<Option<Reference>> {
        Reference::beside(&self.path, self.reference.as_deref())
    }

    fn broken(
        &self,
        key: impl Into<String>,
        rule: impl Into<String>,
        found: impl ToString,
    ) -> Error {
        Error::Experiment {
            path: self.path.clone(),
            key: key.into(),
            rule: rule.into(),
            found: found.to_string(),
        }
    }
}
