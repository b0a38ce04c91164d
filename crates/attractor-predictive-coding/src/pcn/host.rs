//! Steps of inference in host memory: some rows at a time through the whole network, with packed
//! weights.
//!
//! The same steps as those of [`super::relax`] along [`attractor_core::coding::Stack::drives`] around
//! clamped data, for networks of rectifiers and linear units in single precision. What lies between two
//! matrix products stays in cache, and weights are laid out once for all steps.

use std::slice::ChunksMut;
use std::sync::{Mutex, PoisonError};

use attractor_core::backend::is_host_device;
use attractor_core::kernel::PackedMatrix;
use attractor_core::{Activation, Result, check};
use burn::tensor::DType;
use rayon::prelude::*;

use super::body::{Body, Data};
use super::links::{Clamped, Dense, Gram, Sensory, TopEnd};

/// Packing costs about as much as a step of a dozen rows.
const STEPS_AT_LEAST: usize = 4;
/// Rows that one thread takes at least.
const ROWS_AT_LEAST: usize = 8;

/// A network around clamped data.
#[derive(Debug)]
pub(crate) struct Host {
    top: Option<Top>,
    links: Vec<Wire>,
    data: Sense,
    /// Spare arrays of earlier steps.
    spare: Mutex<Vec<Scratch>>,
}

/// What is expected of the memory layer.
#[derive(Debug)]
struct Top {
    mean: Vec<f32>,
    /// `V^T` and `V`.
    recurrent: Option<[PackedMatrix; 2]>,
}

/// Prediction and its adjoint.
#[derive(Debug)]
struct Wire {
    /// `W^T`.
    down: PackedMatrix,
    /// `W`.
    up: PackedMatrix,
    bias: Option<Vec<f32>>,
    /// Whether there is a rectifier before and after.
    rectified: [bool; 2],
}

/// The pull of the data on the lowest hidden layer.
#[derive(Debug)]
enum Sense {
    Direct(Box<Wire>, Vec<f32>, Option<Vec<f32>>),
    Gram {
        gram: PackedMatrix,
        projected: Vec<f32>,
        rectified: bool,
    },
}

/// Arrays of one task.
#[derive(Debug, Default)]
struct Scratch {
    input: Vec<f32>,
    below: Vec<f32>,
    /// What a rectifier behind the weights was given.
    slope: Vec<f32>,
    pulled: Vec<f32>,
    /// Where momentum leads each block.
    ahead: Vec<Vec<f32>>,
}

/// What moves, `[b, n]` for each block, the memory layer first.
pub(super) struct Motion<'a> {
    pub(super) state: &'a mut [Vec<f32>],
    /// Of each row.
    pub(super) rates: &'a [f32],
    /// Velocities of each block and age of each row, see [`super::relax`].
    pub(super) momentum: Option<(&'a mut [Vec<f32>], &'a mut [f32])>,
    /// Minus the gradient that the last step went along.
    pub(super) drives: &'a mut [Vec<f32>],
}

/// Some rows of it.
struct Task<'a> {
    first: usize,
    state: Vec<&'a mut [f32]>,
    rates: &'a [f32],
    momentum: Option<(Vec<&'a mut [f32]>, &'a mut [f32])>,
    drives: Vec<&'a mut [f32]>,
}

impl Host {
    /// The network of a body, if this form serves it and so many steps are worth packing its weights.
    pub(super) fn of(body: &Body, steps: usize) -> Result<Option<Self>> {
        let Data::Clamped(sensory, clamped) = &body.data else {
            return Ok(None);
        };
        let weight = &clamped.link.weight;
        let device = weight.device();
        let links = || body.links.iter().chain([&clamped.link]);
        let plain = |f: Activation| matches!(f, Activation::Identity | Activation::Relu);
        let serves = steps >= STEPS_AT_LEAST
            && weight.dtype() == DType::F32
            && is_host_device(&device)
            && !device.is_autodiff()
            && links().all(|link| plain(link.before) && plain(link.after));
        if !serves {
            return Ok(None);
        }
        let links = body.links.iter().map(Wire::of).collect::<Result<_>>()?;
        Ok(Some(Self {
            top: body.top.as_ref().map(Top::of).transpose()?,
            links,
            data: Sense::of(sensory, clamped)?,
            spare: Mutex::default(),
        }))
    }

