//! Descent of an energy with a step size, a restart and an end of its own for each row.

use attractor_core::{Outcome, Result};
use burn::tensor::{Bool, DType, Tensor, TensorData};

use crate::files::host;

/// An energy over blocks of values `[b, n_i]`, the rows of which are independent.
pub(crate) trait Landscape {
    /// Minus the gradient with respect to each block.
    fn drives(&self, state: &[Tensor<2>]) -> Result<Vec<Tensor<2>>>;

    /// The energy, as exactly as the precision allows.
    fn evaluate(&self, state: &[Tensor<2>]) -> Result<Point>;

    /// Squared length of the rows of what enters the errors beside the state, if anything does:
    /// errors round like the values they are differences of.
    fn size(&self) -> Result<Option<Vec<f64>>>;
}

/// The energy at a state.
#[derive(Debug)]
pub(crate) struct Point {
    /// Of each row.
    pub(crate) energy: Vec<f64>,
    /// The errors it is made of.
    pub(crate) errors: Vec<Tensor<2>>,
}

/// Options of [`relax`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Options {
    pub(crate) rate: f64,
    pub(crate) max_steps: usize,
    pub(crate) tolerance: f64,
    /// Relative fall of the energy between looks that counts as none; 0 never does.
    pub(crate) stall: f64,
    pub(crate) check_every: usize,
    /// Take back what a row did since the last look if its energy rose, and halve its rate.
    pub(crate) halve: bool,
    pub(crate) momentum: bool,
}

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

/// A rate halved so often that it is as good as 0.
const HALVINGS: u32 = 40;

