//! Recall of words with a number of errors.

use attractor::evaluation::{Measurement, Metric};
use attractor::sparse_recovery::curve::expected_capacity;
use attractor::sparse_recovery::ensembles::{self, Ensemble, Errors};
use attractor::sparse_recovery::linalg::columns;
use attractor::sparse_recovery::recovery::real::Precision;
use attractor::sparse_recovery::recovery::{Settings, Solver, recover};
use serde::Deserialize;

use super::{Cell, RECALLED, Tally, missed};
use crate::{Result, Session, Task};

/// How answers are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Method {
    /// Alternating directions.
    Admm,
    /// Linear programs.
    LinearProgram,
    /// Bregman iteration.
    Bregman,
    /// Reweighted least squares.
    Irls,
    /// Hard thresholding that knows the number of errors.
    HardThresholding,
    /// Pursuit that does not.
    Pursuit,
    /// Approximate message passing.
    MessagePassing,
    /// Nothing is recalled: all or nothing by the theoretical curve.
    Theory,
}

/// What a series says.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    n: usize,
    constraints: usize,
    ensemble: Ensemble,
    errors: Errors,
    method: Method,
    /// Words.
    words: usize,
    /// Words of each subspace.
    #[serde(default = "ten")]
    per_subspace: usize,
    #[serde(default = "most")]
    max_iterations: usize,
    #[serde(default)]
    precision: Precision,
}

fn ten() -> usize {
    10
}

fn most() -> usize {
    2000
}

/// One number of errors.
pub(super) struct Transition {
    options: Options,
    count: usize,
}

impl Transition {
    pub(super) fn new(task: Task<'_>) -> Result<Self> {
        let options: Options = task.options()?;
        let level = task.level()?;
        let Options {
            n,
            constraints,
            words,
            per_subspace,
            max_iterations,
            ..
        } = options;
        let counts = words > 0 && per_subspace > 0 && max_iterations > 0;
        if !counts || constraints == 0 || constraints >= n {
            return Err(task.refuse(
                "expected `words`, `per_subspace` and `max_iterations` of at least 1, and \
                 `constraints` from 1 to below `n`",
            ));
        }
        match task.counted(level, 1).filter(|&count| count <= n) {
            Some(count) => Ok(Self { options, count }),
            None => Err(task.misplaced("levels", "a whole number of errors from 1 to `n`", level)),
        }
    }

    fn solver(&self) -> Solver {
        match self.options.method {
            Method::Admm | Method::Theory => Solver::Admm,
            Method::LinearProgram => Solver::LinearProgram,
            Method::Bregman => Solver::Bregman,
            Method::Irls => Solver::Irls,
            Method::HardThresholding => Solver::HardThresholding(self.count),
            Method::Pursuit => Solver::Pursuit(0),
            Method::MessagePassing => Solver::MessagePassing,
        }
    }
}

impl Cell for Transition {
    fn measure(&self, task: Task<'_>, session: &mut dyn Session) -> Result<Vec<Measurement>> {
        let Options {
            n,
            constraints,
            ensemble,
            errors,
            words,
            per_subspace,
            max_iterations,
            precision,
            method,
        } = self.options;
        if method == Method::Theory {
            let right = (self.count as f64) < expected_capacity(n, constraints);
            return Ok(vec![Measurement {
                metric: Metric::RetrievalRate,
                value: if right { 100.0 } else { 0.0 },
                n: 1,
            }]);
        }
        let settings = Settings {
            max_iterations,
            precision,
            // The certificate is worth some iterations, and decides nothing about recall.
            certificate_iterations: 100,
            ..Settings::default()
        };
        let mut tally = Tally::default();
        let mut drawn = 0u64;
        while tally.words < words {
            session.check()?;
            session.progress("words", tally.words, words, "");
            let seed = task.cell.seed.wrapping_mul(1000) + drawn;
            drawn += 1;
            let own = ensembles::subspace(ensemble, n, n - constraints, seed)?;
            let many = per_subspace.min(words - tally.words) as u64;
            let mut all = Vec::new();
            for index in 0..many {
                all.push(ensembles::words(&own, self.count, errors, seed, index)?);
            }
            let cues: Vec<Vec<f64>> = all.iter().map(|word| word.cue.clone()).collect();
            let found = recover(&own, &columns(n, &cues)?, &self.solver(), &settings)?;
            for (found, word) in found.iter().zip(&all) {
                let right = missed(&found.error, &word.error) < RECALLED;
                tally.add(right, found.status.is_recalled(), found.iterations);
            }
        }
        Ok(tally.measurements())
    }
}
