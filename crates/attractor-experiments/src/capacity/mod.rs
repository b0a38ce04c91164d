//! How many random patterns a memory can hold.
//!
//! | measure | level | what it is |
//! | --- | --- | --- |
//! | `recall` | load `n / dim` | recall by one model of [`sweep::family()`], or by any memory of the catalogue, discrete or continuous |
//! | `numbers` | numbers stored, P | the most patterns of which half come back, and the bits of them for each number |
//! | `exponent` | power n of `z^n` | the power with which the capacity of polynomial networks grows with their size |
//!
//! Patterns are independent signs. Cues are stored patterns with a share `flips` of their signs turned
//! over. `recall` measures the share of cues that end with an overlap of `overlap` or more, the mean
//! overlap, wrong signs, and the share recalled without one. What is measured is
//! [`sweep`]'s, a count at a time.
//!
//! # References
//! - D. Amit, H. Gutfreund, H. Sompolinsky, Phys. Rev. Lett. 55, 1985: Hebb's rule keeps recalling
//!   up to a load of 0.138, with 1.6 % of wrong bits there.
//! - D. Krotov, J. Hopfield, NIPS 2016: `D^(n-1)` patterns for `z^n`.

mod exponent;
mod numbers;
mod recall;
pub mod sweep;
#[cfg(test)]
mod tests;

use std::ops::ControlFlow;

use attractor::catalogue;
use attractor::evaluation::Measurement;

use crate::{Protocol, Result, Session, Task, Work};

const MEASURES: &[&str] = &["recall", "numbers", "exponent"];

/// The protocol. See the [module](self).
#[derive(Debug, Clone, Copy, Default)]
pub struct Capacity;

impl Protocol for Capacity {
    fn check(&self, task: Task<'_>) -> Result<()> {
        match task.part.measure.as_str() {
            "recall" => recall::Recall::new(task).map(drop),
            "numbers" => numbers::Numbers::new(task).map(drop),
            "exponent" => exponent::Exponent::new(task).map(drop),
            _ => Err(task.unknown(MEASURES)),
        }
    }

    fn work(&self, task: Task<'_>) -> Option<Work> {
        match task.part.measure.as_str() {
            "recall" => recall::Recall::new(task).ok().map(|recall| recall.work()),
            _ => None,
        }
    }

    fn measure(&mut self, task: Task<'_>, session: &mut dyn Session) -> Result<Vec<Measurement>> {
        match task.part.measure.as_str() {
            "recall" => recall::Recall::new(task)?.measure(session),
            "numbers" => numbers::Numbers::new(task)?.measure(session),
            "exponent" => exponent::Exponent::new(task)?.measure(session),
            _ => Err(task.unknown(MEASURES)),
        }
    }
}

/// A model of the family, or a memory of the catalogue, by its name.
fn named(task: Task<'_>, name: &str, dim: usize) -> Result<sweep::Model> {
    let family = sweep::family(dim);
    let found = family.iter().find(|model| model.name == name);
    match (found, catalogue::find(name)) {
        (Some(model), _) => Ok(model.clone()),
        (None, Ok(recipe)) => Ok(sweep::Model::of(recipe)),
        (None, Err(error)) => {
            let known: Vec<&str> = family.iter().map(|model| model.name.as_str()).collect();
            let known = known.join(", ");
            Err(task.refuse(format!("`model` is none of {known}; {error}")))
        }
    }
}

/// Whether a sweep is to go on.
fn flow(session: &dyn Session) -> ControlFlow<()> {
    match session.stopped() {
        true => ControlFlow::Break(()),
        false => ControlFlow::Continue(()),
    }
}
