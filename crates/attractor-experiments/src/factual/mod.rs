//! Facts in associative memories and in a one-layer transformer.
//!
//! | measure | level | what it is |
//! | --- | --- | --- |
//! | `capacity` | parameters that are written | the most random facts of which a share is read |
//! | `slope` | power of `ln N` | how `N (ln N)^level` grows with the parameters, with its 95 % interval |
//! | `precision` | bits, or noise relative to the weights | facts still read |
//! | `recall` | hidden units m | facts that a trained transformer answers |
//! | `facts` | dimension d | the most facts that a trained transformer answers, and how many that is for each parameter |
//! | `stages` | steps | losses of linear attention while it learns |
//! | `stage_times` | stage, 1 or 2 | steps at which the loss is halfway to the next plateau |
//! | `edit` | hidden units m | what a rank-one write of one fact does to it and to others |
//!
//! # References
//! - E. Nichani, J. D. Lee, A. Bietti, ICLR 2025 (arXiv 2412.06538).
//! - K. Meng, D. Bau, A. Andonian, Y. Belinkov, NeurIPS 2022 (arXiv 2202.05262): rank-one edits.

mod capacity;
mod edit;
mod precision;
mod recall;
mod stages;
mod store;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use attractor::evaluation::Measurement;
use attractor::factual_recall::dynamics::Curve;
use attractor::factual_recall::transformer::TrainedTransformer;

use crate::{Protocol, Result, Session, Task};

const MEASURES: &[&str] = &[
    "capacity",
    "slope",
    "precision",
    "recall",
    "facts",
    "stages",
    "stage_times",
    "edit",
];

/// The protocol. See the [module](self).
#[derive(Default)]
pub struct FactualRecall {
    known: Known,
}

/// What several cells need, by everything that decides it.
#[derive(Default)]
struct Known {
    capacities: HashMap<String, capacity::Searched>,
    curves: HashMap<String, Curve>,
    trained: HashMap<String, TrainedTransformer<f32>>,
}

impl Protocol for FactualRecall {
    fn check(&self, task: Task<'_>) -> Result<()> {
        match task.part.measure.as_str() {
            "capacity" => capacity::Search::new(task).map(drop),
            "slope" => capacity::Slope::new(task).map(drop),
            "precision" => precision::Precision::new(task).map(drop),
            "recall" => recall::Recall::new(task).map(drop),
            "facts" => recall::Facts::new(task).map(drop),
            "stages" => stages::Stages::new(task).map(drop),
            "stage_times" => stages::Times::new(task).map(drop),
            "edit" => edit::Edit::new(task).map(drop),
            _ => Err(task.unknown(MEASURES)),
        }
    }

    fn measure(&mut self, task: Task<'_>, session: &mut dyn Session) -> Result<Vec<Measurement>> {
        let known = &mut self.known;
        match task.part.measure.as_str() {
            "capacity" => capacity::Search::new(task)?.measure(known, session),
            "slope" => capacity::Slope::new(task)?.measure(known, session),
            "precision" => precision::Precision::new(task)?.measure(session),
            "recall" => recall::Recall::new(task)?.measure(session),
            "facts" => recall::Facts::new(task)?.measure(session),
            "stages" => stages::Stages::new(task)?.measure(known, session),
            "stage_times" => stages::Times::new(task)?.measure(known),
            "edit" => edit::Edit::new(task)?.measure(known, session),
            _ => Err(task.unknown(MEASURES)),
        }
    }
}
