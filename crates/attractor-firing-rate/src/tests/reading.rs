//! The memory on tensors.

use attractor_core::{
    AssociativeMemory, Complete, Forget, Merge, Outcome, Persist, Recognise, Restore,
};
use attractor_testing::{device, host, tensor};

use super::*;
use crate::{Design, FiringRate, Integrator};

fn filled(dim: usize, design: (Shape, f64), rows: &[f32]) -> FiringRate {
    let mut memory = config(dim, design).init(&device()).unwrap();
    memory.write(tensor(rows, dim)).unwrap();
    memory
}

/// Share of wrong bits in each row.
fn wrong(answers: &[f32], patterns: &[f32], dim: usize) -> Vec<f64> {
    let rows = answers.chunks_exact(dim).zip(patterns.chunks_exact(dim));
    let share = |(a, b): (&[f32], &[f32])| {
        a.iter().zip(b).filter(|(a, b)| a != b).count() as f64 / dim as f64
    };
    rows.map(share).collect()
}

#[test]
fn memories_are_equilibria_in_single_precision() {
    for patterns in [ideal(1000), correlated(1000, 2)] {
        for design in DESIGNS {
            let rows = patterns.singles(0.0, 1.0);
            let mut config = config(1000, design);
            config.dynamics.duration = 0.1;
            config.dynamics.step = 0.1;
            let mut memory = config.init(&device()).unwrap();
            memory.write(tensor(&rows, 1000)).unwrap();
            let stored = memory.stored_states().unwrap();
            let after = memory.read(stored.clone()).unwrap().state;
            // A tenth of the residual.
            let moved = host((after - stored).abs().max()).remove(0);
            assert!(moved < 1e-6, "{design:?}: {moved}");
        }
    }
}

/// Retrieval and rejection with the authors' sizes.
#[test]
fn damaged_patterns_return_and_strangers_die_away() {
    let (dim, count) = (1000, 14);
    for design in [DESIGNS[0], DESIGNS[2]] {
        let rows = sets::bernoulli(count, dim, 0.2, 21).unwrap();
        let memory = filled(dim, design, &rows);
        let cues = sets::silenced(&rows, dim, 0.6, 4).unwrap();
        let recall = memory.read(tensor(&cues, dim)).unwrap();
        assert_eq!(host(recall.data()), rows);
        assert!(
            recall
                .outcomes
                .iter()
                .all(|outcome| *outcome == Outcome::Converged)
        );
        let pairs = recall.energy_first.iter().zip(&recall.energy_last);
        assert!(pairs.clone().all(|(first, last)| last < first));
        let familiar = host(memory.familiarity(tensor(&cues, dim)).unwrap());
        assert!(
            familiar.iter().all(|score| (score - 1.0).abs() < 0.02),
            "{familiar:?}"
        );

        let strangers = sets::bernoulli(5, dim, 0.2, 99).unwrap();
        let cues = sets::silenced(&strangers, dim, 0.7, 4).unwrap();
        let recall = memory.read(tensor(&cues, dim)).unwrap();
        assert!(
            recall
                .outcomes
                .iter()
                .all(|outcome| *outcome == Outcome::Rejected)
        );
        let mean = host(recall.state.mean()).remove(0);
        assert!(mean < 0.01, "{mean}");
        assert!(host(recall.decoded.unwrap()).iter().all(|bit| *bit == 0.0));
        let strange = host(memory.familiarity(tensor(&cues, dim)).unwrap());
        assert!(strange.iter().all(|score| *score < 0.1), "{strange:?}");
    }
}

/// A state that is neither a memory nor silence is called a mixture.
#[test]
fn an_overloaded_memory_says_so() {
    let (dim, count) = (200, 80);
    let rows = sets::fixed_count(count, dim, 0.2, 3).unwrap();
    let memory = filled(dim, DESIGNS[0], &rows);
    let cues = sets::silenced(&rows, dim, 0.8, 1).unwrap();
    let recall = memory.read(tensor(&cues, dim)).unwrap();
    let right = recall
        .outcomes
        .iter()
        .filter(|outcome| **outcome == Outcome::Converged);
    assert!(right.count() < count / 10, "{:?}", recall.outcomes);
    let told = recall.outcomes.iter();
    let told = told.filter(|outcome| matches!(outcome, Outcome::Collapsed | Outcome::Rejected));
    assert!(told.count() > count / 2, "{:?}", recall.outcomes);
}

