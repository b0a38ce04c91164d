//! What a descent knows of each row: when it has ended, and when a step was too long.

use attractor_core::{Outcome, Result};
use burn::tensor::{DType, Tensor};

use super::rows::doubles;
use super::settings::Descent;

/// A rate halved so often that it is as good as 0.
const HALVINGS: u32 = 40;

/// Rises of the energy that are rounding.
pub(super) struct Slack {
    relative: f64,
    /// Times the root of the energy: an error's own rounding against the error.
    root: Vec<f64>,
}

impl Slack {
    pub(super) fn of(state: &[Tensor<2>], size: Option<Vec<f64>>) -> Result<Self> {
        let mut size = size.unwrap_or_else(|| vec![0.0; state[0].dims()[0]]);
        let epsilon = match state[0].dtype() {
            DType::F64 => f64::EPSILON,
            _ => f64::from(f32::EPSILON),
        };
        for block in state {
            let squares = doubles(&block.clone().square().sum_dim(1))?;
            size.iter_mut()
                .zip(squares)
                .for_each(|(size, square)| *size += square);
        }
        Ok(Self {
            relative: 8.0 * epsilon,
            root: size
                .iter()
                .map(|size| 8.0 * epsilon * size.sqrt())
                .collect(),
        })
    }

    pub(super) fn rose(&self, row: usize, before: f64, after: f64) -> bool {
        let room = self.relative * before.abs() + self.root[row] * before.abs().sqrt();
        // A look at NaN is a rise too.
        after.is_nan() || after > before + room
    }
}

/// What is known of each row.
pub(super) struct RowProgress {
    pub(super) rates: Vec<f64>,
    pub(super) energy: Vec<f64>,
    halvings: Vec<u32>,
    /// Rises in a row.
    strikes: Vec<u32>,
    /// Whether the last look found something that is not a finite number.
    lost: Vec<bool>,
    pub(super) outcomes: Vec<Option<Outcome>>,
    steps: Vec<usize>,
}

impl RowProgress {
    pub(super) fn new(energy: &[f64], rate: f64) -> Self {
        let outcomes = energy.iter().map(|&energy| {
            if !energy.is_finite() {
                Some(Outcome::Diverged)
            } else if energy == 0.0 {
                // All errors are 0: nothing moves.
                Some(Outcome::Converged)
            } else {
                None
            }
        });
        Self {
            rates: vec![rate; energy.len()],
            energy: energy.to_vec(),
            halvings: vec![0; energy.len()],
            strikes: vec![0; energy.len()],
            lost: vec![false; energy.len()],
            outcomes: outcomes.collect(),
            steps: vec![0; energy.len()],
        }
    }

    /// Takes in energies and largest gradients; the rows to put back to the look before.
    pub(super) fn look(
        &mut self,
        step: usize,
        energy: &[f64],
        steepest: &[f64],
        slack: &Slack,
        options: &Descent,
    ) -> Vec<bool> {
        let mut taken_back = vec![false; energy.len()];
        for row in 0..energy.len() {
            if self.outcomes[row].is_some() {
                continue;
            }
            let (before, after) = (self.energy[row], energy[row]);
            let bad = !after.is_finite() || !steepest[row].is_finite();
            self.lost[row] = bad;
            if bad || (options.halve && slack.rose(row, before, after)) {
                taken_back[row] = true;
                self.strikes[row] += 1;
                // Momentum overshoots without being unstable: first it is only restarted.
                if bad || !options.momentum || self.strikes[row] > 1 {
                    self.rates[row] *= 0.5;
                    self.halvings[row] += 1;
                }
                let flat = after <= before * (1.0 + options.stall) && options.stall > 0.0;
                let stuck = self.halvings[row] > HALVINGS;
                if bad && (stuck || !options.halve) {
                    self.end(row, step, Outcome::Diverged);
                } else if flat || stuck {
                    // No step along the gradient leads down: a minimum at a kink.
                    self.end(row, step, Outcome::Converged);
                }
                continue;
            }
            self.strikes[row] = 0;
            self.energy[row] = after;
            let stalled = options.stall > 0.0 && before - after <= options.stall * before;
            if steepest[row] <= options.tolerance || stalled {
                self.end(row, step, Outcome::Converged);
            }
        }
        taken_back
    }

    pub(super) fn end(&mut self, row: usize, step: usize, outcome: Outcome) {
        self.outcomes[row] = Some(outcome);
        self.steps[row] = step;
    }

    pub(super) fn all_ended(&self) -> bool {
        self.outcomes.iter().all(Option::is_some)
    }

    /// Rate of each row, 0 where it has ended.
    pub(super) fn moving(&self) -> Vec<f64> {
        let rows = self.rates.iter().zip(&self.outcomes);
        rows.map(|(&rate, outcome)| if outcome.is_some() { 0.0 } else { rate })
            .collect()
    }

    pub(super) fn finish(self, max_steps: usize) -> (Vec<usize>, Vec<Outcome>) {
        let steps = self.steps.iter().zip(&self.outcomes);
        let steps = steps.map(|(&step, outcome)| outcome.map_or(max_steps, |_| step));
        let outcomes = self.outcomes.iter().zip(&self.lost);
        let outcomes = outcomes.map(|(outcome, &lost)| match (outcome, lost) {
            (Some(outcome), _) => *outcome,
            (None, true) => Outcome::Diverged,
            (None, false) => Outcome::MaxSteps,
        });
        (steps.collect(), outcomes.collect())
    }
}
