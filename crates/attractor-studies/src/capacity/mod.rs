//! How many random patterns a memory can hold: recall against load.
//!
//! Patterns of `dim` independent signs are stored, the level being the load `n / dim`. Cues are stored
//! patterns with a share `flips` of their signs turned over. Measured are the overlap of what is
//! recalled with the pattern, wrong signs, and the share of cues recalled without one.
//!
//! # References
//! - D. Amit, H. Gutfreund, H. Sompolinsky, Phys. Rev. Lett. 55, 1985: Hebb's rule keeps recalling
//!   up to a load of 0.138, with 1.6 % of wrong bits there.

mod recall;
#[cfg(test)]
mod tests;

use attractor::evaluation::Measurement;

use crate::{Protocol, Result, Session, Task, Work};

const MEASURES: &[&str] = &["recall"];

/// The protocol. See the [module](self).
#[derive(Debug, Clone, Copy, Default)]
pub struct Capacity;

impl Protocol for Capacity {
    fn check(&self, task: Task<'_>) -> Result<()> {
        match task.part.measure.as_str() {
            "recall" => recall::Recall::new(task).map(drop),
            _ => Err(task.unknown(MEASURES)),
        }
    }

    fn work(&self, task: Task<'_>) -> Option<Work> {
        recall::Recall::new(task).ok().map(|recall| recall.work())
    }

    fn measure(&mut self, task: Task<'_>, session: &mut dyn Session) -> Result<Vec<Measurement>> {
        match task.part.measure.as_str() {
            "recall" => recall::Recall::new(task)?.measure(session),
            _ => Err(task.unknown(MEASURES)),
        }
    }
}
