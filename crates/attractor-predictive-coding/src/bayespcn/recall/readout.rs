//! Sensory values of a read, given the hidden ones.

use faer::Accum;

use crate::bayespcn::inference::density::Density;
use crate::bayespcn::inference::objective::{Objective, Point};
use crate::bayespcn::inference::search::upwards;
use crate::bayespcn::{Readout, SearchConfig};
use crate::linalg::{Mat, Panels, axpy, dot, log_sum_exp};

/// Fixed-point iterations for the mixture of several particles.
const ROUNDS: usize = 100;
/// They end when no value moves by more than this.
const STILL: f64 = 1e-9;

/// What each particle predicts for one row.
struct Predictions<'a> {
    mean: Vec<&'a [f64]>,
    variance: Vec<f64>,
    /// Log weight and log density of all that does not depend on the sensory values, with the
    /// constant of the sensory density.
    base: Vec<f64>,
}

impl Predictions<'_> {
    /// `log w_k + LJ_k` at sensory values `x`; with `free` at those that are 0 there, the others being
    /// what each particle predicts.
    fn logs(&self, x: &[f64], free: Option<&[f64]>) -> Vec<f64> {
        let each = self.mean.iter().zip(&self.variance).zip(&self.base);
        each.map(|((mean, v), base)| {
            let squares = x.iter().zip(*mean).map(|(x, m)| (x - m).powi(2));
            let square: f64 = match free {
                Some(free) => squares.zip(free).map(|(s, free)| s * (1.0 - free)).sum(),
                None => squares.sum(),
            };
            base - 0.5 * square / v
        })
        .collect()
    }

    /// Posterior precision of each particle, `r_k / v_k`, and the log density of the mixture.
    fn pull(&self, x: &[f64], free: Option<&[f64]>) -> (Vec<f64>, f64) {
        let logs = self.logs(x, free);
        let total = log_sum_exp(logs.iter().copied());
        let pulls = logs.iter().zip(&self.variance);
        (
            pulls.map(|(log, v)| (log - total).exp() / v).collect(),
            total,
        )
    }

    /// `x = sum_k (r_k / v_k) mu_k / sum_k r_k / v_k`, solved by iteration: an EM step for the
    /// mode of a mixture. With one particle it is `mu` at once.
    fn settle(&self, x: &mut [f64], free: Option<&[f64]>) {
        for round in 0..ROUNDS {
            // What stands in unknown entries before the first round says nothing of the particles.
            let ignored = free.filter(|_| round == 0);
            let (pulls, _) = self.pull(x, ignored);
            let total: f64 = pulls.iter().sum();
            let mut target = vec![0.0; x.len()];
            for (pull, mean) in pulls.iter().zip(&self.mean) {
                axpy(&mut target, pull / total, mean);
            }
            let mut moved: f64 = 0.0;
            for (at, (x, target)) in x.iter_mut().zip(target).enumerate() {
                if free.is_none_or(|free| free[at] != 0.0) {
                    moved = moved.max((target - *x).abs());
                    *x = target;
                }
            }
            if moved <= STILL || self.mean.len() == 1 {
                return;
            }
        }
    }
}

/// Moves the sensory values of `point` (one target for all particles, not reduced) to where the
/// density is highest given its hidden values; with `free [b, dim]` only those that are 1 there.
pub(crate) fn read_out(
    objective: &Objective<'_>,
    config: &SearchConfig,
    readout: Readout,
    point: &mut Point,
    free: Option<&Mat>,
) {
    let value = objective.value(point);
    let z = objective.codes(point).swap_remove(0);
    let x = &mut point.targets[0].values;
    let mut means = Vec::new();
    let mut variances = Vec::new();
    let noise = objective.config.variance(0);
    for view in &objective.views {
        let sheet = &view.sheets[0];
        let (mut mean, mut along) = (Mat::zeros(z.rows, sheet.outputs), Mat::zeros(0, 0));
        let mut panels = Panels::new();
        panels.forward(&mut mean, Accum::Replace, 1.0, &z, sheet.map);
        if objective.density != Density::Mean {
            along.reshape(z.rows, z.cols);
            panels.forward(&mut along, Accum::Replace, 1.0, &z, sheet.factor);
        }
        panels.run();
        let uncertain = |row| match along.rows {
            0 => 0.0,
            _ => dot(along.row(row), along.row(row)),
        };
        let variance = (0..z.rows).map(|row| noise + uncertain(row));
        variances.push(variance.collect::<Vec<f64>>());
        means.push(mean);
    }
    let all: Vec<Predictions<'_>> = (0..z.rows)
        .map(|row| {
            let mut predictions = Predictions {
                mean: means.iter().map(|mean| mean.row(row)).collect(),
                variance: variances.iter().map(|v| v[row]).collect(),
                base: vec![0.0; means.len()],
            };
            let sensory = predictions.logs(x.row(row), None);
            for (k, sensory) in sensory.into_iter().enumerate() {
                let total = objective.views[k].log_weight + value.each[k][row];
                predictions.base[k] = total - sensory;
            }
            predictions
        })
        .collect();
    match readout {
        Readout::Closed => {
            for (row, predictions) in all.iter().enumerate() {
                let free = free.map(|free| free.row(row));
                predictions.settle(x.row_mut(row), free);
            }
        }
        Readout::Searched => climb(&all, config, x),
    }
}

/// Adam on the sensory values, all of them free.
fn climb(all: &[Predictions<'_>], config: &SearchConfig, x: &mut Mat) {
    let mut mean = Mat::zeros(x.rows, x.cols);
    let mut square = Mat::zeros(x.rows, x.cols);
    let mut previous = vec![f64::NAN; x.rows];
    let mut done = vec![false; x.rows];
    for step in 1..=config.max_steps {
        let upwards = upwards(config.rate, step);
        for (row, predictions) in all.iter().enumerate() {
            if done[row] && !config.together {
                continue;
            }
            let (pulls, log) = predictions.pull(x.row(row), None);
            let mut gradient = vec![0.0; x.cols];
            for (pull, mean) in pulls.iter().zip(&predictions.mean) {
                for ((g, m), x) in gradient.iter_mut().zip(*mean).zip(x.row(row)) {
                    *g += pull * (m - x);
                }
            }
            let (mean, square) = (mean.row_mut(row), square.row_mut(row));
            upwards.apply(x.row_mut(row), &gradient, mean, square);
            done[row] = (log - previous[row]).abs() <= config.tolerance;
            previous[row] = log;
        }
        if done.iter().all(|&done| done) {
            break;
        }
    }
}
