//! Published figures and what a measurement says about them.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Cell, Error, Level, Measurement, Metric, RecordReference, Representation, Result};

/// Fewer cues than this say too little to judge: at 200 cues one standard error of a rate near
/// 50 % is 3.5 points already.
pub const MIN_CUES: usize = 200;

fn min_cues() -> usize {
    MIN_CUES
}

/// The outcome of holding a measurement against a published figure.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    /// Within the tolerance.
    Match,
    /// Outside the tolerance, on the better side.
    Better,
    /// Outside the tolerance, on the worse side.
    Worse,
    /// Outside the tolerance, of a metric where neither side is better.
    Different,
    /// The two were not measured under the same conditions; the reason is given.
    NotComparable(String),
}

const NOT_COMPARABLE: &str = "not comparable: ";

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Match => f.write_str("match"),
            Self::Better => f.write_str("better"),
            Self::Worse => f.write_str("worse"),
            Self::Different => f.write_str("different"),
            Self::NotComparable(reason) => write!(f, "{NOT_COMPARABLE}{reason}"),
        }
    }
}

impl FromStr for Verdict {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "match" => Ok(Self::Match),
            "better" => Ok(Self::Better),
            "worse" => Ok(Self::Worse),
            "different" => Ok(Self::Different),
            _ => text
                .strip_prefix(NOT_COMPARABLE)
                .map(|reason| Self::NotComparable(reason.to_owned()))
                .ok_or_else(|| Error::UnknownName {
                    what: "verdict",
                    name: text.into(),
                    known: format!("match, better, worse, different, {NOT_COMPARABLE}<reason>"),
                }),
        }
    }
}

impl Serialize for Verdict {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Verdict {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

impl Verdict {
    /// One word for badges and tables.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Match => "match",
            Self::Better => "better",
            Self::Worse => "worse",
            Self::Different => "different",
            Self::NotComparable(_) => "n/c",
        }
    }

    /// Judges `ours` against `theirs`.
    pub fn judge(metric: Metric, ours: f64, theirs: f64, tolerance: f64) -> Self {
        let difference = ours - theirs;
        // A hair of slack: 97.0 against 100.0 is "within 3 points" whatever the last bit says.
        if difference.abs() <= tolerance * (1.0 + 1e-12) + 1e-12 {
            return Self::Match;
        }
        match metric.higher_is_better() {
            Some(higher) if higher == (difference > 0.0) => Self::Better,
            Some(_) => Self::Worse,
            None => Self::Different,
        }
    }
}

/// A reference training loss.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EpochLoss {
    /// 1-based epoch.
    pub epoch: usize,
    /// Training loss divided by images.
    pub loss_per_image: f64,
}

/// Published figures of one row under one condition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReferenceRow {
    /// Display name of the system.
    pub system: String,
    /// What is stored.
    pub representation: Representation,
    /// Corruption.
    pub task: String,
    /// Its strength.
    pub level: Level,
    /// Patterns stored, where the table has several numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n_stored: Option<usize>,
    /// Cues measured.
    pub cues: usize,
    /// Where this row comes from, in short, if not from where the table does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Differences that count as a match, in place of the table's.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tolerance: BTreeMap<Metric, f64>,
    /// Value of each metric.
    #[serde(flatten)]
    pub metrics: BTreeMap<Metric, f64>,
}

/// A table of published figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// Short name of the source, for table heads and records.
    pub short: String,
    /// Where the figures come from.
    pub source: String,
    /// The data they were measured on.
    pub data: String,
    /// The protocol.
    pub protocol: String,
    /// Remarks.
    pub note: String,
    /// Patterns stored per block, where the table has one number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n_stored: Option<usize>,
    /// Fewest cues of a measurement that is judged.
    #[serde(default = "min_cues")]
    pub min_cues: usize,
    /// Difference that counts as a match, by metric and in its unit.
    pub tolerance: BTreeMap<Metric, f64>,
    /// Name of the trained model that `vae_training` is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trained: Option<String>,
    /// Training loss by epoch.
    #[serde(default)]
    pub vae_training: Vec<EpochLoss>,
    /// The figures.
    pub results: Vec<ReferenceRow>,
}

/// One published figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReferenceValue<'a> {
    /// The value, in the metric's unit.
    pub value: f64,
    /// Where it comes from, in short.
    pub source: &'a str,
    /// Difference that counts as a match; `None` if the metric is not judged.
    pub tolerance: Option<f64>,
    /// Cues measured.
    pub cues: usize,
}

