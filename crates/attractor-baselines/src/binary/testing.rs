//! Shared by the tests of the memories of +1 and -1.

use attractor_core::{AssociativeMemory, Complete, Error, Forget, Outcome, rng};

use super::Dynamics;
use crate::testing::{host, tensor};

/// Random signs `[rows, dim]`.
pub(crate) fn random(seed: u64, rows: usize, dim: usize) -> Vec<f32> {
    let values = rng::uniform_vec(&mut rng::stream(seed, "signs"), rows * dim, -1.0, 1.0);
    values
        .into_iter()
        .map(|value| if value < 0.0 { -1.0 } else { 1.0 })
        .collect()
}

/// Every row with `count` distinct entries flipped.
pub(crate) fn flip(values: &[f32], dim: usize, count: usize, seed: u64) -> Vec<f32> {
    let mut out = values.to_vec();
    for (row, values) in out.chunks_exact_mut(dim).enumerate() {
        let mut rng = rng::indexed_stream(seed, "flips", row as u64);
        for &i in &rng::permutation(&mut rng, dim)[..count] {
            values[i] = -values[i];
        }
    }
    out
}

/// Share of rows that are equal.
pub(crate) fn exact(ours: &[f32], expected: &[f32], dim: usize) -> f64 {
    let rows = ours.chunks_exact(dim).zip(expected.chunks_exact(dim));
    let equal = rows.filter(|(a, b)| a == b).count();
    equal as f64 * dim as f64 / expected.len() as f64
}

/// Flips single units from random states: the energy falls by every flip, and the fields that are
/// carried along stay those of the state.
pub(crate) fn check_descent<D: Dynamics>(dynamics: &D, dim: usize, seed: u64) {
    let mut state: Vec<i8> = random(seed, 1, dim)
        .iter()
        .map(|&sign| sign as i8)
        .collect();
    let mut fields = dynamics.fields(&state);
    let mut before = dynamics.energy(&fields, &state);
    let mut flips = 0;
    for _ in 0..3 {
        for i in 0..dim {
            if dynamics.preference(&fields, &state, i) * f64::from(state[i]) < 0.0 {
                state[i] = -state[i];
                dynamics.flipped(&mut fields, i, state[i]);
                let after = dynamics.energy(&fields, &state);
                assert!(
                    after < before,
                    "a flip raised the energy from {before} to {after}"
                );
                let fresh = dynamics.energy(&dynamics.fields(&state), &state);
                assert!(
                    (fresh - after).abs() <= 1e-9 * fresh.abs().max(1e-9),
                    "{fresh} {after}"
                );
                before = after;
                flips += 1;
            }
        }
    }
    assert!(
        flips > 0,
        "a random state of a loaded memory has something to flip"
    );
}

/// Errors, single rows against batches, exact removal, held entries. `fresh` makes an empty memory
/// of 12 entries.
pub(crate) fn check_contract<M: AssociativeMemory + Forget + Complete>(fresh: impl Fn() -> M) {
    let mut memory = fresh();
    let cue = tensor(&random(1, 1, 12), 12);
    assert_eq!(memory.read(cue.clone()).unwrap_err(), Error::EmptyMemory);
    assert_eq!(memory.stored_states().unwrap_err(), Error::EmptyMemory);
    let mut half = random(2, 2, 12);
    half[13] = 0.5;
    let message = memory.write(tensor(&half, 12)).unwrap_err().to_string();
    assert_eq!(message, "patterns: every entry must be 1 or -1, found 0.5");
    assert!(memory.is_empty());
    let patterns = random(3, 3, 12);
    memory.write(tensor(&patterns, 12)).unwrap();
    assert_eq!(
        (memory.len(), host(memory.stored_states().unwrap())),
        (3, patterns.clone())
    );
    let message = memory.read(tensor(&half, 12)).unwrap_err().to_string();
    assert_eq!(message, "cues: every entry must be 1 or -1, found 0.5");
    let message = memory.read(tensor(&[1.0; 5], 5)).unwrap_err().to_string();
    assert_eq!(message, "cues: expected shape [n, 12], found [1, 5]");
    assert!(matches!(
        memory.remove(3),
        Err(Error::Index {
            len: 3,
            index: 3,
            ..
        })
    ));

    // A row alone equals the same row in a batch.
    let cues = random(4, 6, 12);
    let together = memory.read(tensor(&cues, 12)).unwrap();
    let states = host(together.state);
    for row in 0..6 {
        let alone = memory
            .read(tensor(&cues[row * 12..(row + 1) * 12], 12))
            .unwrap();
        assert_eq!(host(alone.state), states[row * 12..(row + 1) * 12]);
        assert_eq!(alone.outcomes[0], together.outcomes[row]);
        assert_eq!(alone.steps[0], together.steps[row]);
    }
    assert!(
        together
            .outcomes
            .iter()
            .all(|&outcome| outcome == Outcome::Converged)
    );

    // A memory from which a pattern was removed equals one in which it never was.
    memory.write(tensor(&random(5, 2, 12), 12)).unwrap();
    memory.remove(1).unwrap();
    let mut never = fresh();
    never.write(tensor(&patterns[..12], 12)).unwrap();
    never.write(tensor(&patterns[24..], 12)).unwrap();
    never.write(tensor(&random(5, 2, 12), 12)).unwrap();
    assert_eq!(
        host(memory.stored_states().unwrap()),
        host(never.stored_states().unwrap())
    );
    let (ours, theirs) = (
        memory.read(tensor(&cues, 12)).unwrap(),
        never.read(tensor(&cues, 12)).unwrap(),
    );
    assert_eq!(host(ours.state), host(theirs.state));
    assert_eq!(ours.energy_last, theirs.energy_last);

    // Known entries never move.
    let known: Vec<f32> = (0..72).map(|at| f32::from(at % 3 == 0)).collect();
    let held = memory
        .complete(tensor(&cues, 12), tensor(&known, 12))
        .unwrap();
    for ((state, cue), known) in host(held.state).iter().zip(&cues).zip(&known) {
        assert!(*known == 0.0 || state == cue);
    }
    assert!(
        memory
            .complete(tensor(&cues, 12), tensor(&cues, 12))
            .is_err()
    );
    memory.clear();
    assert_eq!(memory.read(cue).unwrap_err(), Error::EmptyMemory);
}
