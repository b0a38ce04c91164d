//! Kernelised Hopfield networks (U-Hop, U-Hop+) beside the identity map, at the same and at the best
//! inverse temperature.
//!
//! | measure | level | what it is |
//! | --- | --- | --- |
//! | `retrieval` | noise of cues, or steps of learning | squared error of recall, one row of [`attractor::priors::kernelised::compare`], or of a `similarity` without a map |
//! | `metastable` | number of patterns | share of states that mix as many |
//! | `separation` | number of points | smallest `1 - cosine` of learned spherical codes, beside the best known and the bounds |
//!
//! A learned map that lengthens features raises beta in disguise, so that every learned row has three
//! companions: the identity at the same beta (`identity`), at that beta times what the lengths make of
//! it (`identity_scaled`), and both maps at the beta that suits them best (`identity_tuned`,
//! `learned_tuned`).
//!
//! # References
//! - D. Wu, J. Hu, T.-Y. Hsiao, H. Liu, ICML 2024 (arXiv 2404.03827): U-Hop.
//! - J. Hu, D. Wu, H. Liu, NeurIPS 2024 (arXiv 2410.23126): U-Hop+.

mod data;
mod metastable;
mod retrieval;
mod separation;
mod similarity;
#[cfg(test)]
mod tests;

use attractor::datasets::Split;
use attractor::evaluation::Measurement;

use crate::{Protocol, Result, Session, Task};

const MEASURES: &[&str] = &["retrieval", "metastable", "separation"];

/// The protocol. See the [module](self).
#[derive(Debug, Clone, Default)]
pub struct Khm {
    known: retrieval::Known,
}

impl Protocol for Khm {
    fn check(&self, task: Task<'_>) -> Result<()> {
        match task.part.measure.as_str() {
            "retrieval" if similarity::is_fixed(task) => similarity::Fixed::new(task).map(drop),
            "retrieval" => retrieval::Retrieval::new(task).map(drop),
            "metastable" => metastable::States::new(task).map(drop),
            "separation" => separation::Codes::new(task).map(drop),
            _ => Err(task.unknown(MEASURES)),
        }
    }

    fn needs(&self, task: Task<'_>) -> Result<Vec<(Split, usize)>> {
        Ok(match task.part.measure.as_str() {
            "retrieval" if similarity::is_fixed(task) => similarity::Fixed::new(task)?.needs(),
            "retrieval" => retrieval::Retrieval::new(task)?.needs(),
            "metastable" => metastable::States::new(task)?.needs(),
            _ => Vec::new(),
        })
    }

    fn measure(&mut self, task: Task<'_>, session: &mut dyn Session) -> Result<Vec<Measurement>> {
        match task.part.measure.as_str() {
            "retrieval" if similarity::is_fixed(task) => {
                similarity::Fixed::new(task)?.measure(task, session)
            }
            "retrieval" => retrieval::Retrieval::new(task)?.measure(task, session, &mut self.known),
            "metastable" => metastable::States::new(task)?.measure(task, session),
            "separation" => separation::Codes::new(task)?.measure(),
            _ => Err(task.unknown(MEASURES)),
        }
    }
}
