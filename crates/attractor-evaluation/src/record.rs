//! Cells, metrics and the lines of `results.jsonl`.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Verdict;
pub use crate::level::Level;
pub use crate::metric::Metric;

/// What the memory stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Representation {
    /// Codes of a variational autoencoder.
    Vae,
    /// Raw pixels.
    Pixel,
    /// Vectors that are neither, such as random patterns.
    Vector,
}

impl Representation {
    /// The name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Vae => "vae",
            Self::Pixel => "pixel",
            Self::Vector => "vector",
        }
    }
}

impl fmt::Display for Representation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One unit of work: what is measured in one go, appended and synced in one go.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cell {
    /// Name of the experiment.
    pub experiment: String,
    /// Display name of the system, such as `VAE-BP-GMM`.
    pub system: String,
    /// What is stored.
    pub representation: Representation,
    /// Data set that was really used.
    pub dataset: String,
    /// Corruption of the cues.
    pub task: String,
    /// Its strength.
    pub level: Level,
    /// Patterns stored per block.
    pub n_stored: usize,
    /// Seed of everything random.
    pub seed: u64,
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} [{}] {} {}",
            self.system, self.representation, self.dataset, self.task
        )?;
        if self.level != Level::NONE {
            write!(f, " {}", self.level)?;
        }
        // Where something else decides how many patterns are stored, the number is 0.
        if self.n_stored > 0 {
            write!(f, " N={}", self.n_stored)?;
        }
        write!(f, " seed={}", self.seed)
    }
}

impl Cell {
    /// A file name stem: lower case, words joined by `-`; a level below 0 says `minus`.
    pub fn slug(&self) -> String {
        slug(&self.to_string().replace(" -", " minus "))
    }
}

/// Lower-case ASCII words joined by `-`; a star becomes `star`, so that `NTM*` and `NTM` differ.
pub(crate) fn slug(text: &str) -> String {
    let mut out = String::new();
    for ch in text.replace('*', " star ").chars() {
        if ch.is_ascii_alphanumeric() || ch == '.' {
            out.push(ch.to_ascii_lowercase());
        } else if !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
    }
    out.trim_end_matches('-').to_owned()
}

/// One number measured on a cell.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    /// What was measured.
    pub metric: Metric,
    /// The mean over cues.
    pub value: f64,
    /// How many cues.
    pub n: usize,
}

/// The published figure beside a measurement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordReference {
    /// The published value.
    pub value: f64,
    /// Where it comes from.
    pub source: String,
    /// Difference that still counts as a match, in the metric's unit; `null` if not judged.
    pub tolerance: Option<f64>,
    /// The comparison's outcome.
    pub verdict: Verdict,
}

/// One line of `results.jsonl`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Name of the experiment.
    pub experiment: String,
    /// Display name of the system.
    pub system: String,
    /// What is stored.
    pub representation: Representation,
    /// Data set that was really used.
    pub dataset: String,
    /// Corruption of the cues.
    pub task: String,
    /// Its strength, or `null`.
    pub level: Level,
    /// Patterns stored per block.
    pub n_stored: usize,
    /// Seed of everything random.
    pub seed: u64,
    /// What was measured.
    pub metric: Metric,
    /// The mean over cues.
    pub value: f64,
    /// The metric's unit.
    pub unit: String,
    /// How many cues.
    pub n: usize,
    /// Backend that computed it.
    pub backend: String,
    /// Wall time of the whole cell, in seconds.
    pub seconds: f64,
    /// Published figure, or `null`.
    pub reference: Option<RecordReference>,
}

impl Record {
    /// The record of one measurement on `cell`.
    pub fn new(cell: &Cell, measurement: Measurement, backend: &str, seconds: f64) -> Self {
        Self {
            experiment: cell.experiment.clone(),
            system: cell.system.clone(),
            representation: cell.representation,
            dataset: cell.dataset.clone(),
            task: cell.task.clone(),
            level: cell.level,
            n_stored: cell.n_stored,
            seed: cell.seed,
            metric: measurement.metric,
            value: measurement.value,
            unit: measurement.metric.unit().to_owned(),
            n: measurement.n,
            backend: backend.to_owned(),
            seconds,
            reference: None,
        }
    }

    /// The cell that the record belongs to.
    pub fn cell(&self) -> Cell {
        Cell {
            experiment: self.experiment.clone(),
            system: self.system.clone(),
            representation: self.representation,
            dataset: self.dataset.clone(),
            task: self.task.clone(),
            level: self.level,
            n_stored: self.n_stored,
            seed: self.seed,
        }
    }

    /// Whether both records say the same, whatever time they took.
    pub fn same_result(&self, other: &Self) -> bool {
        let timeless = |record: &Self| Self {
            seconds: 0.0,
            value: match record.metric.is_time() {
                true => 0.0,
                false => record.value,
            },
            ..record.clone()
        };
        timeless(self) == timeless(other)
    }
}
