//! What an experiment file says.

use attractor::entropic::{Method, Side};
use serde::Deserialize;

use crate::{Result, Task};

use super::MEASURES;

/// What the level of a `register` cell is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Axis {
    /// Share of the filling corpus in percent.
    #[default]
    Fill,
    /// Rows of the register, m.
    Rows,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Options {
    /// Data set of the right side.
    pub(super) right: Option<String>,
    /// What stands in for it where it is absent.
    pub(super) right_fallback: Option<String>,
    /// Its classes, in the order of those of the left side; all of them by default.
    pub(super) right_classes: Option<Vec<String>>,
    /// Images that each network learns from.
    pub(super) train: usize,
    /// Passes over them.
    pub(super) epochs: usize,
    /// Features of each side.
    #[serde(default = "columns")]
    pub(super) columns: usize,
    #[serde(default = "rows")]
    pub(super) rows: usize,
    /// Unseen images of each side.
    pub(super) test: usize,
    #[serde(default)]
    pub(super) axis: Axis,
    #[serde(default)]
    pub(super) iota: f64,
    #[serde(default)]
    pub(super) kappa: f64,
    #[serde(default)]
    pub(super) xi: usize,
    #[serde(default = "sigma")]
    pub(super) sigma: f64,
    pub(super) method: Option<Method>,
    pub(super) from: Option<Side>,
}

fn columns() -> usize {
    64
}

fn rows() -> usize {
    16
}

fn sigma() -> f64 {
    0.1
}

/// One cell, checked.
pub(super) struct Settings {
    pub(super) options: Options,
    /// Filling corpus.
    pub(super) pairs: usize,
    /// Of which so many are stored.
    pub(super) stored: usize,
    pub(super) rows: usize,
    pub(super) seed: u64,
}

impl Settings {
    pub(super) fn new(task: Task<'_>) -> Result<Self> {
        let measure = task.part.measure.as_str();
        if !MEASURES.contains(&measure) {
            return Err(task.unknown(MEASURES));
        }
        let options: Options = task.options()?;
        let (pairs, level) = (task.n_stored()?, task.level()?);
        let counts = [options.train, options.epochs, options.test];
        if counts.contains(&0) || options.columns == 0 {
            let expected = "`train`, `epochs`, `columns` and `test` of at least 1";
            return Err(task.refuse(format!("expected {expected}")));
        }
        let two = measure != "register";
        if two != options.right.is_some() {
            let expected =
                "a data set `right` for `recognition` and `recall`, and none for `register`";
            return Err(task.refuse(format!("expected {expected}")));
        }
        let asked = measure == "recall";
        if asked != (options.method.is_some() && options.from.is_some())
            || !asked && (options.method.is_some() || options.from.is_some())
        {
            let expected = "`method` and `from` for `recall`, and for nothing else";
            return Err(task.refuse(format!("expected {expected}")));
        }
        let (stored, rows) = match options.axis {
            Axis::Fill if level > 0.0 && level <= 100.0 => {
                let stored = (pairs as f64 * level / 100.0).round() as usize;
                (stored.max(1), options.rows)
            }
            Axis::Rows if !two => match task.counted(level, 1).filter(|&rows| rows < 65_536) {
                Some(rows) => (pairs, rows),
                None => return Err(task.misplaced("levels", "whole numbers of rows", level)),
            },
            Axis::Fill => return Err(task.misplaced("levels", "above 0, at most 100", level)),
            Axis::Rows => {
                return Err(task.refuse("expected `axis = \"rows\"` for `register` alone"));
            }
        };
        Ok(Self {
            pairs,
            stored,
            rows,
            seed: task.cell.seed,
            options,
        })
    }
}
