//! The hypercube of spiking neurons beside Hopfield networks of the same weights.
//!
//! | measure | level | what it is |
//! | --- | --- | --- |
//! | `recall` | what `axis` says: load, flips, known share, inhibition | recall of random patterns or of binarised images, by spikes or by an asynchronous Hopfield network of the catalogue |
//! | `capacity` | units K | the number of patterns up to which nine cues in ten are recalled |
//! | `exponent` | share of flips | the power with which that number grows with K |
//! | `trajectory` | share of flips | spikes, overlaps and latent paths of cues that fall into memories, drawn |
//!
//! A cue is recalled if its overlap with the pattern is at least 0.95. Patterns are drawn by the seed of the cell alone, so
//! that all systems see the same ones.
//!
//! # References
//! W. Podlaski, C. Machens, NeurReps 2024 (arXiv 2411.17485), of which the memory is a reconstruction.

mod capacity;
mod options;
mod recall;
#[cfg(test)]
mod tests;
mod trajectory;

use attractor::core::burn::tensor::Device;
use attractor::datasets::Split;
use attractor::evaluation::Measurement;

use crate::{Protocol, Result, Session, Task};

const MEASURES: &[&str] = &["recall", "capacity", "exponent", "trajectory"];

/// The protocol. See the [module](self).
#[derive(Debug, Clone, Copy, Default)]
pub struct Spiking;

impl Protocol for Spiking {
    fn check(&self, task: Task<'_>) -> Result<()> {
        match task.part.measure.as_str() {
            "recall" => recall::Recall::new(task).map(drop),
            "capacity" => capacity::Capacity::new(task).map(drop),
            "exponent" => capacity::Exponent::new(task).map(drop),
            "trajectory" => trajectory::Trajectory::new(task).map(drop),
            _ => Err(task.unknown(MEASURES)),
        }
    }

    fn needs(&self, task: Task<'_>) -> Result<Vec<(Split, usize)>> {
        match task.part.measure.as_str() {
            "recall" => Ok(recall::Recall::new(task)?.needs()),
            _ => Ok(Vec::new()),
        }
    }

    fn build(&mut self, task: Task<'_>, device: &Device) -> Result<()> {
        match task.part.measure.as_str() {
            "recall" => recall::Recall::new(task)?.build(device),
            _ => Ok(()),
        }
    }

    fn measure(&mut self, task: Task<'_>, session: &mut dyn Session) -> Result<Vec<Measurement>> {
        match task.part.measure.as_str() {
            "recall" => recall::Recall::new(task)?.measure(task, session),
            "capacity" => capacity::Capacity::new(task)?.measure(session),
            "exponent" => capacity::Exponent::new(task)?.measure(session),
            "trajectory" => trajectory::Trajectory::new(task)?.measure(task, session),
            _ => Err(task.unknown(MEASURES)),
        }
    }
}
