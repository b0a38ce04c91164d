//! Run folders.
//!
//! ```text
//! run.toml           resolved configuration, its hash, and on what it ran
//! reference.json     the published figures that it is held against
//! cite.bib           what to cite for its systems
//! results.jsonl      one record a line
//! cells.jsonl        the ledger: one finished cell a line
//! training.jsonl     one epoch a line
//! checkpoints/       for the program
//! figures/           panels and energy curves
//! report.html        written from all of the above
//! run.lock           held while a process writes
//! ```
//!
//! A finished cell is written to `results.jsonl` in one piece and synced; only then is it entered
//! in the ledger with the length that `results.jsonl` has reached, and that is synced too. Bytes
//! beyond the last length in the ledger belong to a cell that was cut off: readers ignore them,
//! and resuming cuts them away. So a kill at any moment costs at most the running cell.

pub(crate) mod files;
#[cfg(test)]
mod foreign_tests;
mod merge;
mod shard;
mod side;
#[cfg(test)]
mod tests;
mod writer;

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub use merge::{MergeSummary, merge};
pub use shard::Shard;
pub(crate) use side::figure_stem;
pub use side::{Panel, Trace, TraceTerm, TrainingPoint};
pub use writer::RunWriter;

use crate::{Cell, Error, Hardware, Record, Reference, Resolved, Result};

pub(crate) const RESULTS: &str = "results.jsonl";
pub(crate) const LEDGER: &str = "cells.jsonl";
pub(crate) const TRAINING: &str = "training.jsonl";
const MANIFEST: &str = "run.toml";
const REFERENCE: &str = "reference.json";
const CITATIONS: &str = "cite.bib";
const LOCK: &str = "run.lock";
const FIGURES: &str = "figures";
const CHECKPOINTS: &str = "checkpoints";

/// Format of run folders that this version reads and writes.
pub const FORMAT: u32 = 2;

/// A file that went into a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataHash {
    /// What it is, such as `cifar-10-binary.tar.gz` or `weights`.
    pub name: String,
    /// SHA-256, hexadecimal.
    pub sha256: String,
}

/// On what a run was computed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunInfo {
    /// Commit of the source, or "unknown".
    pub commit: String,
    /// Version of the program.
    pub version: String,
    /// Backend name.
    pub backend: String,
    /// The machine.
    pub hardware: Hardware,
    /// Hashes of the data set and of imported weights.
    #[serde(default)]
    pub data: Vec<DataHash>,
}

/// The content of `run.toml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Format of the folder: [`FORMAT`].
    pub format: u32,
    /// Hash of the configuration ([`Resolved::config_hash`]).
    pub config_hash: String,
    /// The configuration.
    pub config: Resolved,
    /// Where it ran: one entry for each machine or commit that took part.
    pub info: Vec<RunInfo>,
}

/// One line of the ledger.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LedgerEntry {
    /// The finished cell.
    pub cell: Cell,
    /// How many records it has.
    pub records: usize,
    /// Length of `results.jsonl` after it, in bytes.
    pub bytes: u64,
    /// Wall time of the cell.
    pub seconds: f64,
}

/// A run folder, for reading. A run that is being written can be read at any moment.
#[derive(Debug, Clone)]
pub struct RunFolder {
    dir: PathBuf,
    manifest: Manifest,
}

impl RunFolder {
    /// Opens a run for reading.
    ///
    /// # Errors
    /// [`Error::NotARun`] without a `run.toml`, [`Error::Format`] if another version wrote it,
    /// [`Error::Toml`] if it does not parse.
    pub fn open(dir: impl AsRef<Path>) -> Result<Self> {
        let dir = dir.as_ref().to_owned();
        let path = dir.join(MANIFEST);
        if !path.is_file() {
            return Err(Error::NotARun { dir });
        }
        let text = fs::read_to_string(&path).map_err(Error::io(&path, "could not read"))?;
        let corrupt = |error: toml::de::Error| Error::Toml {
            path: path.clone(),
            message: error.to_string(),
        };
        // Folders of the first format did not say so.
        let table: toml::Table = toml::from_str(&text).map_err(corrupt)?;
        let found = table.get("format").and_then(toml::Value::as_integer);
        let found = found.unwrap_or(1);
        if found != i64::from(FORMAT) {
            return Err(Error::Format {
                dir,
                found,
                expected: FORMAT,
            });
        }
        let manifest = toml::from_str(&text).map_err(corrupt)?;
        Ok(Self { dir, manifest })
    }

