//! The recall of a batch of rows, each on its own core.

use std::collections::HashSet;

use attractor_core::{AssociativeMemory, Error, Outcome, Recall, Result, check};
use burn::tensor::{Device, Tensor, TensorData};
use rayon::prelude::*;

use super::{Ended, Schedule, Update, collect, signs};
use crate::input;

/// A rule that says which value each unit prefers, with whatever it keeps up to date from flip to
/// flip.
pub(crate) trait Dynamics: Sync {
    /// What one recall carries along, such as local fields or overlaps.
    type Fields: Send;

    /// Cues whose first fields are computed together, on one core. Fixed, so that results do not depend
    /// on the number of threads.
    const TOGETHER: usize = 1;

    /// The fields of a state.
    fn fields(&self, state: &[i8]) -> Self::Fields;

    /// The fields of states `[b, dim]`; equal to [`Self::fields`] of each up to rounding.
    fn fields_of(&self, states: &[i8], dim: usize) -> Vec<Self::Fields> {
        states
            .chunks_exact(dim)
            .map(|state| self.fields(state))
            .collect()
    }

    /// Above 0: unit `i` prefers +1; below 0: -1; 0: it keeps its value.
    fn preference(&self, fields: &Self::Fields, state: &[i8], i: usize) -> f64;

    /// Brings the fields up to date: unit `i` has become `value`.
    fn flipped(&self, fields: &mut Self::Fields, i: usize, value: i8);

    /// Brings the fields up to date: the units `flips` of `state` have just been turned round.
    fn all_flipped(&self, fields: &mut Self::Fields, state: &[i8], flips: &[usize]);

    /// Energy of the state.
    fn energy(&self, fields: &Self::Fields, state: &[i8]) -> f64;
}

/// Recalls cues `[b, d]` by a network; entries with `known` 1 are held.
pub(crate) fn recall<D: Dynamics + AssociativeMemory>(
    dynamics: &D,
    schedule: &Schedule,
    cues: Tensor<2>,
    known: Option<Tensor<2>>,
    device: &Device,
) -> Result<Recall> {
    let dim = dynamics.dim();
    check::shape("cues", &cues, dim)?;
    let cues = input::accept_cues(cues, dynamics.len(), dim, device)?;
    let rows = cues.dims()[0];
    let cues = signs("cues", &check::to_host(cues)?)?;
    let held = match known {
        None => vec![false; rows * dim],
        Some(known) => {
            let known = check::known(&known, [rows, dim])?;
            known.into_iter().map(|value| value == 1.0).collect()
        }
    };
    let ended = cues
        .par_chunks(D::TOGETHER * dim)
        .zip(held.par_chunks(D::TOGETHER * dim))
        .flat_map_iter(|(cues, held)| {
            let fields = dynamics.fields_of(cues, dim).into_iter();
            let rows = cues.chunks_exact(dim).zip(held.chunks_exact(dim));
            rows.zip(fields).map(move |((cue, held), fields)| {
                let start = (cue.to_vec(), fields);
                match schedule.update {
                    Update::Asynchronous => one_by_one(dynamics, schedule, start, held),
                    Update::Synchronous => all_at_once(dynamics, schedule, start, held),
                }
            })
        })
        .collect();
    collect(ended, dim, device)
}

fn one_by_one<D: Dynamics>(
    dynamics: &D,
    schedule: &Schedule,
    (mut state, mut fields): (Vec<i8>, D::Fields),
    held: &[bool],
) -> Ended {
    let mut energies = vec![dynamics.energy(&fields, &state)];
    let mut order = schedule.order(0, state.len());
    for sweep in 0..schedule.max_sweeps {
        if schedule.shuffled && sweep > 0 {
            order = schedule.order(sweep, state.len());
        }
        let mut still = true;
        for &i in &order {
            if held[i] {
                continue;
            }
            let preference = dynamics.preference(&fields, &state, i);
            if preference * f64::from(state[i]) < 0.0 {
                state[i] = -state[i];
                dynamics.flipped(&mut fields, i, state[i]);
                still = false;
            }
        }
        energies.push(dynamics.energy(&fields, &state));
        if still {
            return ended(state, Outcome::Converged, sweep + 1, energies);
        }
    }
    ended(state, Outcome::MaxSteps, schedule.max_sweeps, energies)
}

fn all_at_once<D: Dynamics>(
    dynamics: &D,
    schedule: &Schedule,
    (mut state, mut fields): (Vec<i8>, D::Fields),
    held: &[bool],
) -> Ended {
    let mut energies = vec![dynamics.energy(&fields, &state)];
    let mut visited = HashSet::from([state.clone()]);
    for sweep in 1..=schedule.max_sweeps {
        let flips: Vec<usize> = (0..state.len())
            .filter(|&i| !held[i])
            .filter(|&i| dynamics.preference(&fields, &state, i) * f64::from(state[i]) < 0.0)
            .collect();
        for &i in &flips {
            state[i] = -state[i];
        }
        dynamics.all_flipped(&mut fields, &state, &flips);
        energies.push(dynamics.energy(&fields, &state));
        if flips.is_empty() {
            return ended(state, Outcome::Converged, sweep, energies);
        }
        // The next state is a function of this one: a state that returns, returns for ever.
        if !visited.insert(state.clone()) {
            return ended(state, Outcome::Cycle, sweep, energies);
        }
    }
    ended(state, Outcome::MaxSteps, schedule.max_sweeps, energies)
}

fn ended(state: Vec<i8>, outcome: Outcome, sweeps: usize, energies: Vec<f64>) -> Ended {
    Ended {
        state,
        outcome,
        sweeps,
        energies,
    }
}

/// Signs, row-major, as patterns `[n, dim]`.
pub(crate) fn stored(patterns: &[i8], dim: usize, device: &Device) -> Result<Tensor<2>> {
    if patterns.is_empty() {
        return Err(Error::EmptyMemory);
    }
    let values: Vec<f32> = patterns.iter().map(|&sign| f32::from(sign)).collect();
    let shape = [patterns.len() / dim, dim];
    Ok(Tensor::from_data(TensorData::new(values, shape), device))
}

/// Refuses the index of a pattern that is not stored.
pub(crate) fn stored_index(index: usize, len: usize) -> Result<()> {
    match index < len {
        true => Ok(()),
        false => Err(Error::Index {
            what: "pattern",
            len,
            index,
        }),
    }
}
