//! What the memories of +1 and -1 share: their input, the order of updates, the end of a recall.
//!
//! A unit i has a *preference* for +1 (above 0) or -1 (below 0); at 0 it keeps its value, which is
//! what makes every flip lower the energy. Asynchronous updates visit the units one after the other
//! until a sweep flips none. Synchronous updates set all units from one snapshot and may run in
//! circles; a state that comes back ends the recall as [`Outcome::Cycle`].

mod run;
mod schedule;
#[cfg(test)]
pub(crate) mod testing;

pub use schedule::{Schedule, Update};

pub(crate) use run::{Dynamics, recall, stored, stored_index};

use attractor_core::kernel::{PatternIds, TopK};
use attractor_core::weights::Weights;
use attractor_core::{Error, Identification, Outcome, Ranking, Recall, Result, check};
use burn::tensor::{Device, Tensor};

use crate::input;
use crate::persist::CODES;

/// The entries of a batch as signs.
///
/// # Errors
/// [`Error::Config`] with the first entry that is neither 1 nor -1.
pub(crate) fn signs(what: &'static str, values: &[f32]) -> Result<Vec<i8>> {
    values
        .iter()
        .map(|&value| match value {
            1.0 => Ok(1),
            -1.0 => Ok(-1),
            other => Err(Error::config(what, "every entry must be 1 or -1", other)),
        })
        .collect()
}

/// Puts rows of signs into a file, `[n, dim]`.
pub(crate) fn pack(file: &mut Weights, signs: impl Iterator<Item = i8>, dim: usize) {
    let values: Vec<f32> = signs.map(f32::from).collect();
    file.insert(CODES, &[values.len() / dim, dim], values);
}

/// How one row ended.
pub(crate) struct Ended {
    pub(crate) state: Vec<i8>,
    pub(crate) outcome: Outcome,
    pub(crate) sweeps: usize,
    /// Energy at the start and after every sweep.
    pub(crate) energies: Vec<f64>,
}

/// Rows of a recall, put together.
fn collect(ended: Vec<Ended>, dim: usize, device: &burn::tensor::Device) -> Result<Recall> {
    let longest = ended
        .iter()
        .map(|row| row.energies.len())
        .max()
        .unwrap_or(0);
    let values: Vec<Vec<f32>> = (0..longest)
        .map(|step| {
            let at = |row: &Ended| row.energies[step.min(row.energies.len() - 1)] as f32;
            ended.iter().map(at).collect()
        })
        .collect();
    let state = ended.iter().flat_map(|row| &row.state);
    let state = state.map(|&sign| f32::from(sign)).collect();
    Ok(Recall {
        state: attractor_core::check::from_host("state", state, dim, device)?,
        decoded: None,
        outcomes: ended.iter().map(|row| row.outcome).collect(),
        steps: ended.iter().map(|row| row.sweeps).collect(),
        energy_first: values.first().cloned().unwrap_or_default(),
        energy_last: values.last().cloned().unwrap_or_default(),
        trace: attractor_core::Trace {
            terms: vec![attractor_core::recall::TraceTerm {
                name: "energy".into(),
                values,
            }],
        },
        recalled: Vec::new(),
    })
}

/// The `k` patterns with the largest overlaps `m . s / dim` with each of the cues `[b, dim]`: 1 for a cue that is the pattern. They are
/// no probabilities.
pub(crate) fn nearest(
    cues: Tensor<2>,
    (ids, dim, device): (&PatternIds, usize, &Device),
    k: usize,
    products: impl Fn(&[i8]) -> Vec<i32>,
) -> Result<Vec<Identification>> {
    let cues = input::accept_cues(cues, ids.len(), dim, device)?;
    let signs = signs("cues", &check::to_host(cues)?)?;
    let rows = signs.chunks_exact(dim).map(|cue| {
        let products = products(cue).into_iter();
        products
            .map(|product| f64::from(product) / dim as f64)
            .collect::<Vec<f64>>()
    });
    let found = Ranking::all_without_probabilities(&TopK::of_scores(rows, k)?);
    found
        .into_iter()
        .map(|ranking| ranking.named(ids))
        .collect()
}
