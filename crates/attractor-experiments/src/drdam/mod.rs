//! Dense associative memory with random features (DrDAM) beside the memory that keeps its patterns.
//!
//! | measure | level | what it is |
//! | --- | --- | --- |
//! | `error` | directions Y | errors of the estimated energy and gradient |
//! | `slope` | beta | the power with which those errors fall with Y |
//! | `recall` | directions Y | descent of both energies from the same cues |
//! | `spinodal` | beta less the beta of [`attractor::priors::spinodal`] | whether stored patterns stay where they are, in the exact memory |
//! | `kinds` | numbers kept | errors by kind of features, on 16 entries of real data |
//! | `images` | directions Y | images completed from their upper part |
//!
//! Patterns are rows of K distinct binary patterns in `{0, 1 / sqrt(D)}`, in random order, or images
//! divided by `sqrt(D)`, so that squared distances are at most 1. Cues are the patterns (`memory`),
//! those with a share of their bits turned over (`near`), or fresh patterns (`random`). Patterns and
//! directions both depend on the seed of a cell.
//!
//! # Reference
//! B. Hoover, D. Chau, H. Strobelt, P. Ram, D. Krotov, "Dense associative memory through the lens of
//! random features", NeurIPS 2024 (arXiv 2410.24153). The authors' program keeps the
//! lexicographically first patterns and cues of a larger draw; here all are kept that are drawn.

mod binary;
mod descent;
mod estimate;
mod images;
mod kinds;
mod memories;
mod recall;
#[cfg(test)]
mod tests;

use attractor::datasets::Split;
use attractor::evaluation::Measurement;

use crate::{Protocol, Result, Session, Task, Work};

const MEASURES: &[&str] = &["error", "slope", "recall", "spinodal", "kinds", "images"];

/// The protocol. See the [module](self).
#[derive(Debug, Clone, Copy, Default)]
pub struct Drdam;

/// One cell, checked.
trait Cell {
    /// Images of the part's data set.
    fn needs(&self) -> Vec<(Split, usize)> {
        Vec::new()
    }

    fn work(&self) -> Work;

    fn measure(&self, task: Task<'_>, session: &mut dyn Session) -> Result<Vec<Measurement>>;
}

fn cell(task: Task<'_>) -> Result<Box<dyn Cell>> {
    Ok(match task.part.measure.as_str() {
        "error" => Box::new(estimate::Estimate::new(task)?),
        "slope" => Box::new(estimate::Slope::new(task)?),
        "recall" => Box::new(recall::Retrieval::new(task)?),
        "spinodal" => Box::new(recall::Spinodal::new(task)?),
        "kinds" => Box::new(kinds::Kinds::new(task)?),
        "images" => Box::new(images::Images::new(task)?),
        _ => return Err(task.unknown(MEASURES)),
    })
}

impl Protocol for Drdam {
    fn check(&self, task: Task<'_>) -> Result<()> {
        cell(task).map(drop)
    }

    fn needs(&self, task: Task<'_>) -> Result<Vec<(Split, usize)>> {
        Ok(cell(task)?.needs())
    }

    fn work(&self, task: Task<'_>) -> Option<Work> {
        cell(task).ok().map(|cell| cell.work())
    }

    fn measure(&mut self, task: Task<'_>, session: &mut dyn Session) -> Result<Vec<Measurement>> {
        cell(task)?.measure(task, session)
    }
}
