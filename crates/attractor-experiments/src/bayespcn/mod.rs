//! How well images are recalled by BayesPCN, what it is compared with, and how it forgets.
//!
//! Images are the first of every class in turn, in `[-1, 1]`; errors are means of squares in these
//! units, over unknown entries where some are known.
//!
//! | `measure` | level | what |
//! | --- | --- | --- |
//! | `recall` | strength of the corruption, or none | recall by any memory after so many writes |
//! | `fading` | age in writes | recall by BayesPCN that forgets between the writes |
//! | `width` | units of a hidden layer | the most images of which a share is recalled |
//!
//! White noise is added before the change of scale and not clipped; dropped pixels are dropped in all
//! channels; a mask hides the rightmost columns. Memories are those of [`attractor::catalogue`], asked with
//! the mask of known entries where a series says `read = "complete"`. A series with several `settings` is measured at that of the smallest
//! error, cell by cell, as the paper does.
//!
//! # References
//! - J. Yoo, F. Wood, NeurIPS 2022, arXiv 2205.09930, section 5.

mod corruption;
mod fading;
mod options;
mod questions;
mod recall;
mod recipes;
#[cfg(test)]
mod tests;
mod width;

use std::collections::VecDeque;
use std::rc::Rc;

use attractor::core::AssociativeMemory;
use attractor::datasets::Split;
use attractor::evaluation::Measurement;

use crate::{Protocol, Result, Session, Task};

const MEASURES: &[&str] = &["recall", "fading", "width"];

/// Filled memories that later cells ask again.
const KEPT: usize = 32;

/// The protocol. See the [module](self).
#[derive(Default)]
pub struct BayesPcnStudy {
    /// Memories by what decides their content, the oldest first.
    filled: VecDeque<(String, Rc<dyn AssociativeMemory>)>,
}

impl BayesPcnStudy {
    /// The memory of that content, filled by `fill` unless it is at hand.
    fn filled(
        &mut self,
        key: String,
        fill: impl FnOnce() -> Result<Box<dyn AssociativeMemory>>,
    ) -> Result<Rc<dyn AssociativeMemory>> {
        if let Some((_, memory)) = self.filled.iter().find(|(known, _)| *known == key) {
            return Ok(memory.clone());
        }
        let memory: Rc<dyn AssociativeMemory> = fill()?.into();
        if self.filled.len() == KEPT {
            self.filled.pop_front();
        }
        self.filled.push_back((key, memory.clone()));
        Ok(memory)
    }
}

impl Protocol for BayesPcnStudy {
    fn check(&self, task: Task<'_>) -> Result<()> {
        match task.part.measure.as_str() {
            "recall" => recall::Plan::new(task).map(drop),
            "fading" => fading::Plan::new(task).map(drop),
            "width" => width::Plan::new(task).map(drop),
            _ => Err(task.unknown(MEASURES)),
        }
    }

    fn needs(&self, task: Task<'_>) -> Result<Vec<(Split, usize)>> {
        let stored = match task.part.measure.as_str() {
            "width" => width::Plan::new(task)?.most(),
            _ => task.n_stored()?,
        };
        Ok(vec![(Split::Train, stored)])
    }

    fn measure(&mut self, task: Task<'_>, session: &mut dyn Session) -> Result<Vec<Measurement>> {
        match task.part.measure.as_str() {
            "recall" => recall::Plan::new(task)?.measure(self, session),
            "fading" => fading::Plan::new(task)?.measure(self, session),
            "width" => width::Plan::new(task)?.measure(session),
            _ => Err(task.unknown(MEASURES)),
        }
    }
}
