//! Numbers by commit: runs of the same experiment side by side, so that what became worse is seen.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::tables::{self, Column, Table};
use super::{Page, render};
use crate::experiment::{Place, ResolvedPart, ResolvedSeries};
use crate::run::files;
use crate::summary::Summary;
use crate::{Error, Metric, Result, RunFolder};

/// Runs of one experiment at one preset on the same data.
#[derive(Serialize)]
pub(super) struct Past {
    title: String,
    /// Preset and data.
    facts: String,
    runs: usize,
    parts: Vec<PastPart>,
    /// Numbers that are worse in the last run than in the one before.
    worse: usize,
}

#[derive(Serialize)]
struct PastPart {
    title: String,
    tables: Vec<Table>,
}

struct Run {
    summary: Summary,
    label: String,
}

/// Writes `history.html` into `dir` about runs, given from the oldest to the latest: for each experiment,
/// preset and data set a table of every metric that is drawn, series down, runs across. A number is the
/// mean over those places that all these runs measured.
///
/// # Errors
/// Those of reading the run folders, [`Error::Io`], [`Error::Render`].
pub fn write_history(dir: impl AsRef<Path>, runs: &[RunFolder]) -> Result<PathBuf> {
    let dir = dir.as_ref();
    std::fs::create_dir_all(dir).map_err(Error::io(dir, "could not create"))?;
    let key = |run: &RunFolder| {
        let config = run.config();
        (config.experiment.clone(), config.preset, config.dataset())
    };
    let mut keys: Vec<_> = Vec::new();
    for run in runs {
        if !keys.contains(&key(run)) {
            keys.push(key(run));
        }
    }
    let mut past = Vec::new();
    for (index, group) in keys.iter().enumerate() {
        let own: Vec<&RunFolder> = runs.iter().filter(|run| key(run) == *group).collect();
        past.push(of(index, &own)?);
    }
    let page = Page {
        history: Some(past),
        ..Page::new("Numbers by commit".into(), None, Vec::new())
    };
    let path = dir.join("history.html");
    files::write_atomic(&path, render(page)?.as_bytes())?;
    Ok(path)
}

fn of(index: usize, folders: &[&RunFolder]) -> Result<Past> {
    let mut runs = Vec::new();
    for folder in folders {
        runs.push(Run {
            summary: Summary::new(&folder.records()?),
            label: label(folder, folders),
        });
    }
    let latest = folders[folders.len() - 1].config();
    let mut parts = Vec::new();
    for (number, part) in latest.parts.iter().enumerate() {
        let mut tables = Vec::new();
        for &metric in &part.charts {
            let id = format!("past-{index}-{number}-{}", tables.len());
            tables.extend(table(part, metric, &runs, id));
        }
        if !tables.is_empty() {
            parts.push(PastPart {
                title: part.title.clone(),
                tables,
            });
        }
    }
    let tables = parts.iter().flat_map(|part| &part.tables);
    Ok(Past {
        title: latest.title.clone(),
        facts: format!(
            "preset {} · {} · {} run{}",
            latest.preset,
            latest.dataset(),
            runs.len(),
            if runs.len() == 1 { "" } else { "s" }
        ),
        runs: runs.len(),
        worse: tables.map(Table::last_worse).sum(),
        parts,
    })
}

/// Commits and backend of a run; besides, where they differ among the runs, its settings.
fn label(folder: &RunFolder, all: &[&RunFolder]) -> String {
    let info = folder.info().iter();
    let mut words: Vec<String> = Vec::new();
    for word in info.map(|info| format!("{} {}", info.commit, info.backend)) {
        if !words.contains(&word) {
            words.push(word);
        }
    }
    let hash = folder.config_hash();
    if all.iter().any(|other| other.config_hash() != hash) {
        words.push(format!("settings {}", hash.get(..6).unwrap_or(hash)));
    }
    words.join(", ")
}

fn table(part: &ResolvedPart, metric: Metric, runs: &[Run], id: String) -> Option<Table> {
    let slices = part.slices();
    let places: Vec<&Place> = slices.iter().flat_map(|slice| &slice.places).collect();
    let columns: Vec<String> = runs.iter().map(|run| run.label.clone()).collect();
    let values = |series: &ResolvedSeries| -> Vec<Option<Column>> {
        let of = |run: &Run, place: &Place| {
            let found = run.summary.at(series, place, metric)?;
            Some((found.spread.mean, found.cues))
        };
        let has = |run: &&Run| places.iter().any(|place| of(run, place).is_some());
        let measured: Vec<&Run> = runs.iter().filter(has).collect();
        let shared = places
            .iter()
            .filter(|place| measured.iter().all(|run| of(run, place).is_some()));
        let shared: Vec<&&Place> = shared.collect();
        let mean = |run: &Run| {
            let found: Vec<(f64, usize)> =
                shared.iter().filter_map(|place| of(run, place)).collect();
            let sum = found.iter().fold(0.0, |sum, (value, _)| sum + value);
            (!found.is_empty() && found.len() == shared.len()).then(|| Column {
                value: sum / found.len() as f64,
                cues: found.iter().map(|(_, cues)| *cues).min().unwrap_or(0),
            })
        };
        runs.iter().map(mean).collect()
    };
    tables::over_runs(part, metric, columns, &values, id)
}

/// Whether a number is worse or better than the one before it: by more than a point of a percentage, or
/// five in a hundred of another.
pub(super) fn change(metric: Metric, before: f64, now: f64) -> Option<&'static str> {
    let room = match metric.unit() {
        "%" => 1.0,
        _ => 0.05 * before.abs(),
    };
    let higher = metric.higher_is_better()?;
    let difference = now - before;
    (difference.abs() > room).then_some(match higher == (difference > 0.0) {
        true => "better",
        false => "worse",
    })
}
