//! A batch of cues on its way to equilibria.

use attractor_core::backend::is_host_device;
use attractor_core::check::{from_host, to_host};
use attractor_core::{Result, rng};
use burn::tensor::{Device, Int, Tensor, TensorData};
use rayon::prelude::*;

use super::coupling::Coupling;
use crate::{Activation, Dynamics};

/// Entries that one thread takes at once.
const TOGETHER: usize = 1 << 14;

/// Steps between looks at who has settled: a look waits for the device.
const LOOK: usize = 10;

/// What is integrated, all of it `[b, N]` and on the device.
pub(super) struct Start {
    pub(super) rates: Tensor<2>,
    /// Input currents u.
    pub(super) input: Option<Tensor<2>>,
    /// 1 where a rate may move, 0 where it is held.
    pub(super) free: Option<Tensor<2>>,
}

/// Where it ended.
pub(super) struct Ended {
    /// Rates, row-major.
    pub(super) rates: Vec<f32>,
    pub(super) settled: Vec<bool>,
    pub(super) steps: Vec<usize>,
}

/// Rows that still move.
struct Moving {
    rows: Vec<usize>,
    start: Start,
    noise: Vec<rng::Rng>,
}

impl Moving {
    /// Drops the rows that do not stay; `places` are those that do.
    fn keep(&mut self, stays: &[bool], places: &Tensor<1, Int>) {
        let mut at = stays.iter();
        self.rows.retain(|_| *at.next().unwrap_or(&true));
        let mut at = stays.iter();
        self.noise.retain(|_| *at.next().unwrap_or(&true));
        let pick = |tensor: &Tensor<2>| tensor.clone().select(0, places.clone());
        self.start = Start {
            rates: pick(&self.start.rates),
            input: self.start.input.as_ref().map(pick),
            free: self.start.free.as_ref().map(pick),
        };
    }
}

/// Integrates every row until it settles, at most for the whole duration.
pub(super) fn relax(
    (coupling, activation): (&Coupling, &Activation),
    dynamics: &Dynamics,
    start: Start,
    device: &Device,
) -> Result<Ended> {
    let [count, dim] = start.rates.dims();
    let mut ended = Ended {
        rates: vec![0.0; count * dim],
        settled: vec![false; count],
        steps: vec![0; count],
    };
    let mut moving = Moving {
        rows: (0..count).collect(),
        noise: streams(dynamics, &start.rates)?,
        start,
    };
    let steps = dynamics.steps();
    for step in 0..=steps {
        let Start { rates, input, free } = &moving.start;
        let mut currents = coupling.currents(rates.clone());
        if let Some(input) = input {
            currents = currents + input.clone();
        }
        let mut change = phi(activation, currents, device)? - rates.clone();
        if let Some(free) = free {
            change = change * free.clone();
        }
        if step == steps || (step % LOOK == 0 && dynamics.noise == 0.0) {
            let farthest = to_host(change.clone().abs().max_dim(1))?;
            let settles = |far: f32| dynamics.noise == 0.0 && f64::from(far) < dynamics.tolerance;
            let stays: Vec<bool> = farthest
                .iter()
                .map(|&far| step < steps && !settles(far))
                .collect();
            if stays.contains(&false) {
                let values = to_host(rates.clone())?;
                for (at, &row) in moving.rows.iter().enumerate().filter(|(at, _)| !stays[*at]) {
                    let own = &values[at * dim..(at + 1) * dim];
                    ended.rates[row * dim..(row + 1) * dim].copy_from_slice(own);
                    ended.settled[row] = settles(farthest[at]);
                    ended.steps[row] = step;
                }
                let Some(places) = places_of(&stays, device) else {
                    break;
                };
                change = change.select(0, places.clone());
                moving.keep(&stays, &places);
            }
        }
        let mut next = moving.start.rates.clone() + change.mul_scalar(dynamics.step);
        if dynamics.noise > 0.0 {
            next = disturbed(next, &mut moving, dynamics, device)?;
        }
        moving.start.rates = next;
    }
    Ok(ended)
}

/// Phi of every entry, in host memory if tensors lie there anyway.
fn phi(activation: &Activation, currents: Tensor<2>, device: &Device) -> Result<Tensor<2>> {
    if !is_host_device(device) {
        return Ok(activation.rates(currents));
    }
    let [_, dim] = currents.dims();
    let mut values = to_host(currents)?;
    // Cut by size alone; what comes of an entry does not depend on its neighbours.
    values
        .par_chunks_mut(TOGETHER)
        .for_each(|values| activation.apply(values));
    from_host("rates", values, dim, device)
}

/// The rows that stay; `None` if none does.
fn places_of(stays: &[bool], device: &Device) -> Option<Tensor<1, Int>> {
    let places = (0..stays.len()).filter(|&at| stays[at]);
    let places: Vec<i32> = places.map(|at| at as i32).collect();
    let count = places.len();
    (count > 0).then(|| Tensor::from_data(TensorData::new(places, [count]), device))
}

/// A stream of noise for each row, named by the numbers of the cue: a row has the same noise wherever it
/// stands in a batch.
fn streams(dynamics: &Dynamics, rates: &Tensor<2>) -> Result<Vec<rng::Rng>> {
    if dynamics.noise == 0.0 {
        return Ok(Vec::new());
    }
    let [_, dim] = rates.dims();
    let values = to_host(rates.clone())?;
    let named = |row: &[f32]| {
        let bits = row.iter().map(|value| u64::from(value.to_bits()));
        let name = bits.fold(0xCBF2_9CE4_8422_2325, |hash: u64, bits| {
            (hash ^ bits).wrapping_mul(0x0100_0000_01B3)
        });
        rng::indexed_stream(dynamics.seed, "firing-rate noise", name)
    };
    Ok(values.chunks_exact(dim).map(named).collect())
}

fn disturbed(
    rates: Tensor<2>,
    moving: &mut Moving,
    dynamics: &Dynamics,
    device: &Device,
) -> Result<Tensor<2>> {
    let [_, dim] = rates.dims();
    let scale = (dynamics.noise * dynamics.step.sqrt()) as f32;
    let streams = moving.noise.iter_mut();
    let values = streams.flat_map(|stream| rng::normal_vec(stream, dim));
    let noise = values.map(|value| scale * value).collect();
    let mut noise = from_host("noise", noise, dim, device)?;
    if let Some(free) = &moving.start.free {
        noise = noise * free.clone();
    }
    let rates = rates + noise;
    Ok(match dynamics.clip {
        true => rates.clamp(0.0, 1.0),
        false => rates,
    })
}
