mod capacity;
mod correspondence;
mod engines;
mod golden;
mod learning;

use attractor_core::rng;
use rand::RngExt;

use crate::cube::{CubeNetwork, Schedule};
use crate::memory::{SpikingMemory, SpikingMemoryConfig};
use crate::rules::LearningRule;

pub(crate) const PINV: LearningRule = LearningRule::PseudoInverse {
    keep_diagonal: false,
};

/// Random patterns `[n, K]`.
pub(crate) fn random(seed: u64, count: usize, units: usize) -> Vec<i8> {
    let mut random = rng::stream(seed, "test patterns");
    (0..count * units)
        .map(|_| if random.random() { 1 } else { -1 })
        .collect()
}

/// The pattern with `count` units turned round.
pub(crate) fn flipped(pattern: &[i8], count: usize, seed: u64) -> Vec<i8> {
    let order = rng::permutation(&mut rng::stream(seed, "test flips"), pattern.len());
    let mut cue = pattern.to_vec();
    order[..count].iter().for_each(|&k| cue[k] = -cue[k]);
    cue
}

pub(crate) fn memory(config: SpikingMemoryConfig, patterns: &[i8]) -> SpikingMemory {
    let mut memory = config.init(&attractor_testing::device()).unwrap();
    memory.write_signs(patterns).unwrap();
    memory
}

/// The network of patterns under a rule, with everything else as by default.
fn network(rule: LearningRule, patterns: &[i8], units: usize) -> CubeNetwork {
    let memory = memory(SpikingMemoryConfig::with_rule(units, rule), patterns);
    memory.network().unwrap().clone()
}

fn overlap(a: &[i8], b: &[i8]) -> f64 {
    let sum: i32 = a
        .iter()
        .zip(b)
        .map(|(&a, &b)| i32::from(a) * i32::from(b))
        .sum();
    f64::from(sum) / a.len() as f64
}

/// Overlaps of what is recalled from every pattern with `flips` units turned round.
fn overlaps(network: &CubeNetwork, patterns: &[i8], flips: usize, schedule: &Schedule) -> Vec<f64> {
    use rayon::prelude::*;
    let rows = patterns.par_chunks_exact(network.units()).enumerate();
    rows.map(|(row, pattern)| {
        let cue = flipped(pattern, flips, row as u64);
        let recall = network.recall(&cue, None, schedule).unwrap();
        overlap(&recall.signs, pattern)
    })
    .collect()
}

fn share(values: &[f64], good: impl Fn(f64) -> bool) -> f64 {
    values.iter().filter(|&&value| good(value)).count() as f64 / values.len() as f64
}

/// A Hopfield network on the coupling of a cube (its diagonal left out): units in turn until none flips.
fn hopfield(network: &CubeNetwork, cue: &[i8]) -> Vec<i8> {
    let (mut state, mut moved) = (cue.to_vec(), true);
    while moved {
        moved = false;
        for k in 0..state.len() {
            let row = network.coupling().row(k).iter().zip(&state).enumerate();
            let field: f64 = row
                .filter(|&(l, _)| l != k)
                .map(|(_, (j, &x))| j * f64::from(x))
                .sum();
            if field * f64::from(state[k]) < -1e-12 {
                (state[k], moved) = (-state[k], true);
            }
        }
    }
    state
}