/// Tensors go where double precision goes.
#[test]
fn tensors_follow_the_reference() {
    for (dim, count) in [(300, 6), (40, 30)] {
        let rows = sets::fixed_count(count, dim, 0.2, 5).unwrap();
        for (shape, low) in DESIGNS {
            for design in [Design::Estimate, Design::Exact] {
                let mut config = config(dim, (shape, low));
                config.design = design;
                config.dynamics.duration = 3.0;
                config.dynamics.tolerance = 0.0;
                let mut memory = config.init(&device()).unwrap();
                memory.write(tensor(&rows, dim)).unwrap();
                let cues: Vec<f32> = uniform(7, 4 * dim).iter().map(|x| *x as f32).collect();
                let input: Vec<f32> = uniform(8, 4 * dim)
                    .iter()
                    .map(|x| 0.2 * *x as f32)
                    .collect();
                let driven = memory
                    .read_driven(tensor(&cues, dim), tensor(&input, dim))
                    .unwrap();
                let free = memory.read(tensor(&cues, dim)).unwrap();
                let network = memory.network().unwrap();
                for (recall, input) in [(driven, Some(&input)), (free, None)] {
                    let states = host(recall.state);
                    for row in 0..4 {
                        let wide = |values: &[f32]| -> Vec<f64> {
                            let own = &values[row * dim..(row + 1) * dim];
                            own.iter().copied().map(f64::from).collect()
                        };
                        let own = input.map(|input| wide(input));
                        let how = (Integrator::Euler, 0.1);
                        let path = network.trajectory(&wide(&cues), own.as_deref(), how, &[3.0]);
                        let expected = &path.unwrap().states[0];
                        // Exact storage of thirty patterns in forty units amplifies rounding.
                        let allowed = if dim == 40 { 2e-3 } else { 2e-5 };
                        let far = farthest(&wide(&states), expected);
                        assert!(far < allowed, "{dim} {shape:?} {low} {design:?}: {far}");
                        let energy = network.energy(&wide(&states), own.as_deref());
                        assert!(
                            (f64::from(recall.energy_last[row]) - energy).abs()
                                < 1e-5 * energy.abs().max(1.0)
                        );
                    }
                }
            }
        }
    }
}

/// Rows are read alone as in a batch, with noise as well: cues that settle at different times.
#[test]
fn rows_are_independent() {
    let dim = 300;
    let rows = sets::fixed_count(6, dim, 0.2, 5).unwrap();
    let mut cues = sets::silenced(&rows, dim, 0.6, 1).unwrap();
    cues.extend(sets::silenced(&rows, dim, 1.0, 2).unwrap());
    cues.extend(sets::silenced(&rows, dim, 0.2, 3).unwrap());
    for noise in [0.0, 0.05] {
        let mut config = config(dim, DESIGNS[0]);
        config.dynamics.noise = noise;
        config.dynamics.duration = 20.0;
        let mut memory = config.init(&device()).unwrap();
        memory.write(tensor(&rows, dim)).unwrap();
        let together = memory.read(tensor(&cues, dim)).unwrap();
        let states = host(together.state);
        if noise == 0.0 {
            let mut steps = together.steps.clone();
            steps.dedup();
            assert!(
                steps.len() > 2 && together.steps.iter().all(|step| *step < 200),
                "{steps:?}"
            );
        }
        for row in [0, 3, 7, 11, 12, 17] {
            let alone = memory
                .read(tensor(&cues[row * dim..(row + 1) * dim], dim))
                .unwrap();
            let own = &states[row * dim..(row + 1) * dim];
            attractor_testing::assert_close(&host(alone.state), own, 1e-6, "row");
            assert_eq!(alone.outcomes[0], together.outcomes[row]);
            assert_eq!(alone.steps[0], together.steps[row]);
        }
    }
}

/// Noise moves the state by what theory says of a linear unit, is drawn from its seed, and is clipped only
/// if asked.
#[test]
fn noise_has_its_strength() {
    let dim = 1000;
    let rows = sets::fixed_count(14, dim, 0.2, 5).unwrap();
    let read = |noise: f64, clip: bool, seed: u64| {
        let mut config = config(dim, DESIGNS[0]);
        config.dynamics = crate::Dynamics {
            noise,
            clip,
            seed,
            duration: 20.0,
            ..config.dynamics
        };
        let mut memory = config.init(&device()).unwrap();
        memory.write(tensor(&rows, dim)).unwrap();
        let stored = memory.stored_states().unwrap();
        let recall = memory.read(stored.clone()).unwrap();
        assert!(
            recall
                .outcomes
                .iter()
                .all(|outcome| *outcome == Outcome::MaxSteps)
        );
        assert!(recall.steps.iter().all(|steps| *steps == 200));
        assert_eq!(host(recall.data()), rows);
        (host(recall.state.clone()), host(recall.state - stored))
    };
    let (states, moved) = read(0.02, false, 1);
    // Phi is flat at both levels: x <- (1 - h) x + sigma sqrt(h) n has the variance sigma^2 / (2 - h).
    let variance = moved.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / moved.len() as f64;
    let expected = 0.02 * 0.02 / 1.9;
    assert!(
        (variance / expected - 1.0).abs() < 0.05,
        "{variance} {expected}"
    );
    assert!(states.iter().any(|rate| *rate < 0.0) && states.iter().any(|rate| *rate > 1.0));
    assert_eq!(read(0.02, false, 1).0, states);
    assert_ne!(read(0.02, false, 2).0, states);
    let (clipped, _) = read(0.02, true, 1);
    assert!(clipped.iter().all(|rate| (0.0..=1.0).contains(rate)));
}