    /// Makes so many steps. Rows do not depend on one another, so that each thread goes all the way
    /// with its own.
    pub(super) fn run(&self, motion: Motion<'_>, steps: usize) -> Result<()> {
        let rows = motion.rates.len();
        let share = rows
            .div_ceil(rayon::current_num_threads())
            .max(ROWS_AT_LEAST);
        let mut state = pieces(motion.state, rows, share);
        let mut drives = pieces(motion.drives, rows, share);
        let mut momentum = motion.momentum.map(|(velocity, age)| {
            let ages = age.chunks_mut(share);
            (pieces(velocity, rows, share), ages)
        });
        let mut tasks = Vec::new();
        for (rates, first) in motion.rates.chunks(share).zip((0..rows).step_by(share)) {
            let momentum = momentum
                .as_mut()
                .and_then(|(velocity, ages)| Some((next(velocity), ages.next()?)));
            tasks.push(Task {
                first,
                state: next(&mut state),
                rates,
                momentum,
                drives: next(&mut drives),
            });
        }
        let run = |task: &mut Task<'_>| {
            let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
            let mut scratch = spare.pop().unwrap_or_default();
            drop(spare);
            for _ in 0..steps {
                self.step(task, &mut scratch)?;
            }
            let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
            spare.push(scratch);
            Ok(())
        };
        match tasks.as_mut_slice() {
            [alone] => run(alone),
            many => many.par_iter_mut().try_for_each(run),
        }
    }

    fn step(&self, task: &mut Task<'_>, scratch: &mut Scratch) -> Result<()> {
        let count = task.rates.len();
        let Some((velocity, ages)) = &mut task.momentum else {
            let state: Vec<&[f32]> = task.state.iter().map(|block| &**block).collect();
            self.rows(&state, task.first, count, &mut task.drives, scratch)?;
            for (block, drive) in task.state.iter_mut().zip(&task.drives) {
                let width = block.len() / count;
                let rows = block.chunks_exact_mut(width).zip(drive.chunks_exact(width));
                for ((values, drive), rate) in rows.zip(task.rates) {
                    for (value, drive) in values.iter_mut().zip(drive) {
                        *value += drive * rate;
                    }
                }
            }
            return Ok(());
        };
        let older = |age: f32| 0.5 * (1.0 + (1.0 + 4.0 * age * age).sqrt());
        let mut ahead = std::mem::take(&mut scratch.ahead);
        ahead.resize_with(task.state.len(), Vec::new);
        for ((ahead, block), velocity) in ahead.iter_mut().zip(&task.state).zip(&*velocity) {
            let width = block.len() / count;
            ahead.clear();
            for (row, age) in ages.iter().enumerate() {
                let share = (age - 1.0) / older(*age);
                let range = row * width..(row + 1) * width;
                let pairs = block[range.clone()].iter().zip(&velocity[range]);
                ahead.extend(pairs.map(|(value, velocity)| value + velocity * share));
            }
        }
        let points: Vec<&[f32]> = ahead.iter().map(Vec::as_slice).collect();
        self.rows(&points, task.first, count, &mut task.drives, scratch)?;
        for (row, age) in ages.iter_mut().enumerate() {
            let rate = task.rates[row];
            let mut along = 0.0;
            for (at, ahead) in ahead.iter().enumerate() {
                let width = ahead.len() / count;
                let range = row * width..(row + 1) * width;
                let values = task.state[at][range.clone()].iter_mut();
                let drives = task.drives[at][range.clone()].iter();
                let velocity = velocity[at][range.clone()].iter_mut();
                let from = ahead[range].iter();
                for (((value, velocity), drive), from) in values.zip(velocity).zip(drives).zip(from)
                {
                    let next = from + drive * rate;
                    *velocity = next - *value;
                    *value = next;
                    along += *velocity * drive;
                }
            }
            *age = if along < 0.0 { 1.0 } else { older(*age) };
        }
        scratch.ahead = ahead;
        Ok(())
    }

    /// Sets the drives of `count` rows from `first`.
    fn rows(
        &self,
        state: &[&[f32]],
        first: usize,
        count: usize,
        drives: &mut [&mut [f32]],
        scratch: &mut Scratch,
    ) -> Result<()> {
        match &self.top {
            Some(top) => top.pull(state[0], drives[0], scratch)?,
            None => drives[0].fill(0.0),
        }
        for (at, link) in self.links.iter().enumerate() {
            link.predict(state[at], count, scratch)?;
            for (below, value) in scratch.below.iter_mut().zip(state[at + 1]) {
                *below = value - *below;
            }
            // Nothing has pulled on the block below yet.
            for (drive, error) in drives[at + 1].iter_mut().zip(&scratch.below) {
                *drive = -error;
            }
            link.pull(state[at], drives[at], scratch)?;
        }
        let last = state.len() - 1;
        let (values, drive) = (state[last], &mut *drives[last]);
        match &self.data {
            Sense::Direct(link, target, known) => {
                let width = link.down.shape()[1];
                let range = first * width..(first + count) * width;
                link.predict(values, count, scratch)?;
                for (below, target) in scratch.below.iter_mut().zip(&target[range.clone()]) {
                    *below = target - *below;
                }
                if let Some(known) = known {
                    for (below, known) in scratch.below.iter_mut().zip(&known[range]) {
                        *below *= known;
                    }
                }
                link.pull(values, drive, scratch)
            }
            Sense::Gram {
                gram,
                projected,
                rectified,
            } => {
                rectify(values, *rectified, &mut scratch.input);
                scratch.pulled.resize(values.len(), 0.0);
                gram.multiply(&scratch.input, &mut scratch.pulled)?;
                let width = values.len() / count;
                let projected = &projected[first * width..(first + count) * width];
                for (pulled, projected) in scratch.pulled.iter_mut().zip(projected) {
                    *pulled = projected - *pulled;
                }
                add(drive, &scratch.pulled, rectified.then_some(values));
                Ok(())
            }
        }
    }
}

