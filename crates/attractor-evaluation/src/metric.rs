//! What can be measured.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

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
    /// Share of bits that differ from those that another memory recalls, in percent.
    Disagreement,
    /// Share of answers nearer to the mean of all patterns than to any pattern, in percent.
    AtCentroid,
    /// Root mean square difference from what another memory recalls, over the entries to recall.
    Deviation,
    /// Length of the error of an estimated gradient.
    GradientDistance,
    /// Root mean square of the relative error of an estimated sum.
    RelativeError,
    /// Share of cues that stand clear of the noise of an estimate, in percent.
    Clear,
    /// Share of answers, in percent.
    Share,
    /// Inverse temperature.
    Beta,
    /// Power with which something grows.
    Exponent,
}

/// What is known of a metric.
struct Row {
    name: &'static str,
    label: &'static str,
    unit: &'static str,
    higher_is_better: Option<bool>,
    digits: usize,
}

const UP: Option<bool> = Some(true);
const DOWN: Option<bool> = Some(false);

impl Metric {
    /// Every metric.
    pub const ALL: [Self; 31] = [
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
        Self::Disagreement,
        Self::AtCentroid,
        Self::Deviation,
        Self::GradientDistance,
        Self::RelativeError,
        Self::Clear,
        Self::Share,
        Self::Beta,
        Self::Exponent,
    ];

    #[rustfmt::skip]
    fn row(self) -> Row {
        let row = |name, label, unit, higher_is_better, digits| Row {
            name, label, unit, higher_is_better, digits,
        };
        match self {
            Self::RetrievalRate => row("retrieval_rate", "Retrieval rate", "%", UP, 1),
            Self::Top1 => row("top1", "Top-1", "%", UP, 1),
            Self::LatentDistance => row("latent_distance", "State distance", "", DOWN, 3),
            Self::PixelMse => row("pixel_mse", "Pixel MSE", "", DOWN, 5),
            Self::Psnr => row("psnr", "PSNR", "dB", UP, 2),
            Self::BitError => row("bit_error", "Bit error", "%", DOWN, 1),
            Self::Overlap => row("overlap", "Overlap", "", UP, 3),
            Self::Accuracy => row("accuracy", "Accuracy", "%", UP, 1),
            Self::Capacity => row("capacity", "Capacity", "patterns", UP, 0),
            Self::Entropy => row("entropy", "Entropy", "nat", None, 3),
            Self::EnergyDrop => row("energy_drop", "Energy drop", "", None, 2),
            Self::Steps => row("steps", "Steps", "iterations", None, 1),
            Self::Attributes => row("attributes", "Attributes", "%", UP, 1),
            Self::Ari => row("ari", "ARI", "", UP, 3),
            Self::SquaredError => row("squared_error", "Squared error", "", DOWN, 3),
            Self::EnergyError => row("energy_error", "Error of the energy", "", DOWN, 5),
            Self::GradientError => row("gradient_error", "Error of the gradient", "", DOWN, 5),
            Self::Clipped => row("clipped", "Clipped", "%", DOWN, 1),
            Self::Separation => row("separation", "Separation", "", UP, 3),
            Self::MixtureSize => row("mixture_size", "Patterns in the answer", "patterns", None, 2),
            Self::LogEvidence => row("log_evidence", "Log evidence", "nat", None, 1),
            Self::Loss => row("loss", "Loss", "", DOWN, 3),
            Self::Disagreement => row("disagreement", "Bits unlike the exact memory's", "%", None, 1),
            Self::AtCentroid => row("at_centroid", "Ended at the mean", "%", DOWN, 1),
            Self::Deviation => row("deviation", "Difference from the exact memory", "", DOWN, 4),
            Self::GradientDistance => row("gradient_distance", "Distance of the gradients", "", DOWN, 4),
            Self::RelativeError => row("relative_error", "Relative error of the sum", "", DOWN, 4),
            Self::Clear => row("clear", "Cues clear of the noise", "%", UP, 1),
            Self::Share => row("share", "Share of answers", "%", None, 1),
            Self::Beta => row("beta", "Inverse temperature", "", None, 2),
            Self::Exponent => row("exponent", "Exponent", "", None, 3),
        }
    }

    /// The name in files.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The name for a person.
    pub fn label(self) -> &'static str {
        self.row().label
    }

    /// The unit, empty for a plain number.
    pub fn unit(self) -> &'static str {
        self.row().unit
    }

    /// Whether larger is better; `None` where neither direction is.
    pub fn higher_is_better(self) -> Option<bool> {
        self.row().higher_is_better
    }

    /// Digits after the point in tables.
    pub fn digits(self) -> usize {
        self.row().digits
    }

    /// A value as tables show it. Errors that these digits would leave little of are written in powers
    /// of ten.
    pub fn text(self, value: f64) -> String {
        let digits = self.digits();
        let least = 10f64.powi(1 - digits as i32);
        if digits > 2 && value != 0.0 && value.abs() < least {
            return format!("{value:.1e}");
        }
        format!("{value:.digits$}")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_errors_keep_their_digits() {
        let text = |value| Metric::SquaredError.text(value);
        let digits = Metric::SquaredError.digits();
        assert!(digits > 2);
        assert_eq!(text(1.5), format!("{:.digits$}", 1.5));
        assert_eq!(text(4.06e-15), "4.1e-15");
        assert_eq!(text(-2e-7), "-2.0e-7");
        assert_eq!(text(0.0), format!("{:.digits$}", 0.0));
        assert_eq!(Metric::Top1.text(0.01), "0.0");
    }

    #[test]
    fn names_are_those_of_files_and_lead_back() {
        for metric in Metric::ALL {
            let file = serde_json::to_string(&metric).unwrap();
            assert_eq!(file, format!("\"{}\"", metric.name()));
            assert_eq!(metric.name().parse::<Metric>().unwrap(), metric);
        }
        let message = "speed".parse::<Metric>().unwrap_err().to_string();
        assert!(message.contains("unknown metric `speed`"), "{message}");
    }
}