impl Reference {
    /// Reads a table from JSON.
    ///
    /// # Errors
    /// [`Error::Io`], or [`Error::Json`] for bad syntax, unknown keys and unknown metrics.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path).map_err(Error::io(path, "could not read"))?;
        serde_json::from_str(&text).map_err(|error| Error::Json {
            path: path.to_owned(),
            line: error.line(),
            message: error.to_string(),
        })
    }

    /// The table `file`, relative to the experiment file `path`; none without a `file`.
    ///
    /// # Errors
    /// As [`Reference::load`].
    pub fn beside(path: &Path, file: Option<&Path>) -> Result<Option<Self>> {
        file.map(|file| Self::load(path.parent().unwrap_or(Path::new("")).join(file)))
            .transpose()
    }

    /// The figure of one metric on a cell, if the table has it.
    pub fn lookup(&self, cell: &Cell, metric: Metric) -> Option<ReferenceValue<'_>> {
        let row = self.results.iter().find(|row| {
            row.system == cell.system
                && row.representation == cell.representation
                && row.task == cell.task
                && row.level == cell.level
                && row.n_stored.is_none_or(|stored| stored == cell.n_stored)
        })?;
        Some(ReferenceValue {
            value: *row.metrics.get(&metric)?,
            source: row.source.as_ref().unwrap_or(&self.short),
            tolerance: row
                .tolerance
                .get(&metric)
                .or_else(|| self.tolerance.get(&metric))
                .copied(),
            cues: row.cues,
        })
    }

    /// The published figure beside a measurement with its verdict; `not_comparable` gives the
    /// reason why the run as a whole is not.
    pub fn judge(
        &self,
        cell: &Cell,
        measurement: Measurement,
        not_comparable: Option<&str>,
    ) -> Option<RecordReference> {
        let metric = measurement.metric;
        let found = self.lookup(cell, metric)?;
        let verdict = if let Some(reason) = not_comparable {
            Verdict::NotComparable(reason.to_owned())
        } else if let Some(published) = self.n_stored.filter(|stored| *stored != cell.n_stored) {
            Verdict::NotComparable(format!("{} stored instead of {published}", cell.n_stored))
        } else if measurement.n < self.min_cues {
            Verdict::NotComparable(format!("only {} cues", measurement.n))
        } else if let Some(tolerance) = found.tolerance {
            Verdict::judge(metric, measurement.value, found.value, tolerance)
        } else {
            Verdict::NotComparable("no tolerance is set for this metric".into())
        };
        Some(RecordReference {
            value: found.value,
            source: found.source.to_owned(),
            tolerance: found.tolerance,
            verdict,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tolerance_is_inclusive_and_the_direction_follows_the_metric() {
        let judge = |metric, ours| Verdict::judge(metric, ours, 50.0, 3.0);
        assert_eq!(judge(Metric::RetrievalRate, 47.0), Verdict::Match);
        assert_eq!(judge(Metric::RetrievalRate, 53.0), Verdict::Match);
        assert_eq!(judge(Metric::RetrievalRate, 46.9), Verdict::Worse);
        assert_eq!(judge(Metric::RetrievalRate, 53.1), Verdict::Better);
        assert_eq!(judge(Metric::LatentDistance, 46.9), Verdict::Better);
        assert_eq!(judge(Metric::LatentDistance, 53.1), Verdict::Worse);
        assert_eq!(judge(Metric::Steps, 53.1), Verdict::Different);
    }

    #[test]
    fn a_row_may_have_a_tolerance_and_a_source_of_its_own() {
        let table: Reference = serde_json::from_str(
            r#"{
                "short": "paper", "source": "s", "data": "d", "protocol": "p", "note": "n",
                "min_cues": 1, "tolerance": { "accuracy": 1.0, "steps": 2.0 },
                "results": [
                    { "system": "a", "representation": "vector", "task": "t", "level": 3.0,
                      "cues": 10, "accuracy": 50.0, "steps": 7.0,
                      "source": "theory", "tolerance": { "accuracy": 5.0 } }
                ]
            }"#,
        )
        .unwrap();
        let cell = Cell {
            experiment: "e".into(),
            system: "a".into(),
            representation: Representation::Vector,
            dataset: "d".into(),
            task: "t".into(),
            level: Level::new(3.0),
            n_stored: 4,
            seed: 0,
        };
        let judged = |metric, value| {
            let measured = Measurement {
                metric,
                value,
                n: 1,
            };
            table.judge(&cell, measured, None).unwrap()
        };
        let own = judged(Metric::Accuracy, 46.0);
        assert_eq!(
            (own.verdict, own.source.as_str()),
            (Verdict::Match, "theory")
        );
        assert_eq!(own.tolerance, Some(5.0));
        assert_eq!(judged(Metric::Accuracy, 44.0).verdict, Verdict::Worse);
        assert_eq!(judged(Metric::Steps, 9.5).verdict, Verdict::Different);
    }

    #[test]
    fn verdicts_survive_json() {
        for verdict in [
            Verdict::Match,
            Verdict::Better,
            Verdict::Worse,
            Verdict::Different,
            Verdict::NotComparable("only 20 cues".into()),
        ] {
            let text = serde_json::to_string(&verdict).unwrap();
            assert_eq!(serde_json::from_str::<Verdict>(&text).unwrap(), verdict);
        }
        let error = serde_json::from_str::<Verdict>("\"superb\"")
            .unwrap_err()
            .to_string();
        assert!(error.contains("unknown verdict `superb`"), "{error}");
    }
}