/// Descends from `start`.
pub(crate) fn relax(
    landscape: &dyn Landscape,
    start: Vec<Tensor<2>>,
    options: Options,
) -> Result<Relaxed> {
    let first = landscape.evaluate(&start)?;
    let slack = Slack::of(&start, landscape.size()?)?;
    let mut rows = Rows::new(&first.energy, options.rate);
    let mut trace = vec![first.energy.clone()];
    let mut errors = first.errors;
    let mut runner = Runner::new(&start, options);
    runner.still(&rows, &start);
    let mut kept = start.clone();
    let mut state = start;
    for step in 1..=options.max_steps {
        if rows.all_ended() {
            break;
        }
        let (next, drives) = runner.step(landscape, state, &rows)?;
        state = next;
        if !step.is_multiple_of(options.check_every) && step != options.max_steps {
            continue;
        }
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

/// Rises of the energy that are rounding.
struct Slack {
    relative: f64,
    /// Times the root of the energy: an error's own rounding against the error.
    root: Vec<f64>,
}

impl Slack {
    fn of(state: &[Tensor<2>], size: Option<Vec<f64>>) -> Result<Self> {
        let mut size = size.unwrap_or_else(|| vec![0.0; state[0].dims()[0]]);
        let epsilon = match state[0].dtype() {
            DType::F64 => f64::EPSILON,
            _ => f64::from(f32::EPSILON),
        };
        for block in state {
            let squares = host(&block.clone().square().sum_dim(1))?;
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

    fn rose(&self, row: usize, before: f64, after: f64) -> bool {
        let room = self.relative * before.abs() + self.root[row] * before.abs().sqrt();
        // A look at NaN is a rise too.
        after.is_nan() || after > before + room
    }
}

/// What is known of each row.
struct Rows {
    rates: Vec<f64>,
    energy: Vec<f64>,
    halvings: Vec<u32>,
    /// Rises in a row.
    strikes: Vec<u32>,
    /// Whether the last look found something that is not a finite number.
    lost: Vec<bool>,
    outcomes: Vec<Option<Outcome>>,
    steps: Vec<usize>,
}

impl Rows {
    fn new(energy: &[f64], rate: f64) -> Self {
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
    fn look(
        &mut self,
        step: usize,
        energy: &[f64],
        steepest: &[f64],
        slack: &Slack,
        options: &Options,
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

    fn end(&mut self, row: usize, step: usize, outcome: Outcome) {
        self.outcomes[row] = Some(outcome);
        self.steps[row] = step;
    }

    fn all_ended(&self) -> bool {
        self.outcomes.iter().all(Option::is_some)
    }

    /// Rate of each row, 0 where it has ended.
    fn moving(&self) -> Vec<f64> {
        let rows = self.rates.iter().zip(&self.outcomes);
        rows.map(|(&rate, outcome)| if outcome.is_some() { 0.0 } else { rate })
            .collect()
    }

    fn finish(self, max_steps: usize) -> (Vec<usize>, Vec<Outcome>) {
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

/// Rates of the rows, as one number while they agree.
enum Rates {
    Same(f64),
    Each(Box<Tensor<2>>),
}

/// Makes steps, plain or with momentum.
struct Runner {
    rates: Rates,
    momentum: Option<Momentum>,
}

/// Nesterov's: `y = x + (t - 1) / t' (x - x_before)`, `x' = y + rate drive(y)`, with
/// `t' = (1 + (1 + 4 t^2)^(1/2)) / 2`, for each row; t is 1 again after a step against the drive
/// (O'Donoghue and Candes 2015).
struct Momentum {
    velocity: Vec<Tensor<2>>,
    /// `[b, 1]`.
    age: Tensor<2>,
}

impl Runner {
    fn new(start: &[Tensor<2>], options: Options) -> Self {
        let momentum = options.momentum.then(|| Momentum {
            velocity: start.iter().map(Tensor::zeros_like).collect(),
            age: column(&vec![1.0; start[0].dims()[0]], &start[0]),
        });
        Self {
            rates: Rates::Same(options.rate),
            momentum,
        }
    }

    fn advance(&self, from: Tensor<2>, drive: Tensor<2>) -> Tensor<2> {
        match &self.rates {
            Rates::Same(rate) => from + drive.mul_scalar(*rate),
            Rates::Each(rates) => from + drive * rates.as_ref().clone(),
        }
    }

    /// The next state, and the drives that led there.
    fn step(
        &mut self,
        landscape: &dyn Landscape,
        state: Vec<Tensor<2>>,
        rows: &Rows,
    ) -> Result<(Vec<Tensor<2>>, Vec<Tensor<2>>)> {
        debug_assert_eq!(state[0].dims()[0], rows.rates.len());
        let Some(mut momentum) = self.momentum.take() else {
            let drives = landscape.drives(&state)?;
            let next = state.into_iter().zip(&drives);
            let next = next.map(|(values, drive)| self.advance(values, drive.clone()));
            return Ok((next.collect(), drives));
        };
        let age = momentum.age.clone();
        let older = age.clone().square().mul_scalar(4.0).add_scalar(1.0).sqrt();
        let older = older.add_scalar(1.0).mul_scalar(0.5);
        let share = age.sub_scalar(1.0) / older.clone();
        let ahead: Vec<Tensor<2>> = state
            .iter()
            .zip(&momentum.velocity)
            .map(|(values, velocity)| values.clone() + velocity.clone() * share.clone())
            .collect();
        let drives = landscape.drives(&ahead)?;
        let mut along: Option<Tensor<2>> = None;
        let mut next = Vec::new();
        for (block, (ahead, drive)) in ahead.into_iter().zip(&drives).enumerate() {
            let values = self.advance(ahead, drive.clone());
            let moved = values.clone() - state[block].clone();
            let product = (moved.clone() * drive.clone()).sum_dim(1);
            along = Some(match along {
                Some(along) => along + product,
                None => product,
            });
            momentum.velocity[block] = moved;
            next.push(values);
        }
        momentum.age = match along {
            Some(along) => older.mask_fill(along.lower_scalar(0.0), 1.0),
            None => older,
        };
        self.momentum = Some(momentum);
        Ok((next, drives))
    }

    /// Forgets the momentum of these rows.
    fn restart(&mut self, which: &[bool], like: &[Tensor<2>]) {
        if let Some(momentum) = &mut self.momentum {
            let mask = flags(which, &like[0]);
            momentum.age.inplace(|age| age.mask_fill(mask.clone(), 1.0));
            // A product would keep what is not a number.
            for velocity in &mut momentum.velocity {
                velocity.inplace(|velocity| {
                    let mask = mask.clone().expand(velocity.shape());
                    velocity.mask_fill(mask, 0.0)
                });
            }
        }
    }

    /// Takes over the rates after a look; rows that have ended stand still.
    fn still(&mut self, rows: &Rows, state: &[Tensor<2>]) {
        let rates = rows.moving();
        let same = rates.windows(2).all(|pair| pair[0] == pair[1]);
        self.rates = match rates.first() {
            Some(&rate) if same => Rates::Same(rate),
            _ => Rates::Each(Box::new(column(&rates, &state[0]))),
        };
        let ended: Vec<bool> = rows.outcomes.iter().map(Option::is_some).collect();
        if ended.contains(&true) {
            self.restart(&ended, state);
        }
    }
}

/// `[b, 1]` on the device and in the precision of another tensor.
fn column(values: &[f64], like: &Tensor<2>) -> Tensor<2> {
    let data = TensorData::new(values.to_vec(), [values.len(), 1]);
    Tensor::from_data(data, (&like.device(), like.dtype()))
}

fn flags(values: &[bool], like: &Tensor<2>) -> Tensor<2, Bool> {
    let data = TensorData::new(values.to_vec(), [values.len(), 1]);
    Tensor::from_data(data, &like.device())
}

/// `held` where the mask is true, else `moving`.
fn hold(mask: &Tensor<2, Bool>, moving: Vec<Tensor<2>>, held: &[Tensor<2>]) -> Vec<Tensor<2>> {
    let blocks = moving.into_iter().zip(held);
    blocks
        .map(|(moving, held)| {
            let mask = mask.clone().expand(moving.shape());
            moving.mask_where(mask, held.clone())
        })
        .collect()
}

/// Largest entry of the gradient of each row; NaN if one is.
fn largest(drives: &[Tensor<2>]) -> Result<Vec<f64>> {
    let mut largest: Vec<f64> = Vec::new();
    for drive in drives {
        // A maximum may swallow NaN; a sum of zeros does not.
        let poison = drive.clone().mul_scalar(0.0).sum_dim(1);
        let top = host(&(drive.clone().abs().max_dim(1) + poison))?;
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
