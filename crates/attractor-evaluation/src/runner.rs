//! The loop over cells. It prints nothing: an [`Observer`] does.

use std::fmt::Display;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use crate::{Cell, Measurement, Record, Result, RunWriter};

/// Hears what the loop does. Every method does nothing by default.
pub trait Observer {
    /// The loop begins: `total` cells, `finished` of them already done.
    fn begin(&mut self, total: usize, finished: usize) {
        let _ = (total, finished);
    }

    /// A cell begins; `index` counts from 0 among all cells of the loop.
    fn started(&mut self, index: usize, cell: &Cell) {
        let _ = (index, cell);
    }

    /// A cell is on disk.
    fn finished(&mut self, index: usize, cell: &Cell, records: &[Record], seconds: f64) {
        let _ = (index, cell, records, seconds);
    }

    /// A cell failed; the loop goes on with the next one.
    fn failed(&mut self, index: usize, cell: &Cell, message: &str) {
        let _ = (index, cell, message);
    }

    /// The stop flag was seen; `left` cells remain.
    fn stopped(&mut self, left: usize) {
        let _ = left;
    }
}

/// Hears nothing.
impl Observer for () {}

/// How a loop ended.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RunSummary {
    /// Cells computed now.
    pub computed: usize,
    /// Cells that were finished before.
    pub skipped: usize,
    /// Cells that failed, with the message. They are tried again on resume.
    pub failed: Vec<(Cell, String)>,
    /// Cells not tried because of the stop flag.
    pub left: usize,
}

impl RunSummary {
    /// Whether every cell is on disk.
    pub fn is_complete(&self) -> bool {
        self.failed.is_empty() && self.left == 0
    }
}

/// Computes the cells that `run` does not hold yet, appending each as it finishes.
///
/// A cell whose `execute` fails, or measures NaN or infinity, is reported and left for a later
/// resume; the loop goes on. When `stop` is set the loop ends after the running cell, and a failure
/// of that cell counts as stopped, so that `execute` may leave early.
///
/// # Errors
/// Those of writing to the run folder; they end the loop.
pub fn run_cells<E: Display>(
    cells: &[Cell],
    run: &mut RunWriter,
    observer: &mut dyn Observer,
    stop: &AtomicBool,
    mut execute: impl FnMut(&Cell, &mut RunWriter) -> Result<Vec<Measurement>, E>,
) -> Result<RunSummary> {
    let mut summary = RunSummary {
        skipped: cells.iter().filter(|cell| run.is_finished(cell)).count(),
        ..RunSummary::default()
    };
    observer.begin(cells.len(), summary.skipped);
    for (index, cell) in cells.iter().enumerate() {
        if run.is_finished(cell) {
            continue;
        }
        if stop.load(Ordering::Relaxed) {
            summary.left += 1;
            continue;
        }
        observer.started(index, cell);
        let clock = Instant::now();
        let outcome = execute(cell, run).map_err(|error| error.to_string());
        let seconds = clock.elapsed().as_secs_f64();
        let appended = match outcome {
            Ok(measurements) => run.append(cell, &measurements, seconds),
            Err(_) if stop.load(Ordering::Relaxed) => {
                summary.left += 1;
                continue;
            }
            Err(message) => {
                observer.failed(index, cell, &message);
                summary.failed.push((cell.clone(), message));
                continue;
            }
        };
        match appended {
            Ok(records) => {
                observer.finished(index, cell, &records, seconds);
                summary.computed += 1;
            }
            Err(error @ crate::Error::NonFinite { .. }) => {
                let message = error.to_string();
                observer.failed(index, cell, &message);
                summary.failed.push((cell.clone(), message));
            }
            Err(error) => return Err(error),
        }
    }
    if summary.left > 0 {
        observer.stopped(summary.left);
    }
    Ok(summary)
}