/// Every block cut into pieces of `share` of its `rows` rows.
fn pieces(blocks: &mut [Vec<f32>], rows: usize, share: usize) -> Vec<ChunksMut<'_, f32>> {
    let blocks = blocks.iter_mut();
    blocks
        .map(|block| {
            let width = block.len() / rows;
            block.chunks_mut((share * width).max(1))
        })
        .collect()
}

/// The next piece of every block.
fn next<'a>(pieces: &mut [ChunksMut<'a, f32>]) -> Vec<&'a mut [f32]> {
    pieces.iter_mut().filter_map(Iterator::next).collect()
}

impl Top {
    fn of(end: &TopEnd) -> Result<Self> {
        let recurrent = match &end.recurrent {
            Some(weight) => {
                let (values, shape) = (check::to_host(weight.clone())?, weight.dims());
                Some([
                    PackedMatrix::transposed(&values, shape)?,
                    PackedMatrix::new(&values, shape)?,
                ])
            }
            None => None,
        };
        Ok(Self {
            mean: check::to_host(end.mean.clone())?,
            recurrent,
        })
    }

    /// Sets the drive of the memory layer to minus its error, and what its errors pull back.
    fn pull(&self, values: &[f32], drive: &mut [f32], scratch: &mut Scratch) -> Result<()> {
        let width = self.mean.len();
        let rows = values
            .chunks_exact(width)
            .zip(drive.chunks_exact_mut(width));
        for (values, drive) in rows {
            for ((drive, value), mean) in drive.iter_mut().zip(values).zip(&self.mean) {
                *drive = mean - value;
            }
        }
        let Some([down, up]) = &self.recurrent else {
            return Ok(());
        };
        scratch.pulled.resize(values.len(), 0.0);
        down.multiply(values, &mut scratch.pulled)?;
        for (drive, expected) in drive.iter_mut().zip(&scratch.pulled) {
            *drive += expected;
        }
        // The drive is minus the error now, and the error pulls back through V.
        up.multiply(drive, &mut scratch.pulled)?;
        for (drive, pulled) in drive.iter_mut().zip(&scratch.pulled) {
            *drive -= pulled;
        }
        Ok(())
    }
}

