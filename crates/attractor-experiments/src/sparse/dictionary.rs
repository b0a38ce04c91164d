//! Sparse constraints found behind an arbitrary basis, and behind samples.

use attractor::core::rng;
use attractor::evaluation::{Measurement, Metric};
use attractor::sparse_recovery::dictionary::{ErSpud, Start, learn, match_rows};
use attractor::sparse_recovery::ensembles::{Weights, bernoulli};
use attractor::sparse_recovery::expander::{Constraints, Decoder};
use attractor::sparse_recovery::subspace::{RankRule, Subspace};
use serde::Deserialize;

use super::{Cell, RECALLED, Tally, missed};
use crate::{Result, Session, Task};

/// What a series says.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    constraints: usize,
    n: usize,
    #[serde(default)]
    start: Start,
    /// Matrices.
    trials: usize,
}

fn parse(task: Task<'_>) -> Result<(Options, f64)> {
    let options: Options = task.options()?;
    let theta = task.level()?;
    let sizes = options.constraints > 0 && options.constraints < options.n && options.trials > 0;
    if !sizes {
        return Err(
            task.refuse("expected `constraints` from 1 to below `n` and `trials` of at least 1")
        );
    }
    match theta > 0.0 && theta <= 1.0 {
        true => Ok((options, theta)),
        false => Err(task.misplaced("levels", "a share above 0 and at most 1", theta)),
    }
}

/// Share of rows found and of matrices found whole.
fn measurements(rows: f64, whole: usize, trials: usize) -> Vec<Measurement> {
    let of = |metric, value: f64| Measurement {
        metric,
        value: 100.0 * value / trials as f64,
        n: trials,
    };
    vec![
        of(Metric::RetrievalRate, whole as f64),
        of(Metric::Accuracy, rows),
    ]
}

/// One density, from a basis.
pub(super) struct Rows {
    options: Options,
    theta: f64,
}

impl Rows {
    pub(super) fn new(task: Task<'_>) -> Result<Self> {
        let (options, theta) = parse(task)?;
        Ok(Self { options, theta })
    }
}

impl Cell for Rows {
    fn measure(&self, task: Task<'_>, session: &mut dyn Session) -> Result<Vec<Measurement>> {
        let Options {
            constraints,
            n,
            start,
            trials,
        } = self.options;
        let (mut rows, mut whole) = (0.0, 0);
        for trial in 0..trials {
            session.check()?;
            session.progress("matrices", trial, trials, "");
            let seed = task.cell.seed.wrapping_mul(1000) + trial as u64;
            let truth = bernoulli(constraints, n, self.theta, Weights::Gaussian, seed)?;
            let mixed = bernoulli(
                constraints,
                constraints,
                1.0,
                Weights::Gaussian,
                seed + 500_000,
            )?;
            let options = ErSpud {
                start,
                seed,
                ..ErSpud::default()
            };
            let found = learn((&mixed * &truth).as_ref(), &options)?;
            let count = match found {
                Some(found) => {
                    let matched = match_rows(found.rows.as_ref(), truth.as_ref(), 1e-6)?;
                    matched.iter().flatten().count()
                }
                None => 0,
            };
            rows += count as f64 / constraints as f64;
            whole += usize::from(count == constraints);
        }
        Ok(measurements(rows, whole, trials))
    }
}

/// One density, from samples to decoding.
pub(super) struct EndToEnd {
    options: Options,
    theta: f64,
    samples: usize,
}

impl EndToEnd {
    pub(super) fn new(task: Task<'_>) -> Result<Self> {
        let (options, theta) = parse(task)?;
        Ok(Self {
            samples: task.n_stored()?,
            options,
            theta,
        })
    }
}

impl Cell for EndToEnd {
    fn measure(&self, task: Task<'_>, session: &mut dyn Session) -> Result<Vec<Measurement>> {
        let Options {
            constraints,
            n,
            start,
            trials,
        } = self.options;
        let (mut rows, mut whole, mut tally) = (0.0, 0, Tally::default());
        for trial in 0..trials {
            session.check()?;
            session.progress("matrices", trial, trials, "");
            let seed = task.cell.seed.wrapping_mul(1000) + trial as u64;
            let truth = bernoulli(constraints, n, self.theta, Weights::Gaussian, seed)?;
            let hidden = Subspace::null_of(truth.as_ref())?;
            let mut random = rng::stream(seed, "sparse recovery samples");
            let coordinates: Vec<Vec<f64>> = (0..self.samples)
                .map(|_| {
                    let drawn = rng::normal_vec(&mut random, hidden.rank());
                    drawn.into_iter().map(f64::from).collect()
                })
                .collect();
            let samples = hidden.points(&coordinates)?;
            let learned = Subspace::fit(&samples, false, RankRule::Exact)?;
            let options = ErSpud {
                start,
                seed,
                ..ErSpud::default()
            };
            let Some(found) = learn(learned.constraints(), &options)? else {
                continue;
            };
            let matched = match_rows(found.rows.as_ref(), truth.as_ref(), 1e-6)?;
            let count = matched.iter().flatten().count();
            rows += count as f64 / constraints as f64;
            whole += usize::from(count == constraints);
            // Every single error that two checks see.
            let graph = Constraints::from_dense(found.rows.as_ref())?;
            for place in 0..n {
                if graph.checks(place)?.len() < 2 {
                    continue;
                }
                let mut error = vec![0.0; n];
                error[place] = 1.0;
                let decoded = Decoder::default().decode(&graph, &graph.syndrome(&error)?)?;
                let right = missed(&decoded.error, &error) < RECALLED;
                tally.add(right, decoded.success, decoded.steps.len());
            }
        }
        let mut measured = measurements(rows, whole, trials);
        let words = tally.measurements();
        measured.extend(words.into_iter().filter_map(|own| match own.metric {
            Metric::RetrievalRate => Some(Measurement {
                metric: Metric::Top1,
                ..own
            }),
            Metric::SilentErrors => Some(own),
            _ => None,
        }));
        Ok(measured)
    }
}
