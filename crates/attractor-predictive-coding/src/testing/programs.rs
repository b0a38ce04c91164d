//! Random programs of operations: a memory that goes through a file between any two of them must
//! be indistinguishable from one that does not.

use std::fmt::Debug;

use attractor_core::{AssociativeMemory, Complete, Forget, Persist, Recall, Restore, Result};
use proptest::prelude::*;

use super::{device, normal};

/// One operation. Numbers are seeds of what is written or asked.
#[derive(Debug, Clone)]
pub(crate) enum Action {
    Write {
        seed: u64,
        rows: usize,
    },
    Read {
        seed: u64,
    },
    Complete {
        seed: u64,
    },
    /// Of the pattern at this share of the length, from 0 to 1.
    Remove {
        at: f64,
    },
    /// By this strength, in memories that can forget by degrees.
    Fade {
        strength: f64,
    },
    Clear,
}

/// Programs of up to `longest` steps, each with whether the memory is reloaded before it.
pub(crate) fn programs(longest: usize) -> impl Strategy<Value = Vec<(Action, bool)>> {
    let seed = 0..1000u64;
    let step = prop_oneof![
        4 => (seed.clone(), 1..4usize).prop_map(|(seed, rows)| Action::Write { seed, rows }),
        2 => seed.clone().prop_map(|seed| Action::Read { seed }),
        2 => seed.prop_map(|seed| Action::Complete { seed }),
        2 => (0.0..1.0).prop_map(|at| Action::Remove { at }),
        2 => prop_oneof![Just(0.0), Just(1.0), 0.0..1.0]
            .prop_map(|strength| Action::Fade { strength }),
        1 => Just(Action::Clear),
    ];
    prop::collection::vec((step, any::<bool>()), 1..longest)
}

/// Everything that a step answers, comparable bit by bit; errors by their text.
pub(crate) type Answer = std::result::Result<Vec<u64>, String>;

fn bits(recall: &Recall) -> Vec<u64> {
    // In the wider precision, which holds the bits of both.
    let state = recall.state.clone().try_into_vec_as::<f64>().unwrap();
    let energies = recall.energy_first.iter().chain(&recall.energy_last);
    let energies = energies.map(|energy| u64::from(energy.to_bits()));
    let numbers = state.into_iter().map(f64::to_bits).chain(energies);
    let steps = recall.steps.iter().map(|&steps| steps as u64);
    numbers.chain(steps).collect()
}

/// Performs a step on a memory that can do all of them; `fade` is its forgetting by degrees.
pub(crate) fn perform<M: AssociativeMemory + Complete + Forget>(
    memory: &mut M,
    step: &Action,
    fade: impl Fn(&mut M, f64) -> Result<()>,
) -> Answer {
    let dim = memory.dim();
    let done = match step {
        Action::Write { seed, rows } => memory.write(normal(*seed, *rows, dim)).map(|()| vec![]),
        Action::Read { seed } => memory
            .read(normal(*seed, 2, dim))
            .map(|recall| bits(&recall)),
        Action::Complete { seed } => {
            let known = normal(seed + 5000, 2, dim).greater_elem(0.0).float();
            let recall = memory.complete(normal(*seed, 2, dim), known);
            recall.map(|recall| bits(&recall))
        }
        Action::Remove { at } => {
            let index = (at * memory.len() as f64) as usize;
            memory.remove(index).map(|()| vec![])
        }
        Action::Fade { strength } => fade(memory, *strength).map(|()| vec![]),
        Action::Clear => {
            memory.clear();
            Ok(vec![])
        }
    };
    let mut answer = done.map_err(|error| error.to_string())?;
    answer.push(memory.len() as u64);
    Ok(answer)
}

/// Runs a program twice, once through files, and compares all answers and, at the end, the files
/// that both save: equal to the last bit.
pub(crate) fn reloading_changes_nothing<M: Persist + Restore>(
    make: impl Fn() -> M,
    program: &[(Action, bool)],
    perform: impl Fn(&mut M, &Action) -> Answer,
) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("memory.safetensors");
    let saved = |memory: &M| {
        memory.save(&path).unwrap();
        std::fs::read(&path).unwrap()
    };
    let (mut kept, mut reloaded) = (make(), make());
    for (step, reload) in program {
        if *reload {
            reloaded.save(&path).unwrap();
            reloaded = M::load(&path, &device()).unwrap();
        }
        let (ours, theirs) = (perform(&mut kept, step), perform(&mut reloaded, step));
        assert_eq!(ours, theirs, "{step:?}");
    }
    assert!(saved(&kept) == saved(&reloaded), "the saved files differ");
}
