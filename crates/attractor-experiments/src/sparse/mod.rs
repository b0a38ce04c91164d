//! Recall by sparse recovery: where it works, what it learns from, and images as signals.
//!
//! | measure | level | what it is |
//! | --- | --- | --- |
//! | `transition` | wrong entries | words of a random subspace, or of sparse constraints, with so many errors |
//! | `map` | none | the same over constraints and errors, drawn with the theoretical curve |
//! | `learning` | samples | recall by constraints learned from so many samples, with noise |
//! | `dictionary` | weights per constraint, as a share | sparse constraints found from an arbitrary basis of theirs |
//! | `decoding` | wrong entries | decoding on left-regular graphs |
//! | `end_to_end` | share of weights | samples to constraints to sparse constraints to decoding |
//! | `erasures` | erased entries | completion, with `errors` among the known entries |
//! | `patches` | share of wrong entries | patches of images, by this and any memory of the catalogue |
//!
//! A word counts as recalled if no entry of its error is missed by more than 1e-3 of the largest. `silent_errors`
//! are wrong answers whose status claims that they are right.
//!
//! # References
//! - A. Mazumdar, A. S. Rawat, NeurIPS 2015; AAAI 2017, arXiv 1611.09621.
//! - D. Donoho, J. Tanner, Journal of the AMS 22(1), 2009: the curve.

mod dictionary;
mod graphs;
mod learning;
mod map;
mod patches;
#[cfg(test)]
mod tests;
mod transition;

use attractor::datasets::Split;
use attractor::evaluation::{Measurement, Metric};

use crate::{Protocol, Result, Session, Task};

const MEASURES: &[&str] = &[
    "transition",
    "map",
    "learning",
    "dictionary",
    "decoding",
    "end_to_end",
    "erasures",
    "patches",
];

/// The protocol. See the [module](self).
#[derive(Debug, Clone, Copy, Default)]
pub struct SparseRecoveryStudy;

/// One cell, checked.
trait Cell {
    fn needs(&self) -> Vec<(Split, usize)> {
        Vec::new()
    }

    fn measure(&self, task: Task<'_>, session: &mut dyn Session) -> Result<Vec<Measurement>>;
}

fn cell(task: Task<'_>) -> Result<Box<dyn Cell>> {
    Ok(match task.part.measure.as_str() {
        "transition" => Box::new(transition::Transition::new(task)?),
        "map" => Box::new(map::Map::new(task)?),
        "learning" => Box::new(learning::Learning::new(task)?),
        "erasures" => Box::new(learning::Erasures::new(task)?),
        "dictionary" => Box::new(dictionary::Rows::new(task)?),
        "end_to_end" => Box::new(dictionary::EndToEnd::new(task)?),
        "decoding" => Box::new(graphs::Decoding::new(task)?),
        "patches" => Box::new(patches::Patches::new(task)?),
        _ => return Err(task.unknown(MEASURES)),
    })
}

impl Protocol for SparseRecoveryStudy {
    fn check(&self, task: Task<'_>) -> Result<()> {
        cell(task).map(drop)
    }

    fn needs(&self, task: Task<'_>) -> Result<Vec<(Split, usize)>> {
        Ok(cell(task)?.needs())
    }

    fn measure(&mut self, task: Task<'_>, session: &mut dyn Session) -> Result<Vec<Measurement>> {
        cell(task)?.measure(task, session)
    }
}

/// Sums of what is measured of words.
#[derive(Debug, Default)]
struct Tally {
    words: usize,
    right: usize,
    silent: usize,
    steps: usize,
}

impl Tally {
    /// A word that was recalled or not, by an answer that claims so or not.
    fn add(&mut self, right: bool, claims: bool, steps: usize) {
        self.words += 1;
        self.right += usize::from(right);
        self.silent += usize::from(claims && !right);
        self.steps += steps;
    }

    fn measurements(&self) -> Vec<Measurement> {
        let n = self.words.max(1);
        let of = |metric, sum: f64| Measurement {
            metric,
            value: sum / n as f64,
            n,
        };
        vec![
            of(Metric::RetrievalRate, 100.0 * self.right as f64),
            of(Metric::SilentErrors, 100.0 * self.silent as f64),
            of(Metric::Steps, self.steps as f64),
        ]
    }
}

/// Error of an estimate, relative to the largest entry of what it is to be.
fn missed(found: &[f64], truth: &[f64]) -> f64 {
    let largest = truth.iter().fold(0.0f64, |most, x| x.abs().max(most));
    let apart = found.iter().zip(truth);
    apart.fold(0.0f64, |most, (a, b)| (a - b).abs().max(most)) / largest.max(f64::MIN_POSITIVE)
}

/// Up to which a word counts as recalled.
const RECALLED: f64 = 1e-3;
