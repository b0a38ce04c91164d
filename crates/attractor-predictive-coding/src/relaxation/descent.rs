//! Descent of an energy with a step size, a restart and an end of its own for each row.

use attractor_core::{Outcome, Result};
use burn::tensor::Tensor;

use super::landscape::Landscape;
use super::progress::{RowProgress, Slack};
use super::rows::doubles;
use super::settings::Descent;
use super::steps::{Runner, flags, hold};

/// Where a descent ended.
#[derive(Debug)]
pub(crate) struct Relaxed {
    pub(crate) state: Vec<Tensor<2>>,
    /// Errors at that state.
    pub(crate) errors: Vec<Tensor<2>>,
    pub(crate) first: Vec<f64>,
    pub(crate) last: Vec<f64>,
    pub(crate) steps: Vec<usize>,
    pub(crate) outcomes: Vec<Outcome>,
    /// Energies of all rows at each look, the start first.
    pub(crate) trace: Vec<Vec<f64>>,
}

/// Descends from `start`.
pub(crate) fn relax(
    landscape: &dyn Landscape,
    start: Vec<Tensor<2>>,
    options: Descent,
) -> Result<Relaxed> {
    let first = landscape.evaluate(&start)?;
    let slack = Slack::of(&start, landscape.size()?)?;
    let mut rows = RowProgress::new(&first.energy, options.rate);
    let mut trace = vec![first.energy.clone()];
    let mut errors = first.errors;
    let mut runner = Runner::new(&start, options);
    runner.still(&rows, &start);
    let mut kept = start.clone();
    let mut state = start;
    let mut step = 0;
    while step < options.max_steps && !rows.all_ended() {
        // To the next look.
        let count = options.check_every - step % options.check_every;
        let count = count.min(options.max_steps - step);
        step += count;
        let (next, drives) = runner.steps(landscape, state, &rows, count)?;
        state = next;
        let point = landscape.evaluate(&state)?;
        let steepest = largest(&drives)?;
        let taken_back = rows.look(step, &point.energy, &steepest, &slack, &options);
        trace.push(rows.energy.clone());
        errors = point.errors;
        // Rows that left the finite numbers do so again after they have been put back.
        let held: Vec<bool> = taken_back
            .iter()
            .zip(&rows.outcomes)
            .map(|(&taken_back, &outcome)| taken_back || outcome == Some(Outcome::Diverged))
            .collect();
        if held.contains(&true) {
            state = hold(&flags(&held, &state[0]), state, &kept);
            runner.restart(&taken_back, &state);
            errors = landscape.evaluate(&state)?.errors;
        }
        runner.still(&rows, &state);
        kept.clone_from(&state);
    }
    let last = rows.energy.clone();
    let (steps, outcomes) = rows.finish(options.max_steps);
    Ok(Relaxed {
        state,
        errors,
        first: trace[0].clone(),
        last,
        steps,
        outcomes,
        trace,
    })
}

/// Largest entry of the gradient of each row; NaN if one is.
fn largest(drives: &[Tensor<2>]) -> Result<Vec<f64>> {
    let mut largest: Vec<f64> = Vec::new();
    for drive in drives {
        // A maximum may swallow NaN; a sum of zeros does not.
        let poison = drive.clone().mul_scalar(0.0).sum_dim(1);
        let top = doubles(&(drive.clone().abs().max_dim(1) + poison))?;
        if largest.is_empty() {
            largest = top;
        } else {
            for (largest, top) in largest.iter_mut().zip(top) {
                *largest = if top.is_nan() { top } else { largest.max(top) };
            }
        }
    }
    Ok(largest)
}
