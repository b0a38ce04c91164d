//! Joining run folders of one configuration.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use super::{LedgerEntry, RunFolder, RunInfo, RunWriter};
use crate::{Cell, Error, Record, Result};

/// What a merge did.
#[derive(Debug, Clone, PartialEq)]
pub struct MergeSummary {
    /// Cells in the joined run.
    pub cells: usize,
    /// Cells that more than one folder held, with equal results.
    pub duplicates: usize,
    /// Cells of the configuration that no folder held.
    pub missing: Vec<Cell>,
}

struct Found {
    folder: usize,
    entry: LedgerEntry,
    records: Vec<Record>,
}

/// Joins runs of one configuration into a new folder, in the configuration's order. A cell that
/// several folders hold must have the same results in all; only its wall time may differ.
/// Training curves, panels and energy curves come along, checkpoints do not.
///
/// # Errors
/// [`Error::TooFewRuns`] for none; [`Error::Unrelated`] if configuration or data differ;
/// [`Error::Conflict`] naming the cell; [`Error::RunExists`] if `out` holds a run.
pub fn merge<P: AsRef<Path>>(dirs: &[P], out: impl AsRef<Path>) -> Result<MergeSummary> {
    let folders = dirs
        .iter()
        .map(RunFolder::open)
        .collect::<Result<Vec<_>>>()?;
    let Some(first) = folders.first() else {
        return Err(Error::TooFewRuns {
            expected: 1,
            found: 0,
        });
    };
    for other in &folders[1..] {
        related(first, other)?;
    }

    let mut found: HashMap<Cell, Found> = HashMap::new();
    let mut duplicates = HashSet::new();
    for (index, folder) in folders.iter().enumerate() {
        let mut records = folder.records()?.into_iter();
        for entry in folder.ledger()? {
            let records: Vec<Record> = records.by_ref().take(entry.records).collect();
            if let Some(earlier) = found.get(&entry.cell) {
                agree(&folders, earlier, index, &entry.cell, &records)?;
                duplicates.insert(entry.cell);
            } else {
                found.insert(
                    entry.cell.clone(),
                    Found {
                        folder: index,
                        entry,
                        records,
                    },
                );
            }
        }
    }

    let infos = distinct_infos(&folders);
    let mut writer =
        RunWriter::create_joined(out, first.config(), infos, first.reference()?.as_ref())?;
    // One configuration: the same in all, where it was noted.
    if let Some(bibtex) = first.citations()? {
        writer.set_citations(&bibtex)?;
    }
    let mut summary = MergeSummary {
        cells: 0,
        duplicates: duplicates.len(),
        missing: Vec::new(),
    };
    for cell in first.config().cells() {
        match found.remove(&cell) {
            Some(found) => {
                writer.append_records(&cell, &found.records, found.entry.seconds)?;
                summary.cells += 1;
            }
            None => summary.missing.push(cell),
        }
    }
    // Cells outside the configuration cannot come from a run of it.
    if let Some(stranger) = found.into_values().next() {
        return Err(Error::Corrupt {
            path: folders[stranger.folder].dir().join(super::LEDGER),
            reason: format!(
                "cell {} is not in the run's configuration",
                stranger.entry.cell
            ),
        });
    }
    let mut trained = HashSet::new();
    for folder in &folders {
        writer.copy_figures(folder)?;
        for point in folder.training()? {
            // Shards on different machines train the same model; one curve is enough.
            if trained.insert((point.model.clone(), point.seed, point.epoch)) {
                writer.add_training(&point)?;
            }
        }
    }
    Ok(summary)
}

fn related(first: &RunFolder, other: &RunFolder) -> Result<()> {
    let refuse = |reason: String| {
        Err(Error::Unrelated {
            first: first.dir().to_owned(),
            second: other.dir().to_owned(),
            action: "merged",
            reason,
        })
    };
    if first.config_hash() != other.config_hash() {
        return refuse(format!(
            "their configurations differ ({} and {})",
            first.config_hash(),
            other.config_hash()
        ));
    }
    let data = |folder: &RunFolder| folder.info().first().map(|info| info.data.clone());
    if data(first) != data(other) {
        return refuse("they used different data".into());
    }
    Ok(())
}

fn agree(
    folders: &[RunFolder],
    earlier: &Found,
    index: usize,
    cell: &Cell,
    records: &[Record],
) -> Result<()> {
    let conflict = |difference: String| {
        Err(Error::Conflict {
            cell: cell.to_string(),
            first: folders[earlier.folder].dir().to_owned(),
            second: folders[index].dir().to_owned(),
            difference,
        })
    };
    if earlier.records.len() != records.len() {
        return conflict(format!(
            "{} and {} records",
            earlier.records.len(),
            records.len()
        ));
    }
    for (a, b) in earlier.records.iter().zip(records) {
        if a.metric != b.metric {
            return conflict(format!("{} and {}", a.metric, b.metric));
        }
        if a.value != b.value {
            return conflict(format!("{} {} and {}", a.metric, a.value, b.value));
        }
        if !a.same_result(b) {
            return conflict(format!(
                "{} from backends {} and {}",
                a.metric, a.backend, b.backend
            ));
        }
    }
    Ok(())
}

fn distinct_infos(folders: &[RunFolder]) -> Vec<RunInfo> {
    let mut infos: Vec<RunInfo> = Vec::new();
    for info in folders.iter().flat_map(RunFolder::info) {
        if !infos.contains(info) {
            infos.push(info.clone());
        }
    }
    infos
}