impl Wire {
    fn of(link: &Dense) -> Result<Self> {
        let (weight, shape) = (check::to_host(link.weight.clone())?, link.weight.dims());
        Ok(Self {
            down: PackedMatrix::transposed(&weight, shape)?,
            up: PackedMatrix::new(&weight, shape)?,
            bias: link.bias.clone().map(check::to_host).transpose()?,
            rectified: [link.before, link.after].map(|f| f == Activation::Relu),
        })
    }

    /// Leaves what `values` predict in `scratch.below`.
    fn predict(&self, values: &[f32], count: usize, scratch: &mut Scratch) -> Result<()> {
        let width = self.down.shape()[1];
        scratch.below.resize(count * width, 0.0);
        rectify(values, self.rectified[0], &mut scratch.input);
        self.down.multiply(&scratch.input, &mut scratch.below)?;
        if let Some(bias) = &self.bias {
            for row in scratch.below.chunks_exact_mut(width) {
                row.iter_mut().zip(bias).for_each(|(below, c)| *below += c);
            }
        }
        if self.rectified[1] {
            scratch.slope.clear();
            scratch.slope.extend_from_slice(&scratch.below);
            scratch
                .below
                .iter_mut()
                .for_each(|below| *below = relu(*below));
        }
        Ok(())
    }

    /// Adds what the errors in `scratch.below` pull back to the drive.
    fn pull(&self, values: &[f32], drive: &mut [f32], scratch: &mut Scratch) -> Result<()> {
        if self.rectified[1] {
            let errors = scratch.below.iter_mut().zip(&scratch.slope);
            errors.for_each(|(error, pre)| *error = if *pre <= 0.0 { 0.0 } else { *error });
        }
        scratch.pulled.resize(values.len(), 0.0);
        self.up.multiply(&scratch.below, &mut scratch.pulled)?;
        add(drive, &scratch.pulled, self.rectified[0].then_some(values));
        Ok(())
    }
}

impl Sense {
    fn of(sensory: &Sensory, clamped: &Clamped) -> Result<Self> {
        match sensory {
            Sensory::Direct(_) => Ok(Self::Direct(
                Box::new(Wire::of(&clamped.link)?),
                check::to_host(clamped.target.clone())?,
                clamped.known.clone().map(check::to_host).transpose()?,
            )),
            Sensory::Gram(form) => {
                let Gram {
                    before,
                    projected,
                    gram,
                } = form.as_ref();
                Ok(Self::Gram {
                    rectified: *before == Activation::Relu,
                    projected: check::to_host(projected.clone())?,
                    gram: PackedMatrix::new(&check::to_host(gram.clone())?, gram.dims())?,
                })
            }
        }
    }
}

/// max(x, 0); what is not a number stays so.
fn relu(value: f32) -> f32 {
    if value <= 0.0 { 0.0 } else { value }
}

fn rectify(values: &[f32], rectified: bool, input: &mut Vec<f32>) {
    input.clear();
    match rectified {
        true => input.extend(values.iter().map(|&value| relu(value))),
        false => input.extend_from_slice(values),
    }
}

/// `drive += pulled`, where the values that a rectifier stands behind are above 0.
fn add(drive: &mut [f32], pulled: &[f32], rectified: Option<&[f32]>) {
    let pairs = drive.iter_mut().zip(pulled);
    match rectified {
        Some(values) => pairs.zip(values).for_each(|((drive, pulled), value)| {
            *drive += if *value <= 0.0 { 0.0 } else { *pulled };
        }),
        None => pairs.for_each(|(drive, pulled)| *drive += pulled),
    }
}
