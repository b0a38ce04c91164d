//! Experiment files: what is measured, of which systems, where, and at which sizes.
//!
//! An experiment has parts. A part measures series (systems, or settings of one) at places, and ends up
//! as charts and tables in the report. What is measured, the protocol of the experiment decides; this
//! crate only passes options on. There are two ways to say where:
//!
//! - along an axis: `levels`, `n_stored` or both, which gives charts of series against the axis;
//! - under `tasks`, each a corruption with its levels, which gives tables of series by tasks.
//!
//! ```toml
//! name = "capacity"
//! title = "How much can be stored"
//! description = "Recall against load."
//! source = "Amit, Gutfreund, Sompolinsky, 1985"
//! protocol = "capacity"
//!
//! [[parts]]
//! name = "classical"
//! title = "Hebb's rule"
//! measure = "recall"
//! x_label = "patterns per neuron"
//! charts = ["overlap"]
//! levels = [0.05, 0.1, 0.138, 0.2]
//! options = { sweeps = 100 }
//! [[parts.series]]
//! name = "Hebb, N = {neurons}"
//! grid = { neurons = [200, 1000] }
//! options = { rule = "hebb" }
//!
//! [presets.smoke]
//! seeds = 1
//! [presets.smoke.parts.classical]
//! levels = [0.05, 0.2]
//! grid = { neurons = [200] }
//! ```
//!
//! A cell has the expanded series as its system, and as its task the part, or one of the part's tasks.
//!
//! # Options
//! Those of a series win over those of its part. A preset's `options` are entries of tables, however
//! deep: each is set wherever it stands, in the part and in series, and in the part if it stands nowhere.
//! The command line does the same. A preset's `series_options` are options of single series, by their names.
//!
//! # More of the file
//! - `panels = "D = {dim}"` gives every value of an option a chart of its own.
//! - `beside = "D = {dim}, beta = {beta}"` draws a series in the colour of another, such as an
//!   expectation in that of what it is the expectation of.
//! - `form = "bars"` draws bars in place of lines.
//! - `map = { option = "dim", label = "dimension" }` draws heat maps besides: levels against an option in
//!   whose number the series differ, ours and, where there are any, the published figures.
//! - A series' own `levels`, `n_stored` and `tasks` restrict it to some of the part's.
//! - `effort = ["queries"]` names options that decide how precisely something is measured rather than
//!   what: a preset may change them, and figures stay comparable.
//! - `idle = { "model.weights" = ["model.epochs"] }` names options that another one, where it is set,
//!   leaves without effect.
//! - `files = ["model.weights"]` names options that are files: their content decides, not their path.
//!
//! Every unknown key is an error, and so is every value that breaks a rule.

#[cfg(test)]
mod asked_tests;
mod difference;
mod expand;
mod hash;
mod options;
#[cfg(test)]
mod panels_tests;
mod part;
mod resolve;
mod resolved;
mod slices;
#[cfg(test)]
mod table_tests;
#[cfg(test)]
mod tests;
mod validate;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub(crate) use slices::{Place, Slice, UNLISTED};

pub(crate) use options::get as option_at;
pub use part::{Axis, Form, MapCurve, MapSpec, Part, PartPatch, SeriesSpec, TaskLevels};
pub use resolve::Overrides;
pub use resolved::{Resolved, ResolvedPart, ResolvedSeries};

use crate::{Error, Reference, Result};

/// Data set of parts that need none.
pub const SYNTHETIC: &str = "synthetic";

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

/// Sizes of one preset.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PresetSpec {
    /// Number of seeds: 0, 1, ...
    pub seeds: usize,
    /// Changes by part.
    #[serde(default)]
    pub parts: BTreeMap<String, PartPatch>,
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
    /// Who measures it.
    pub protocol: String,
    /// File of published figures, relative to the experiment's file.
    #[serde(default)]
    pub reference: Option<PathBuf>,
    /// The figures and tables.
    pub parts: Vec<Part>,
    /// Sizes.
    pub presets: BTreeMap<Preset, PresetSpec>,
    /// Where the experiment was loaded from.
    #[serde(skip)]
    path: PathBuf,
}

impl Experiment {
    /// Reads and checks an experiment file.
    ///
    /// # Errors
    /// [`Error::Io`]; those of [`Experiment::parse`].
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path).map_err(Error::io(path, "could not read"))?;
        Self::parse(&text, path)
    }

    /// Every `*.toml` in a folder, by name; hidden files are passed over.
    ///
    /// # Errors
    /// As [`Experiment::load`].
    pub fn load_all(folder: impl AsRef<Path>) -> Result<Vec<Self>> {
        let folder = folder.as_ref();
        attractor_listing::files(folder, attractor_listing::TOML)
            .map_err(Error::io(folder, "could not list"))?
            .iter()
            .map(Self::load)
            .collect()
    }

    /// Reads and checks an experiment from text; `path` stands in errors and locates the reference file.
    ///
    /// # Errors
    /// [`Error::Toml`] for syntax, missing and unknown keys (with line and column),
    /// [`Error::Experiment`] for a value that breaks a rule, and for keys of earlier versions.
    pub fn parse(text: &str, path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        refuse_old(text, path)?;
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

    /// The data sets it is made for, in words.
    pub fn dataset(&self) -> String {
        let mut names: Vec<&str> = Vec::new();
        for part in &self.parts {
            let name = part.dataset.as_deref().unwrap_or(SYNTHETIC);
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names.join(", ")
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

/// Keys that files had when there were two kinds of them.
const OLD: [(&str, &str); 2] = [
    (
        "systems",
        "belongs into a part: write `protocol = \"images\"`, one `[[parts]]` with the data set, \
         `tasks`, `n_stored` and `options`, and each system as a `[[parts.series]]` whose recipe, \
         training and `memory` are `options` (experiments/annabi-mnist.toml shows it)",
    ),
    (
        "kind",
        "is no longer needed, as all files are of one kind: remove it",
    ),
];

fn refuse_old(text: &str, path: &Path) -> Result<()> {
    // Errors of syntax are the next parser's.
    let Ok(table) = toml::from_str::<toml::Table>(text) else {
        return Ok(());
    };
    for (key, rule) in OLD {
        if let Some(value) = table.get(key) {
            return Err(Error::Experiment {
                path: path.to_owned(),
                key: key.into(),
                rule: rule.into(),
                found: match value {
                    toml::Value::Array(list) => format!("{} of them", list.len()),
                    value => value.to_string(),
                },
            });
        }
    }
    Ok(())
}
