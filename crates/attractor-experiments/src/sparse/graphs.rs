//! Decoding on left-regular graphs.

use attractor::evaluation::Measurement;
use attractor::sparse_recovery::ensembles::{Weights, left_regular, sparse_error};
use attractor::sparse_recovery::expander::{Decoder, Order, Rule};
use serde::Deserialize;

use super::{Cell, RECALLED, Tally, missed};
use crate::{Result, Session, Task};

/// What a series says.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    n: usize,
    constraints: usize,
    degree: usize,
    /// Constraints that two entries share at most; without a limit by default.
    shared: Option<usize>,
    weights: Weights,
    rule: Rule,
    #[serde(default)]
    order: Order,
    /// Values of errors.
    errors: Weights,
    trials: usize,
}

/// One number of errors.
pub(super) struct Decoding {
    options: Options,
    count: usize,
}

impl Decoding {
    pub(super) fn new(task: Task<'_>) -> Result<Self> {
        let options: Options = task.options()?;
        let level = task.level()?;
        let fits = options.degree > 0 && options.degree <= options.constraints;
        if !fits || options.trials == 0 {
            return Err(
                task.refuse("expected `degree` from 1 to `constraints` and `trials` of at least 1")
            );
        }
        match task.counted(level, 1).filter(|&count| count <= options.n) {
            Some(count) => Ok(Self { options, count }),
            None => Err(task.misplaced("levels", "a whole number of errors from 1 to `n`", level)),
        }
    }
}

impl Cell for Decoding {
    fn measure(&self, task: Task<'_>, session: &mut dyn Session) -> Result<Vec<Measurement>> {
        let options = &self.options;
        let decoder = Decoder {
            rule: options.rule,
            order: options.order,
            ..Decoder::default()
        };
        let mut tally = Tally::default();
        for trial in 0..options.trials as u64 {
            session.check()?;
            let seed = task.cell.seed.wrapping_mul(1000) + trial;
            let shape = (options.constraints, options.n);
            let shared = options.shared.unwrap_or(options.degree);
            let graph = left_regular(shape, options.degree, shared, options.weights, seed)?;
            let error = sparse_error(options.n, self.count, options.errors, seed, 0)?;
            let decoded = decoder.decode(&graph, &graph.syndrome(&error)?)?;
            let right = missed(&decoded.error, &error) < RECALLED;
            tally.add(right, decoded.success, decoded.steps.len());
        }
        Ok(tally.measurements())
    }
}