/// Half of a pattern is known and clamped, the rest is silent at first.
#[test]
fn clamped_units_pull_the_others() {
    let dim = 400;
    let rows = sets::fixed_count(6, dim, 0.2, 5).unwrap();
    let memory = filled(dim, DESIGNS[0], &rows);
    let known: Vec<f32> = (0..6 * dim).map(|at| f32::from(at % 2 == 0)).collect();
    // What stands in unknown entries is not looked at.
    let cues: Vec<f32> = rows
        .iter()
        .zip(&known)
        .map(|(x, k)| if *k == 1.0 { *x } else { 1.0 })
        .collect();
    let recall = memory
        .complete(tensor(&cues, dim), tensor(&known, dim))
        .unwrap();
    assert_eq!(host(recall.data()), rows);
    for ((state, cue), known) in host(recall.state).iter().zip(&cues).zip(&known) {
        assert!(*known == 0.0 || state == cue);
    }
    assert!(
        recall
            .outcomes
            .iter()
            .all(|outcome| *outcome == Outcome::Converged)
    );
    // Everything known: nothing moves.
    let all = memory
        .complete(tensor(&cues, dim), tensor(&vec![1.0; 6 * dim], dim))
        .unwrap();
    assert_eq!(host(all.state), cues);
}

#[test]
fn forgetting_merging_and_files_keep_the_memory() {
    let dim = 200;
    let rows = sets::fixed_count(5, dim, 0.2, 5).unwrap();
    let cues = sets::silenced(&rows, dim, 0.7, 1).unwrap();
    let answers = |memory: &FiringRate| host(memory.read(tensor(&cues, dim)).unwrap().state);
    for design in [Design::Estimate, Design::Exact] {
        let mut config = config(dim, DESIGNS[0]);
        config.design = design;
        let fresh = |rows: &[f32]| {
            let mut memory = config.init(&device()).unwrap();
            memory.write(tensor(rows, dim)).unwrap();
            memory
        };
        let whole = fresh(&rows);
        // Written in parts, merged, removed, saved: always the very same memory.
        let mut parts = fresh(&rows[..2 * dim]);
        parts.write(tensor(&rows[2 * dim..], dim)).unwrap();
        assert_eq!(answers(&parts), answers(&whole));
        let merged = fresh(&rows[..dim]).merge(fresh(&rows[dim..])).unwrap();
        assert_eq!((merged.len(), answers(&merged)), (5, answers(&whole)));
        let mut more = fresh(
            &[
                &rows[..3 * dim],
                &sets::fixed_count(1, dim, 0.2, 77).unwrap(),
                &rows[3 * dim..],
            ]
            .concat(),
        );
        more.remove(3).unwrap();
        assert_eq!(answers(&more), answers(&whole));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("memory.safetensors");
        whole.save(&path).unwrap();
        let loaded = FiringRate::load(&path, &device()).unwrap();
        assert_eq!(
            (loaded.config(), answers(&loaded)),
            (whole.config(), answers(&whole))
        );
        more.clear();
        assert!(more.is_empty() && more.read(tensor(&cues, dim)).is_err());
        more.save(&path).unwrap();
        assert!(FiringRate::load(&path, &device()).unwrap().is_empty());
    }
}

/// The sign of the homogeneous term decides on independent patterns, whose activities differ.
#[test]
fn excitation_runs_away_where_inhibition_retrieves() {
    let (dim, count) = (1000, 14);
    let mut means = [0.0; 2];
    for seed in 0..4 {
        let rows = sets::bernoulli(count, dim, 0.2, seed).unwrap();
        let cues = sets::silenced(&rows, dim, 0.6, seed).unwrap();
        for (mean, design) in means.iter_mut().zip([DESIGNS[0], DESIGNS[1]]) {
            let mut config = config(dim, design);
            config.design = Design::Known {
                activity: 0.2,
                overlap: 0.2,
            };
            let mut memory = config.init(&device()).unwrap();
            memory.write(tensor(&rows, dim)).unwrap();
            let answers = host(memory.read(tensor(&cues, dim)).unwrap().data());
            let right = wrong(&answers, &rows, dim)
                .into_iter()
                .filter(|share| *share < 0.01);
            *mean += right.count() as f64 / (4 * count) as f64;
        }
    }
    assert_eq!(means[0], 1.0);
    assert!(means[1] < 0.4, "{means:?}");
}
