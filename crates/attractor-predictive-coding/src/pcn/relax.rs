//! Descent of an energy with a step size, a restart and an end of its own for each row.

use attractor_core::{Outcome, Result, check};
use burn::tensor::{Bool, Tensor, TensorData};

use super::host::{Host, Motion};
use super::rows::{Rows, Slack};
use crate::files::host;

/// An energy over blocks of values `[b, n_i]`, the rows of which are independent.
pub(crate) trait Landscape {
    /// Minus the gradient with respect to each block.
    fn drives(&self, state: &[Tensor<2>]) -> Result<Vec<Tensor<2>>>;

    /// The energy, as exactly as the precision allows.
    fn evaluate(&self, state: &[Tensor<2>]) -> Result<Point>;

    /// The same landscape in host memory, where that is faster.
    fn host(&self) -> Option<&Host> {
        None
    }

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

    /// The state after some steps, and the drives of the last.
    fn steps(
        &mut self,
        landscape: &dyn Landscape,
        mut state: Vec<Tensor<2>>,
        rows: &Rows,
        count: usize,
    ) -> Result<(Vec<Tensor<2>>, Vec<Tensor<2>>)> {
        if let Some(host) = landscape.host() {
            return self.steps_on_host(host, &state, rows, count);
        }
        let mut drives = Vec::new();
        for _ in 0..count {
            (state, drives) = self.step(landscape, state, rows)?;
        }
        Ok((state, drives))
    }

    fn steps_on_host(
        &mut self,
        host: &Host,
        state: &[Tensor<2>],
        rows: &Rows,
        count: usize,
    ) -> Result<(Vec<Tensor<2>>, Vec<Tensor<2>>)> {
        let read = |blocks: &[Tensor<2>]| -> Result<Vec<Vec<f32>>> {
            let blocks = blocks.iter();
            blocks.map(|block| check::to_host(block.clone())).collect()
        };
        let written = |blocks: Vec<Vec<f32>>| -> Vec<Tensor<2>> {
            let blocks = blocks.into_iter().zip(state);
            let put = |(values, like): (Vec<f32>, &Tensor<2>)| {
                Tensor::from_data(TensorData::new(values, like.dims()), &like.device())
            };
            blocks.map(put).collect()
        };
        let mut values = read(state)?;
        let mut drives: Vec<Vec<f32>> = values.iter().map(|block| vec![0.0; block.len()]).collect();
        let rates: Vec<f32> = rows.moving().into_iter().map(|rate| rate as f32).collect();
        let mut momentum = match &self.momentum {
            Some(momentum) => Some((
                read(&momentum.velocity)?,
                check::to_host(momentum.age.clone())?,
            )),
            None => None,
        };
        let motion = Motion {
            state: &mut values,
            rates: &rates,
            momentum: momentum
                .as_mut()
                .map(|(velocity, age)| (velocity.as_mut_slice(), age.as_mut_slice())),
            drives: &mut drives,
        };
        host.run(motion, count)?;
        if let (Some(kept), Some((velocity, age))) = (&mut self.momentum, momentum) {
            kept.velocity = written(velocity);
            let data = TensorData::new(age, kept.age.dims());
            kept.age = Tensor::from_data(data, &kept.age.device());
        }
        Ok((written(values), written(drives)))
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
