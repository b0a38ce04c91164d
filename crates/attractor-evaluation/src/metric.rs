//! What can be measured.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Error, Result};

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

/// The enumeration and what is known of each value, from one table.
macro_rules! metrics {
    ($($(#[$doc:meta])* $metric:ident: $name:literal, $label:literal, $unit:literal, $better:expr, $digits:literal;)*) => {
        /// A measured quantity.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Metric {
            $($(#[$doc])* $metric,)*
        }

        impl Metric {
            /// Every metric.
            pub const ALL: &'static [Self] = &[$(Self::$metric),*];

            fn row(self) -> &'static Row {
                const ROWS: &[Row] = &[$(Row {
                    name: $name,
                    label: $label,
                    unit: $unit,
                    higher_is_better: $better,
                    digits: $digits,
                }),*];
                &ROWS[self as usize]
            }
        }
    };
}

// Name in files, name for a person, unit, whether larger is better, digits after the point.
metrics! {
    /// Share of cues recalled within the threshold, in percent.
    RetrievalRate: "retrieval_rate", "Retrieval rate", "%", UP, 1;
    /// Share of cues whose nearest stored pattern is the right one, in percent.
    Top1: "top1", "Top-1", "%", UP, 1;
    /// Euclidean distance between the recalled and the stored state.
    LatentDistance: "latent_distance", "State distance", "", DOWN, 3;
    /// Mean squared error per pixel between the recalled and the stored image.
    PixelMse: "pixel_mse", "Pixel MSE", "", DOWN, 5;
    /// Peak signal-to-noise ratio of the recalled image, in dB.
    Psnr: "psnr", "PSNR", "dB", UP, 2;
    /// Share of wrong signs, in percent.
    BitError: "bit_error", "Bit error", "%", DOWN, 1;
    /// Normalised scalar product of recalled and stored pattern.
    Overlap: "overlap", "Overlap", "", UP, 3;
    /// Share of right answers, in percent.
    Accuracy: "accuracy", "Accuracy", "%", UP, 1;
    /// Share of trainings that left the finite numbers, in percent. Such a training has no accuracy.
    Diverged: "diverged", "Trainings that diverged", "%", DOWN, 0;
    /// Patterns that can be stored.
    Capacity: "capacity", "Capacity", "patterns", UP, 0;
    /// Bits of stored patterns for each number of a memory.
    BitsPerNumber: "bits_per_number", "Bits for each number", "bit", UP, 3;
    /// Entropy of the answer, in nats.
    Entropy: "entropy", "Entropy", "nat", None, 3;
    /// Energy before minus energy after recall.
    EnergyDrop: "energy_drop", "Energy drop", "", None, 2;
    /// Iterations per cue.
    Steps: "steps", "Steps", "iterations", None, 1;
    /// Share of the attributes of the stored image's objects that a reader of images finds in the
    /// recalled one, in percent.
    Attributes: "attributes", "Attributes", "%", UP, 1;
    /// Adjusted Rand index of a model's segments against the objects, over the objects' pixels.
    Ari: "ari", "ARI", "", UP, 3;
    /// Squared error summed over the entries of a pattern.
    SquaredError: "squared_error", "Squared error", "", DOWN, 3;
    /// Absolute error of an estimated energy.
    EnergyError: "energy_error", "Error of the energy", "", DOWN, 5;
    /// Absolute error of an estimated gradient, mean over its entries.
    GradientError: "gradient_error", "Error of the gradient", "", DOWN, 5;
    /// Share of states about which an estimate says nothing, in percent.
    Clipped: "clipped", "Clipped", "%", DOWN, 1;
    /// Smallest margin by which a stored pattern is nearer to itself than to any other.
    Separation: "separation", "Separation", "", UP, 3;
    /// Number of stored patterns that an answer is mixed from.
    MixtureSize: "mixture_size", "Patterns in the answer", "patterns", None, 2;
    /// Logarithm of the density of a pattern under what is stored.
    LogEvidence: "log_evidence", "Log evidence", "nat", None, 1;
    /// What learning minimises.
    Loss: "loss", "Loss", "", DOWN, 3;
    /// Share of bits that differ from those that another memory recalls, in percent.
    Disagreement: "disagreement", "Bits unlike the exact memory's", "%", None, 1;
    /// Share of answers nearer to the mean of all patterns than to any pattern, in percent.
    AtCentroid: "at_centroid", "Ended at the mean", "%", DOWN, 1;
    /// Root mean square difference from what another memory recalls, over the entries to recall.
    Deviation: "deviation", "Difference from the exact memory", "", DOWN, 4;
    /// Length of the error of an estimated gradient.
    GradientDistance: "gradient_distance", "Distance of the gradients", "", DOWN, 4;
    /// Root mean square of the relative error of an estimated sum.
    RelativeError: "relative_error", "Relative error of the sum", "", DOWN, 4;
    /// Share of cues that stand clear of the noise of an estimate, in percent.
    Clear: "clear", "Cues clear of the noise", "%", UP, 1;
    /// Share of answers, in percent.
    Share: "share", "Share of answers", "%", None, 1;
    /// Share of right answers among all answers, in percent.
    Precision: "precision", "Precision", "%", UP, 1;
    /// Share of what should be answered that is answered rightly, in percent.
    Recall: "recall", "Recall", "%", UP, 1;
    /// Share of cues that are answered at all, in percent.
    Answered: "answered", "Cues answered", "%", None, 1;
    /// Mean entropy of the columns or blocks of a table of counters, in bits.
    MemoryEntropy: "memory_entropy", "Entropy of the memory", "bit", None, 3;
    /// Share of a table's counters that are not 0, in percent.
    Fullness: "fullness", "Fullness", "%", None, 1;
    /// Mean squared distance, in levels, of what leads back from an answer to its cue.
    BackDistance: "back_distance", "Distance back to the cue", "levels^2", DOWN, 3;
    /// Inverse temperature.
    Beta: "beta", "Inverse temperature", "", None, 2;
    /// Wrong answers that claim to be right, in percent.
    SilentErrors: "silent_errors", "Wrong without saying so", "%", DOWN, 1;
    /// Answers that what is given leaves open, in percent.
    Underdetermined: "underdetermined", "Left open", "%", None, 1;
    /// Sine of the largest principal angle between a learned subspace and the true one.
    SubspaceAngle: "subspace_angle", "Sine of the angle to the true subspace", "", DOWN, 4;
    /// Power with which something grows.
    Exponent: "exponent", "Exponent", "", None, 3;
    /// Mean overlap of an answer with the stored patterns that were not cued.
    OtherOverlap: "other_overlap", "Overlap with the others", "", DOWN, 3;
    /// Largest error of the input currents at a stored memory.
    CurrentError: "current_error", "Error of currents", "", DOWN, 4;
    /// Largest spectral abscissa of the dynamics at the stored memories, in units of 1 / tau.
    Abscissa: "abscissa", "Spectral abscissa", "1/tau", DOWN, 3;
    /// Share of cues of nothing stored that are rejected, in percent.
    Rejected: "rejected", "Novel cues rejected", "%", UP, 1;
    /// Share of cues of stored patterns that are rejected, in percent.
    FalseRejection: "false_rejection", "Stored cues rejected", "%", DOWN, 1;
    /// Share of cues of nothing stored whose familiarity reaches what 99 % of the stored ones' reaches, in percent.
    FalseAcceptance: "false_acceptance", "False acceptance at 1 % false rejection", "%", DOWN, 1;
    /// Probability that a cue of a stored pattern is more familiar than one of nothing stored, in percent: the
    /// area under the curve of right against false acceptance.
    RocArea: "roc_area", "Area under the ROC", "%", UP, 2;
    /// Mean firing rate.
    MeanRate: "mean_rate", "Mean rate", "", None, 4;
    /// Largest rise of an energy that should only fall.
    EnergyRise: "energy_rise", "Largest rise of the energy", "", DOWN, 5;
    /// Cells of a map whose memories are stable.
    StableCells: "stable_cells", "Stable", "cells", None, 0;
    /// Cells of a map whose stability is certified.
    CertifiedStable: "certified_stable", "Certified stable", "cells", None, 0;
    /// Cells of a map whose instability is certified.
    CertifiedUnstable: "certified_unstable", "Certified unstable", "cells", None, 0;
    /// Cells of a map about which no certificate speaks.
    Undecided: "undecided", "Undecided", "cells", DOWN, 0;
    /// Cells of a map whose certificate is wrong.
    Contradictions: "contradictions", "Contradictions", "cells", DOWN, 0;
    /// Share of the stored patterns that pass every certificate of stability, in percent.
    Certified: "certified", "Certified patterns", "%", UP, 1;
    /// Spikes per cue.
    Spikes: "spikes", "Spikes", "spikes", None, 0;
    /// Share of units that end unlike those of a Hopfield network with the same weights and cue, in percent.
    Unlike: "unlike", "Units unlike the Hopfield network's", "%", None, 2;
    /// Patterns that can be stored for each unit.
    Load: "load", "Capacity per unit", "", UP, 3;
    /// Half the width of a 95 % interval.
    Interval: "interval", "Half of the 95 % interval", "", DOWN, 3;
    /// What is held for each number that is stored.
    Density: "density", "Held for each parameter", "", UP, 3;
    /// Share of facts that an edit changed as it should, in percent.
    Edited: "edited", "Edited", "%", UP, 1;
    /// Share of other facts that an edit left as they were, in percent.
    Kept: "kept", "Other facts kept", "%", UP, 1;
    /// The same of facts with the same subject.
    KeptSubject: "kept_subject", "Kept, same subject", "%", UP, 1;
    /// The same of facts with the same relation.
    KeptRelation: "kept_relation", "Kept, same relation", "%", UP, 1;
    /// Wall time for each pattern written, on whatever else the machine does.
    WriteTime: "write_time", "Time to write a pattern", "ms", DOWN, 3;
    /// Wall time for each cue read.
    ReadTime: "read_time", "Time to read a cue", "ms", DOWN, 3;
    /// Bytes that a saved memory takes for each pattern.
    BytesPerPattern: "bytes_per_pattern", "Bytes for each pattern", "B", DOWN, 0;
}

impl Metric {
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

    /// Whether it differs from run to run, as wall times do.
    pub fn is_time(self) -> bool {
        matches!(self, Self::WriteTime | Self::ReadTime)
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
        let all = Self::ALL.iter().copied();
        all.clone()
            .find(|metric| metric.name() == name)
            .ok_or_else(|| Error::UnknownName {
                what: "metric",
                name: name.into(),
                known: all.map(Self::name).collect::<Vec<_>>().join(", "),
            })
    }
}

impl Serialize for Metric {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Metric {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = std::borrow::Cow::<str>::deserialize(deserializer)?;
        name.parse().map_err(serde::de::Error::custom)
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
        for &metric in Metric::ALL {
            let file = serde_json::to_string(&metric).unwrap();
            assert_eq!(file, format!("\"{}\"", metric.name()));
            assert_eq!(metric.name().parse::<Metric>().unwrap(), metric);
        }
        let message = "speed".parse::<Metric>().unwrap_err().to_string();
        assert!(message.contains("unknown metric `speed`"), "{message}");
    }
}
