//! Studies: experiments that are not tables of recalled images.
//!
//! A study has parts. A part measures series (systems, or settings of one) along an axis, and ends up
//! as charts and a table in the report. What is measured, the protocol of the study decides; this
//! crate only passes its options on.
//!
//! ```toml
//! kind = "study"
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
//! A cell of a study has the part as its task, the expanded series as its system, and the place on
//! the axis as its level or its number of stored patterns.
//!
//! # More of the file
//! - `panels = "D = {dim}"` gives every value of an option a chart of its own.
//! - `beside = "D = {dim}, beta = {beta}"` draws a series in the colour of another, such as an
//!   expectation in that of what it is the expectation of.
//! - `form = "bars"` draws bars in place of lines.
//! - A series' own `levels` and `n_stored` restrict it to some of the part's.
//! - `effort = ["queries"]` names options that decide how precisely something is measured rather than
//!   what: a preset may change them, and figures stay comparable.

mod expand;
#[cfg(test)]
mod panels_tests;
mod resolve;
mod resolved;
mod slices;
#[cfg(test)]
mod tests;
mod validate;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, Serialize};

pub(crate) use slices::Place;

pub use resolve::StudyOverrides;
pub use resolved::{ResolvedPart, ResolvedSeries, ResolvedStudy};

use crate::{Error, Metric, Preset, Reference, Representation, Result};

/// The only value of a study's key `kind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StudyKind {
    /// An experiment of this module.
    Study,
}

/// What a part's charts have along their abscissa, and its tables as columns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Axis {
    /// The level of a cell.
    #[default]
    Level,
    /// The number of stored patterns.
    NStored,
}

/// How a part is drawn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// Lines through points.
    #[default]
    Lines,
    /// Bars side by side at each place of the abscissa.
    Bars,
}

impl Form {
    pub(crate) fn is_lines(&self) -> bool {
        *self == Self::Lines
    }
}

/// One line of the charts, or several if it has a `grid`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeriesSpec {
    /// Display name; `{key}` stands for the value of a key of `grid`.
    pub name: String,
    /// Not in the publication.
    #[serde(default)]
    pub ours: bool,
    /// A computed expectation, drawn dashed.
    #[serde(default)]
    pub expectation: bool,
    /// The series whose colour it shares, `{key}` standing for the value of an option.
    #[serde(default)]
    pub beside: Option<String>,
    /// What is stored, instead of the part's.
    #[serde(default)]
    pub representation: Option<Representation>,
    /// Those of the part's levels at which it is measured; all if absent.
    #[serde(default)]
    pub levels: Option<Vec<f64>>,
    /// Those of the part's numbers of stored patterns at which it is measured; all if absent.
    #[serde(default)]
    pub n_stored: Option<Vec<usize>>,
    /// Options with several values each: one series for every combination.
    #[serde(default)]
    pub grid: BTreeMap<String, Vec<toml::Value>>,
    /// Options of this series, which win over those of the part.
    #[serde(default)]
    pub options: toml::Table,
}

/// One figure of a study.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Name in results (`task`) and on the command line.
    pub name: String,
    /// Heading in the report.
    pub title: String,
    /// What it shows, in a sentence or two.
    #[serde(default)]
    pub about: String,
    /// What the protocol is to measure.
    pub measure: String,
    /// Data set, if any is needed.
    #[serde(default)]
    pub dataset: Option<String>,
    /// Data set to use when that one is not present, or several: the first that is.
    #[serde(default, deserialize_with = "one_or_more")]
    pub fallback_dataset: Vec<String>,
    /// What is stored.
    #[serde(default = "vector")]
    pub representation: Representation,
    /// How it is drawn.
    #[serde(default)]
    pub form: Form,
    /// A chart for each value of options, named by this text with `{key}` for an option's value.
    #[serde(default)]
    pub panels: Option<String>,
    /// The abscissa.
    #[serde(default)]
    pub x: Axis,
    /// Its label.
    pub x_label: String,
    /// Whether it is logarithmic.
    #[serde(default)]
    pub log_x: bool,
    /// Metrics to draw, the main one first. Tables show all that were measured.
    pub charts: Vec<Metric>,
    /// Those of `charts` with a logarithmic ordinate.
    #[serde(default)]
    pub log_y: Vec<Metric>,
    /// Levels; empty if the part has none.
    #[serde(default)]
    pub levels: Vec<f64>,
    /// Numbers of stored patterns; empty if the level or the options decide.
    #[serde(default)]
    pub n_stored: Vec<usize>,
    /// Options of all series, passed on unread.
    #[serde(default)]
    pub options: toml::Table,
    /// Those options that decide how precisely is measured, not what.
    #[serde(default)]
    pub effort: Vec<String>,
    /// The lines.
    pub series: Vec<SeriesSpec>,
}

fn vector() -> Representation {
    Representation::Vector
}

/// A text, or a list of texts.
fn one_or_more<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "expected a text or a list of texts")]
    enum Names {
        One(String),
        More(Vec<String>),
    }
    Ok(match Names::deserialize(deserializer)? {
        Names::One(name) => vec![name],
        Names::More(names) => names,
    })
}

/// What a preset changes in a part.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PartPatch {
    /// Leave the part out.
    pub skip: bool,
    /// Number of seeds.
    pub seeds: Option<usize>,
    /// Levels.
    pub levels: Option<Vec<f64>>,
    /// Numbers of stored patterns.
    pub n_stored: Option<Vec<usize>>,
    /// Series to keep, by their names before expansion.
    pub series: Option<Vec<String>>,
    /// Values to keep of grid keys; keys that a series lacks do not concern it.
    pub grid: BTreeMap<String, Vec<toml::Value>>,
    /// New values for the part's options.
    pub options: toml::Table,
}

/// Sizes of one preset.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StudyPreset {
    /// Number of seeds: 0, 1, ...
    pub seeds: usize,
    /// Changes by part.
    #[serde(default)]
    pub parts: BTreeMap<String, PartPatch>,
}

/// A study file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Study {
    /// Always `study`.
    pub kind: StudyKind,
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
    /// File of published figures, relative to the study's file.
    #[serde(default)]
    pub reference: Option<PathBuf>,
    /// The figures.
    pub parts: Vec<Part>,
    /// Sizes.
    pub presets: BTreeMap<Preset, StudyPreset>,
    /// Where the study was loaded from.
    #[serde(skip)]
    pub(crate) path: PathBuf,
}

impl Study {
    /// Reads and checks a study from text; `path` stands in errors and locates the reference file.
    ///
    /// # Errors
    /// [`Error::Toml`] for syntax, missing and unknown keys (with line and column),
    /// [`Error::Experiment`] for a value that breaks a rule.
    pub fn parse(text: &str, path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let mut study: Self = toml::from_str(text).map_err(|error| Error::Toml {
            path: path.to_owned(),
            message: error.to_string().trim_end().to_owned(),
        })?;
        study.path = path.to_owned();
        study.validate()?;
        Ok(study)
    }

    /// The file that the study came from.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The table of published figures, if the study names one.
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
