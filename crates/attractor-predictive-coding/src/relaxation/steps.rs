//! Steps of all rows at once, plain or with momentum, on the device or in host memory.

use attractor_core::{Result, check};
use burn::tensor::{Bool, Tensor, TensorData};

use super::landscape::{HostSteps, Landscape, Motion};
use super::progress::RowProgress;
use super::settings::Descent;

/// Rates of the rows, as one number while they agree.
enum Rates {
    Same(f64),
    Each(Box<Tensor<2>>),
}

/// Makes steps, plain or with momentum.
pub(super) struct Runner {
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
    pub(super) fn new(start: &[Tensor<2>], options: Descent) -> Self {
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
    pub(super) fn steps(
        &mut self,
        landscape: &dyn Landscape,
        mut state: Vec<Tensor<2>>,
        rows: &RowProgress,
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
        host: &dyn HostSteps,
        state: &[Tensor<2>],
        rows: &RowProgress,
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
        rows: &RowProgress,
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
    pub(super) fn restart(&mut self, which: &[bool], like: &[Tensor<2>]) {
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
    pub(super) fn still(&mut self, rows: &RowProgress, state: &[Tensor<2>]) {
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

pub(super) fn flags(values: &[bool], like: &Tensor<2>) -> Tensor<2, Bool> {
    let data = TensorData::new(values.to_vec(), [values.len(), 1]);
    Tensor::from_data(data, &like.device())
}

/// `held` where the mask is true, else `moving`.
pub(super) fn hold(
    mask: &Tensor<2, Bool>,
    moving: Vec<Tensor<2>>,
    held: &[Tensor<2>],
) -> Vec<Tensor<2>> {
    let blocks = moving.into_iter().zip(held);
    blocks
        .map(|(moving, held)| {
            let mask = mask.clone().expand(moving.shape());
            moving.mask_where(mask, held.clone())
        })
        .collect()
}
