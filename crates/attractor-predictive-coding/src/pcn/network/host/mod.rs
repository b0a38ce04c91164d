//! Steps of inference in host memory: some rows at a time through the whole network, with packed
//! weights.
//!
//! The same steps as those of [`crate::relaxation`] along [`attractor_core::coding::Stack::drives`] around
//! clamped data, for networks of rectifiers and linear units in single precision. What lies between two
//! matrix products stays in cache, and weights are laid out once for all steps.

mod parts;

use std::slice::ChunksMut;
use std::sync::{Mutex, PoisonError};

use attractor_core::backend::is_host_device;
use attractor_core::{Activation, Result};
use burn::tensor::DType;
use rayon::prelude::*;

use self::parts::{Scratch, Sense, Top, Wire};
use super::links::{Clamped, Dense, Sensory, TopEnd};
use crate::relaxation::{HostSteps, Motion};

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

/// Some rows of it.
struct Task<'a> {
    first: usize,
    state: Vec<&'a mut [f32]>,
    rates: &'a [f32],
    momentum: Option<(Vec<&'a mut [f32]>, &'a mut [f32])>,
    drives: Vec<&'a mut [f32]>,
}

impl Host {
    /// The network around clamped data, if this form serves it and so many steps are worth packing its weights.
    pub(super) fn of(
        top: Option<&TopEnd>,
        links: &[Dense],
        (sensory, clamped): (&Sensory, &Clamped),
        steps: usize,
    ) -> Result<Option<Self>> {
        let weight = &clamped.link.weight;
        let device = weight.device();
        let all = || links.iter().chain([&clamped.link]);
        let plain = |f: Activation| matches!(f, Activation::Identity | Activation::Relu);
        let serves = steps >= STEPS_AT_LEAST
            && weight.dtype() == DType::F32
            && is_host_device(&device)
            && !device.is_autodiff()
            && all().all(|link| plain(link.before) && plain(link.after));
        if !serves {
            return Ok(None);
        }
        let links = links.iter().map(Wire::of).collect::<Result<_>>()?;
        Ok(Some(Self {
            top: top.map(Top::of).transpose()?,
            links,
            data: Sense::of(sensory, clamped)?,
            spare: Mutex::default(),
        }))
    }
}

impl HostSteps for Host {
    /// Rows do not depend on one another, so that each thread goes all the way
    /// with its own.
    fn run(&self, motion: Motion<'_>, steps: usize) -> Result<()> {
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
}

impl Host {
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
        self.data.pull((values, first, count), drive, scratch)
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
