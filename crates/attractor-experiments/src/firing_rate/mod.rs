//! Firing-rate networks with designed synapses, beside Hopfield networks on the same bits.
//!
//! | measure | level | what it is |
//! | --- | --- | --- |
//! | `recall` | what `axis` says | recall of damaged patterns |
//! | `novelty` | share of active units that a cue keeps | telling cues of stored patterns from those of others |
//! | `phase` | cells along each axis | stability over slope and threshold of the activation function |
//! | `trajectory` | share of active units that the cue keeps | one cue on its way: rates, overlaps, energy |
//!
//! Patterns are bits of activity q: independent ones (`bernoulli`), with equal counts (`fixed_count`), the
//! ideal set of the theory, correlated ones, or images whose brightest pixels are the active units. Cues
//! are stored patterns in which active units are silenced (`keep`), or of which a share of all units is
//! turned over (`flips`). A cue counts as recalled below 1 % of wrong bits.
//!
//! # References
//! - S. Betteti, G. Baggio, F. Bullo, S. Zampieri, "Firing rate models as associative memory: Synaptic
//!   design for robust retrieval", Neural Computation 37(10), 2025 (arXiv 2411.07388).
//! - M. Tsodyks, M. Feigelman, "The enhanced storage capacity in neural networks with low activity level",
//!   Europhysics Letters 6(2), 1988: the covariance rule of bits.

mod covariance;
mod design;
mod novelty;
mod patterns;
mod phase;
mod recall;
#[cfg(test)]
mod tests;
mod trajectory;

use attractor::datasets::Split;
use attractor::evaluation::Measurement;

use crate::{Protocol, Result, Session, Task, Work};

const MEASURES: &[&str] = &["recall", "novelty", "phase", "trajectory"];

/// The protocol. See the [module](self).
#[derive(Debug, Clone, Copy, Default)]
pub struct FiringRates;

/// One cell, checked.
trait Cell {
    /// Images of the part's data set.
    fn needs(&self) -> Vec<(Split, usize)> {
        Vec::new()
    }

    fn work(&self) -> Option<Work> {
        None
    }

    fn measure(&self, task: Task<'_>, session: &mut dyn Session) -> Result<Vec<Measurement>>;
}

fn cell(task: Task<'_>) -> Result<Box<dyn Cell>> {
    Ok(match task.part.measure.as_str() {
        "recall" => Box::new(recall::Retrieval::new(task)?),
        "novelty" => Box::new(novelty::Novelty::new(task)?),
        "phase" => Box::new(phase::Phase::new(task)?),
        "trajectory" => Box::new(trajectory::Path::new(task)?),
        _ => return Err(task.unknown(MEASURES)),
    })
}

impl Protocol for FiringRates {
    fn check(&self, task: Task<'_>) -> Result<()> {
        cell(task).map(drop)
    }

    fn needs(&self, task: Task<'_>) -> Result<Vec<(Split, usize)>> {
        Ok(cell(task)?.needs())
    }

    fn work(&self, task: Task<'_>) -> Option<Work> {
        cell(task).ok().and_then(|cell| cell.work())
    }

    fn measure(&mut self, task: Task<'_>, session: &mut dyn Session) -> Result<Vec<Measurement>> {
        cell(task)?.measure(task, session)
    }
}
