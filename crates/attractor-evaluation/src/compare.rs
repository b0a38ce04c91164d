//! One configuration on several backends: the same numbers, and how long each took.

use std::collections::BTreeMap;

use crate::table::align;
use crate::{Cell, Error, Metric, Record, Result, RunFolder};

/// The largest difference of one metric between the first run and another.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricDifference {
    /// Index of the other run.
    pub run: usize,
    /// The metric.
    pub metric: Metric,
    /// Values compared.
    pub values: usize,
    /// Largest `|a - b| / max(1, |a|)`: absolute for small values, relative for large ones.
    pub largest: f64,
    /// Where it lies.
    pub cell: Cell,
    /// The first run's value there.
    pub first: f64,
    /// The other run's value there.
    pub other: f64,
}

/// A comparison of several runs with the first one.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Backend of each run.
    pub backends: Vec<String>,
    /// Wall time of each run over the cells that all runs hold, in seconds.
    pub seconds: Vec<f64>,
    /// Cells that all runs hold.
    pub common: usize,
    /// For each run, cells of the configuration that it lacks.
    pub missing: Vec<usize>,
    /// Differences by run and metric.
    pub differences: Vec<MetricDifference>,
    /// Values that only one of two compared runs holds.
    pub unmatched: usize,
    /// The tolerance of the verdicts.
    pub tolerance: f64,
}

type Values = BTreeMap<(Cell, Metric), Record>;

/// Compares runs of one configuration with the first of them.
///
/// # Errors
/// [`Error::TooFewRuns`] for fewer than two; [`Error::Unrelated`] if configurations differ; those
/// of reading.
pub fn compare(folders: &[RunFolder], tolerance: f64) -> Result<Comparison> {
    let [first, others @ ..] = folders else {
        return Err(Error::TooFewRuns {
            expected: 2,
            found: 0,
        });
    };
    if others.is_empty() {
        return Err(Error::TooFewRuns {
            expected: 2,
            found: 1,
        });
    }
    if let Some(other) = others
        .iter()
        .find(|other| other.config_hash() != first.config_hash())
    {
        return Err(Error::Unrelated {
            first: first.dir().to_owned(),
            second: other.dir().to_owned(),
            action: "compared",
            reason: "their configurations differ".into(),
        });
    }

    let runs = folders.iter().map(values).collect::<Result<Vec<_>>>()?;
    let ledgers = folders
        .iter()
        .map(|folder| {
            let entries = folder.ledger()?.into_iter();
            Ok(entries
                .map(|entry| (entry.cell, entry.seconds))
                .collect::<BTreeMap<_, _>>())
        })
        .collect::<Result<Vec<_>>>()?;
    let common: Vec<&Cell> = ledgers[0]
        .keys()
        .filter(|cell| ledgers.iter().all(|ledger| ledger.contains_key(cell)))
        .collect();
    let mut comparison = Comparison {
        backends: folders.iter().map(backend).collect(),
        seconds: ledgers
            .iter()
            .map(|ledger| {
                common
                    .iter()
                    .filter_map(|cell| ledger.get(cell))
                    .sum::<f64>()
                    + 0.0
            })
            .collect(),
        common: common.len(),
        missing: folders
            .iter()
            .map(|folder| folder.missing().map(|cells| cells.len()))
            .collect::<Result<_>>()?,
        differences: Vec::new(),
        unmatched: 0,
        tolerance,
    };
    for (index, other) in runs.iter().enumerate().skip(1) {
        comparison.add(index, &runs[0], other, |cell| common.contains(&cell));
    }
    Ok(comparison)
}

fn values(folder: &RunFolder) -> Result<Values> {
    let records = folder.records()?.into_iter();
    Ok(records
        .map(|record| ((record.cell(), record.metric), record))
        .collect())
}

fn backend(folder: &RunFolder) -> String {
    let mut names: Vec<&str> = folder
        .info()
        .iter()
        .map(|info| info.backend.as_str())
        .collect();
    names.dedup();
    names.join("+")
}

impl Comparison {
    fn add(&mut self, run: usize, first: &Values, other: &Values, common: impl Fn(&Cell) -> bool) {
        let mut by_metric: BTreeMap<Metric, MetricDifference> = BTreeMap::new();
        for ((cell, metric), record) in first.iter().filter(|((cell, _), _)| common(cell)) {
            let Some(twin) = other.get(&(cell.clone(), *metric)) else {
                self.unmatched += 1;
                continue;
            };
            let size = (record.value - twin.value).abs() / record.value.abs().max(1.0);
            let found = by_metric
                .entry(*metric)
                .or_insert_with(|| MetricDifference {
                    run,
                    metric: *metric,
                    values: 0,
                    largest: -1.0,
                    cell: cell.clone(),
                    first: record.value,
                    other: twin.value,
                });
            found.values += 1;
            if size > found.largest {
                found.largest = size;
                found.cell = cell.clone();
                (found.first, found.other) = (record.value, twin.value);
            }
        }
        self.unmatched += other
            .keys()
            .filter(|key| common(&key.0) && !first.contains_key(*key))
            .count();
        self.differences.extend(by_metric.into_values());
    }

