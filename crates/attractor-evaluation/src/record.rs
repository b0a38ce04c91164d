//! Cells, metrics and the lines of `results.jsonl`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use crate::level::Level;
use crate::{Error, Result, Verdict};

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
    /// A file name stem: lower case, words joined by `-`.
    pub fn slug(&self) -> String {
        slug(&self.to_string())
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

/// A measured quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Share of cues recalled within the threshold, in percent.
    RetrievalRate,
    /// Share of cues whose nearest stored pattern is the right one, in percent.
    Top1,
    /// Euclidean distance between the recalled and the stored state.
    LatentDistance,
    /// Mean squared error per pixel between the recalled and the stored image.
    PixelMse,
    /// Peak signal-to-noise ratio of the recalled image, in dB.
    Psnr,
    /// Share of wrong signs, in percent.
    BitError,
    /// Normalised scalar product of recalled and stored pattern.
    Overlap,
    /// Share of right answers, in percent.
    Accuracy,
    /// Patterns that can be stored.
    Capacity,
    /// Entropy of the answer, in nats.
    Entropy,
    /// Energy before minus energy after recall.
    EnergyDrop,
    /// Iterations per cue.
    Steps,
    /// Share of the attributes of the stored image's objects that a reader of images finds in the
    /// recalled one, in percent.
    Attributes,
    /// Adjusted Rand index of a model's segments against the objects, over the objects' pixels.
    Ari,
    /// Squared error summed over the entries of a pattern.
    SquaredError,
    /// Absolute error of an estimated energy.
    EnergyError,
    /// Absolute error of an estimated gradient, mean over its entries.
    GradientError,
    /// Share of states about which an estimate says nothing, in percent.
    Clipped,
    /// Smallest margin by which a stored pattern is nearer to itself than to any other.
    Separation,
    /// Number of stored patterns that an answer is mixed from.
    MixtureSize,
    /// Logarithm of the density of a pattern under what is stored.
    LogEvidence,
    /// What learning minimises.
    Loss,
}

impl Metric {
    /// Every metric.
    pub const ALL: [Self; 22] = [
        Self::RetrievalRate,
        Self::Top1,
        Self::LatentDistance,
        Self::PixelMse,
        Self::Psnr,
        Self::BitError,
        Self::Overlap,
        Self::Accuracy,
        Self::Capacity,
        Self::Entropy,
        Self::EnergyDrop,
        Self::Steps,
        Self::Attributes,
        Self::Ari,
        Self::SquaredError,
        Self::EnergyError,
        Self::GradientError,
        Self::Clipped,
        Self::Separation,
        Self::MixtureSize,
        Self::LogEvidence,
        Self::Loss,
    ];

    /// The name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::RetrievalRate => "retrieval_rate",
            Self::Top1 => "top1",
            Self::LatentDistance => "latent_distance",
            Self::PixelMse => "pixel_mse",
            Self::Psnr => "psnr",
            Self::BitError => "bit_error",
            Self::Overlap => "overlap",
            Self::Accuracy => "accuracy",
            Self::Capacity => "capacity",
            Self::Entropy => "entropy",
            Self::EnergyDrop => "energy_drop",
            Self::Steps => "steps",
            Self::Attributes => "attributes",
            Self::Ari => "ari",
            Self::SquaredError => "squared_error",
            Self::EnergyError => "energy_error",
            Self::GradientError => "gradient_error",
            Self::Clipped => "clipped",
            Self::Separation => "separation",
            Self::MixtureSize => "mixture_size",
            Self::LogEvidence => "log_evidence",
            Self::Loss => "loss",
        }
    }

    /// The name for a person.
    pub fn label(self) -> &'static str {
        match self {
            Self::RetrievalRate => "Retrieval rate",
            Self::Top1 => "Top-1",
            Self::LatentDistance => "State distance",
            Self::PixelMse => "Pixel MSE",
            Self::Psnr => "PSNR",
            Self::BitError => "Bit error",
            Self::Overlap => "Overlap",
            Self::Accuracy => "Accuracy",
            Self::Capacity => "Capacity",
            Self::Entropy => "Entropy",
            Self::EnergyDrop => "Energy drop",
            Self::Steps => "Steps",
            Self::Attributes => "Attributes",
            Self::Ari => "ARI",
            Self::SquaredError => "Squared error",
            Self::EnergyError => "Error of the energy",
            Self::GradientError => "Error of the gradient",
            Self::Clipped => "Clipped",
            Self::Separation => "Separation",
            Self::MixtureSize => "Patterns in the answer",
            Self::LogEvidence => "Log evidence",
            Self::Loss => "Loss",
        }
    }

    /// The unit, empty for a plain number.
    pub fn unit(self) -> &'static str {
        match self {
            Self::RetrievalRate
            | Self::Top1
            | Self::BitError
            | Self::Accuracy
            | Self::Attributes
            | Self::Clipped => "%",
            Self::Psnr => "dB",
            Self::Capacity | Self::MixtureSize => "patterns",
            Self::Entropy | Self::LogEvidence => "nat",
            Self::Steps => "iterations",
            Self::LatentDistance
            | Self::PixelMse
            | Self::Overlap
            | Self::EnergyDrop
            | Self::Ari
            | Self::SquaredError
            | Self::EnergyError
            | Self::GradientError
            | Self::Separation
            | Self::Loss => "",
        }
    }

    /// Whether larger is better; `None` where neither direction is.
    pub fn higher_is_better(self) -> Option<bool> {
        match self {
            Self::RetrievalRate
            | Self::Top1
            | Self::Psnr
            | Self::Overlap
            | Self::Accuracy
            | Self::Attributes
            | Self::Ari
            | Self::Capacity
            | Self::Separation => Some(true),
            Self::LatentDistance
            | Self::PixelMse
            | Self::BitError
            | Self::SquaredError
            | Self::EnergyError
            | Self::GradientError
            | Self::Clipped
            | Self::Loss => Some(false),
            Self::Entropy
            | Self::EnergyDrop
            | Self::Steps
            | Self::MixtureSize
            | Self::LogEvidence => None,
        }
    }

    /// Digits after the point in tables.
    pub fn digits(self) -> usize {
        match self {
            Self::RetrievalRate
            | Self::Top1
            | Self::BitError
            | Self::Accuracy
            | Self::Attributes
            | Self::Clipped
            | Self::LogEvidence
            | Self::Steps => 1,
            Self::Psnr | Self::EnergyDrop | Self::MixtureSize => 2,
            Self::LatentDistance
            | Self::Overlap
            | Self::Entropy
            | Self::Separation
            | Self::SquaredError
            | Self::Loss
            | Self::Ari => 3,
            Self::PixelMse | Self::EnergyError | Self::GradientError => 5,
            Self::Capacity => 0,
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Metric {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|metric| metric.name() == name)
            .ok_or_else(|| Error::UnknownName {
                what: "metric",
                name: name.into(),
                known: Self::ALL.map(Self::name).join(", "),
            })
    }
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
        Self {
            seconds: 0.0,
            ..self.clone()
        } == Self {
            seconds: 0.0,
            ..other.clone()
        }
    }
}