    /// Refuses a folder that a new run cannot begin in, before anything is computed for it.
    ///
    /// # Errors
    /// [`Error::RunExists`].
    pub fn check_free(dir: impl AsRef<Path>) -> Result<()> {
        let dir = dir.as_ref();
        if dir.join(MANIFEST).exists() || dir.join(RESULTS).exists() {
            return Err(Error::RunExists {
                dir: dir.to_owned(),
            });
        }
        Ok(())
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The configuration.
    pub fn config(&self) -> &Resolved {
        &self.manifest.config
    }

    /// Hash of the configuration.
    pub fn config_hash(&self) -> &str {
        &self.manifest.config_hash
    }

    /// Where the run was computed.
    pub fn info(&self) -> &[RunInfo] {
        &self.manifest.info
    }

    /// Folder for the program's checkpoints.
    pub fn checkpoints(&self) -> PathBuf {
        self.dir.join(CHECKPOINTS)
    }

    /// Folder of figures.
    pub fn figures(&self) -> PathBuf {
        self.dir.join(FIGURES)
    }

    /// The published figures that the run is held against.
    ///
    /// # Errors
    /// As [`Reference::load`].
    pub fn reference(&self) -> Result<Option<Reference>> {
        let path = self.dir.join(REFERENCE);
        if path.is_file() {
            Reference::load(path).map(Some)
        } else {
            Ok(None)
        }
    }

    /// BibTeX of what to cite for the run, if it was noted.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn citations(&self) -> Result<Option<String>> {
        let path = self.dir.join(CITATIONS);
        match path.is_file() {
            true => fs::read_to_string(&path)
                .map(Some)
                .map_err(Error::io(&path, "could not read")),
            false => Ok(None),
        }
    }

    /// The finished cells, in the order in which they finished.
    ///
    /// # Errors
    /// [`Error::Json`] or [`Error::Corrupt`] for a ledger that is damaged before its last line.
    pub fn ledger(&self) -> Result<Vec<LedgerEntry>> {
        Ok(files::Ledger::read(&self.dir)?.entries)
    }

    /// Every record of every finished cell.
    ///
    /// # Errors
    /// [`Error::Json`] for a line that does not parse, [`Error::Corrupt`] if the file is shorter
    /// than the ledger says.
    pub fn records(&self) -> Result<Vec<Record>> {
        let length = files::Ledger::read(&self.dir)?.results_bytes;
        files::read_lines(&self.dir.join(RESULTS), Some(length))
    }

    /// The cells of the configuration that are not finished.
    ///
    /// # Errors
    /// As [`RunFolder::ledger`].
    pub fn missing(&self) -> Result<Vec<Cell>> {
        let done: HashSet<Cell> = self.ledger()?.into_iter().map(|entry| entry.cell).collect();
        Ok(self
            .config()
            .cells()
            .into_iter()
            .filter(|cell| !done.contains(cell))
            .collect())
    }
}

/// The first key at which two values differ, with both values.
fn first_difference(
    at: &str,
    a: &serde_json::Value,
    b: &serde_json::Value,
) -> Option<(String, String, String)> {
    use serde_json::Value;
    let join = |key: &str| {
        if at.is_empty() {
            key.to_owned()
        } else {
            format!("{at}.{key}")
        }
    };
    match (a, b) {
        (Value::Object(left), Value::Object(right)) => {
            let mut keys: Vec<&String> = left.keys().chain(right.keys()).collect();
            keys.sort();
            keys.dedup();
            keys.into_iter().find_map(|key| {
                let absent = Value::Null;
                let left = left.get(key).unwrap_or(&absent);
                first_difference(&join(key), left, right.get(key).unwrap_or(&absent))
            })
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => left
            .iter()
            .zip(right)
            .enumerate()
            .find_map(|(index, (a, b))| first_difference(&format!("{at}[{index}]"), a, b)),
        _ if a == b => None,
        _ => Some((at.to_owned(), shorten(a), shorten(b))),
    }
}

fn shorten(value: &serde_json::Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}