    /// Whether there was something to compare, every value has its twin, and all agree.
    pub fn agrees(&self) -> bool {
        self.common > 0
            && self.unmatched == 0
            && self
                .differences
                .iter()
                .all(|found| found.largest <= self.tolerance)
    }

    /// The comparison as text.
    pub fn text(&self) -> String {
        let mut out = format!("{} cells that all runs hold\n\n", self.common);
        let mut rows = vec![
            ["backend", "", "seconds", "speed", "missing cells"]
                .map(str::to_owned)
                .to_vec(),
        ];
        for (index, name) in self.backends.iter().enumerate() {
            let speed = self.seconds[0] / self.seconds[index];
            rows.push(vec![
                name.clone(),
                String::new(),
                format!("{:.2}", self.seconds[index]),
                if speed.is_finite() {
                    format!("{speed:.2}x")
                } else {
                    "-".into()
                },
                self.missing[index].to_string(),
            ]);
        }
        out.push_str(&align(&rows));
        out.push('\n');
        let mut rows = vec![
            [
                "metric", "against", "values", "largest", "first", "other", "verdict", "at",
            ]
            .map(str::to_owned)
            .to_vec(),
        ];
        for found in &self.differences {
            let agrees = found.largest <= self.tolerance;
            rows.push(vec![
                found.metric.to_string(),
                self.backends[found.run].clone(),
                found.values.to_string(),
                format!("{:.1e}", found.largest),
                format!("{:.6}", found.first),
                format!("{:.6}", found.other),
                if agrees { "agrees" } else { "DIFFERS" }.to_owned(),
                found.cell.to_string(),
            ]);
        }
        out.push_str(&align(&rows));
        if self.unmatched > 0 {
            out.push_str(&format!("\n{} values have no twin\n", self.unmatched));
        }
        out.push_str(&format!(
            "\n{}: tolerance {:.0e}, absolute below 1 and relative above\n",
            if self.agrees() {
                "The runs agree"
            } else {
                "THE RUNS DIFFER"
            },
            self.tolerance
        ));
        out
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use tempfile::TempDir;

    use super::*;
    use crate::experiment::Preset;
    use crate::fixture::{info, measure, resolved};
    use crate::run::RunWriter;

    fn run(dir: &Path, backend: &str, cells: usize, shift: f64, seconds: f64) -> RunFolder {
        let config = resolved(Preset::Cpu);
        let mut run = RunWriter::create(dir, &config, &info(backend), None).unwrap();
        for cell in &config.cells()[..cells] {
            let mut measured = measure(cell);
            measured[1].value += shift;
            run.append(cell, &measured, seconds).unwrap();
        }
        run.folder().clone()
    }

    #[test]
    fn differences_and_times_side_by_side() {
        let dirs: [TempDir; 3] = std::array::from_fn(|_| TempDir::new().unwrap());
        let runs = [
            run(dirs[0].path(), "flex", 4, 0.0, 1.0),
            run(dirs[1].path(), "ndarray", 3, 1e-5, 4.0),
            run(dirs[2].path(), "wgpu", 3, 0.5, 0.5),
        ];
        let near = compare(&runs[..2], 1e-3).unwrap();
        assert!(near.agrees());
        assert_eq!((near.common, near.seconds.clone()), (3, vec![3.0, 12.0]));
        let all = compare(&runs, 1e-3).unwrap();
        assert!(!all.agrees());
        insta::assert_snapshot!(all.text());
    }

    #[test]
    fn unrelated_or_single_runs_are_refused() {
        let dirs: [TempDir; 2] = std::array::from_fn(|_| TempDir::new().unwrap());
        let first = run(dirs[0].path(), "flex", 1, 0.0, 1.0);
        assert!(matches!(
            compare(&[], 1e-3),
            Err(Error::TooFewRuns { found: 0, .. })
        ));
        let one = std::slice::from_ref(&first);
        assert!(matches!(
            compare(one, 1e-3),
            Err(Error::TooFewRuns { found: 1, .. })
        ));
        let other = RunWriter::create(
            dirs[1].path(),
            &resolved(Preset::Smoke),
            &info("flex"),
            None,
        );
        let other = other.unwrap().folder().clone();
        assert!(matches!(
            compare(&[first, other], 1e-3),
            Err(Error::Unrelated { .. })
        ));
    }

    #[test]
    fn nothing_in_common_is_no_agreement() {
        let dirs: [TempDir; 2] = std::array::from_fn(|_| TempDir::new().unwrap());
        let runs = [
            run(dirs[0].path(), "flex", 0, 0.0, 1.0),
            run(dirs[1].path(), "ndarray", 2, 0.0, 1.0),
        ];
        assert!(!compare(&runs, 1e-3).unwrap().agrees());
    }
}
