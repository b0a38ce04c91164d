//! The configuration of a run, of whichever kind its experiment is.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::study::ResolvedStudy;
use crate::{Cell, Preset, Resolved};

/// What `run.toml` holds: everything that decides a run's numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum RunConfig {
    /// A table of systems that recall images ([`crate::experiment`]).
    Retrieval(Box<Resolved>),
    /// Figures of a protocol's own ([`crate::study`]).
    Study(ResolvedStudy),
}

impl From<Resolved> for RunConfig {
    fn from(resolved: Resolved) -> Self {
        Self::Retrieval(Box::new(resolved))
    }
}

impl From<ResolvedStudy> for RunConfig {
    fn from(resolved: ResolvedStudy) -> Self {
        Self::Study(resolved)
    }
}

impl RunConfig {
    /// Name of the experiment.
    pub fn experiment(&self) -> &str {
        match self {
            Self::Retrieval(config) => &config.experiment,
            Self::Study(config) => &config.experiment,
        }
    }

    /// Title of the report.
    pub fn title(&self) -> &str {
        match self {
            Self::Retrieval(config) => &config.title,
            Self::Study(config) => &config.title,
        }
    }

    /// What is measured and why.
    pub fn description(&self) -> &str {
        match self {
            Self::Retrieval(config) => &config.description,
            Self::Study(config) => &config.description,
        }
    }

    /// Citation.
    pub fn source(&self) -> &str {
        match self {
            Self::Retrieval(config) => &config.source,
            Self::Study(config) => &config.source,
        }
    }

    /// The preset it started from.
    pub fn preset(&self) -> Preset {
        match self {
            Self::Retrieval(config) => config.preset,
            Self::Study(config) => config.preset,
        }
    }

    /// The data sets in use, in words.
    pub fn dataset(&self) -> String {
        match self {
            Self::Retrieval(config) => config.dataset.clone(),
            Self::Study(config) => config.datasets().join(", "),
        }
    }

    /// Whether built-in data stand in for a data set that is not present.
    pub fn fallback(&self) -> bool {
        match self {
            Self::Retrieval(config) => config.fallback,
            Self::Study(config) => config.parts.iter().any(|part| part.fallback),
        }
    }

    /// Largest number of seeds of a cell's row.
    pub fn seeds(&self) -> usize {
        match self {
            Self::Retrieval(config) => config.seeds,
            Self::Study(config) => config
                .parts
                .iter()
                .map(|part| part.seeds)
                .max()
                .unwrap_or(0),
        }
    }

    /// Every cell, in a fixed order.
    pub fn cells(&self) -> Vec<Cell> {
        match self {
            Self::Retrieval(config) => config.cells(),
            Self::Study(config) => config.cells(),
        }
    }

    /// Why the figures of a cell cannot be held against published ones, if so.
    pub fn not_comparable(&self, cell: &Cell) -> Option<String> {
        let stranger = || Some("not a row of this run".to_owned());
        match self {
            Self::Retrieval(config) => match config.system(cell) {
                Some(system) => config.not_comparable(system),
                None => stranger(),
            },
            Self::Study(config) => match config.find(cell) {
                Some((_, series)) => series.not_comparable.clone(),
                None => stranger(),
            },
        }
    }

    /// Itself without prose and reasons.
    pub(crate) fn decisive(&self) -> Self {
        match self {
            Self::Retrieval(config) => Self::Retrieval(Box::new(config.decisive())),
            Self::Study(config) => Self::Study(config.decisive()),
        }
    }

    /// SHA-256 (hexadecimal) of everything that decides the numbers.
    pub fn config_hash(&self) -> String {
        let value = match self.decisive() {
            Self::Retrieval(config) => serde_json::to_value(config),
            Self::Study(config) => serde_json::to_value(config),
        };
        // Serialising plain data into a JSON value cannot fail; `Null` would merely hash the same
        // for every run and refuse none.
        let value = value.unwrap_or_default();
        let mut text = String::new();
        canonical(&value, &mut text);
        Sha256::digest(text.as_bytes())
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

/// JSON with sorted keys and no blanks, whatever map type the build's features select.
fn canonical(value: &serde_json::Value, out: &mut String) {
    match value {
        serde_json::Value::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort();
            out.push('{');
            for key in keys {
                out.push_str(&serde_json::Value::from(key.as_str()).to_string());
                out.push(':');
                canonical(&map[key], out);
                out.push(',');
            }
            out.push('}');
        }
        serde_json::Value::Array(items) => {
            out.push('[');
            for item in items {
                canonical(item, out);
                out.push(',');
            }
            out.push(']');
        }
        other => out.push_str(&other.to_string()),
    }
}
