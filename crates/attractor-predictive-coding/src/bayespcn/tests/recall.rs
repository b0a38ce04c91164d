//! Reading, completing, evidence.

use attractor_core::{AssociativeMemory, Complete, Error, Outcome, Recognise};
use burn::tensor::Tensor;

use super::support::small;
use crate::bayespcn::{BayesPcn, BayesPcnConfig, Given, Readout, SearchConfig, SearchPrecision};
use crate::testing::{device, host, normal, tensor};

const DIM: usize = 40;

/// Values of about the size of pixels in [-1, 1].
fn patterns(seed: u64, rows: usize) -> Tensor<2> {
    normal(seed, rows, DIM).mul_scalar(0.5)
}

fn written(config: BayesPcnConfig, rows: usize) -> (BayesPcn, Tensor<2>) {
    let mut memory = config.init(&device()).unwrap();
    let patterns = patterns(1, rows);
    memory.write(patterns.clone()).unwrap();
    (memory, patterns)
}

fn errors(recall: Tensor<2>, patterns: Tensor<2>) -> Vec<f32> {
    host((recall - patterns).square().mean_dim(1))
}

/// Enough hidden units and iterations to store without loss.
fn wide() -> BayesPcnConfig {
    BayesPcnConfig {
        hidden: 96,
        layers: 3,
        sigma_obs: 0.01,
        sigma_data: 0.01,
        search: SearchConfig::default(),
        ..small(DIM)
    }
}

#[test]
fn early_and_late_patterns_come_back() {
    let (memory, patterns) = written(wide(), 12);
    let recall = memory.read(patterns.clone()).unwrap();
    let errors = errors(recall.state, patterns);
    let mean = |part: &[f32]| part.iter().sum::<f32>() / part.len() as f32;
    assert!(mean(&errors) < 1e-4, "{errors:?}");
    let (early, late) = (mean(&errors[..6]), mean(&errors[6..]));
    assert!(early < 3.0 * late.max(1e-7), "{early} {late}");
}

#[test]
fn evidence_tells_stored_from_novel_until_all_is_forgotten() {
    let (mut memory, stored) = written(wide(), 8);
    let gap = |memory: &BayesPcn| {
        let seen = memory.log_evidence(stored.clone()).unwrap();
        let novel = memory.log_evidence(patterns(2, 8)).unwrap();
        let lowest = seen.iter().copied().fold(f64::INFINITY, f64::min);
        let highest = novel.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mean = |all: &[f64]| all.iter().sum::<f64>() / all.len() as f64;
        (lowest - highest, mean(&seen) - mean(&novel))
    };
    let (worst, before) = gap(&memory);
    assert!(worst > 0.0, "{worst}");
    let familiarity = host(memory.familiarity(stored.clone()).unwrap());
    assert_eq!(familiarity.len(), 8);
    memory.forget(1.0).unwrap();
    let (_, after) = gap(&memory);
    assert!(after.abs() < 0.05 * before, "{before} {after}");
    assert_eq!(memory.state, wide().init(&device()).unwrap().state);
}

#[test]
fn known_entries_come_back_bit_by_bit() {
    for readout in [Readout::Closed, Readout::Searched] {
        let (memory, patterns) = written(
            BayesPcnConfig {
                readout,
                ..small(DIM)
            },
            5,
        );
        // A third of a cue is off by far, and still comes back if it is called known.
        let cues = patterns + normal(3, 5, DIM);
        let known: Vec<f32> = (0..5 * DIM)
            .map(|at| f32::from(u8::from(at % 3 == 0)))
            .collect();
        let recall = memory.complete(cues.clone(), tensor(&known, DIM)).unwrap();
        let (before, after) = (host(cues.clone()), host(recall.state));
        let mut changed = 0;
        for at in 0..before.len() {
            if known[at] == 1.0 {
                assert_eq!(before[at].to_bits(), after[at].to_bits());
            } else {
                changed += usize::from(before[at] != after[at]);
            }
        }
        assert!(changed > before.len() / 2);
        let all = Tensor::ones([5, DIM], &device());
        assert_eq!(host(memory.complete(cues, all).unwrap().state), before);
    }
    let (memory, patterns) = written(small(DIM), 5);
    let none = vec![Given::Entries(vec![false; DIM]); 5];
    let from_patterns = host(memory.recall(patterns, &none).unwrap().state);
    let from_noise = host(memory.recall(normal(4, 5, DIM), &none).unwrap().state);
    assert_eq!(from_patterns, from_noise);
}

#[test]
fn rows_of_a_batch_do_not_matter_to_each_other() {
    // In `f32`, rounding may decide whether a row stops one step earlier.
    for (particles, precision, tolerance) in [
        (1, SearchPrecision::Double, 1e-5),
        (3, SearchPrecision::Double, 1e-5),
        (1, SearchPrecision::Single, 1e-4),
        (3, SearchPrecision::Single, 1e-4),
    ] {
        let config = BayesPcnConfig {
            particles,
            search: SearchConfig {
                precision,
                ..small(DIM).search
            },
            ..small(DIM)
        };
        let (memory, patterns) = written(config, 5);
        let cues = Tensor::cat(vec![patterns + normal(5, 5, DIM).mul_scalar(0.2); 5], 0);
        let known: Vec<f32> = (0..25 * DIM)
            .map(|at| {
                // Rows of three kinds: noisy, and two masks.
                let (row, column) = (at / DIM, at % DIM);
                f32::from(u8::from(
                    row % 3 == 1 && column < 30 || row % 3 == 2 && column > 5,
                ))
            })
            .collect();
        let known = tensor(&known, DIM);
        let together = memory.complete(cues.clone(), known.clone()).unwrap();
        let reversed: Vec<i32> = (0..25).rev().collect();
        let reversed = Tensor::from_ints(reversed.as_slice(), &device());
        let backwards = memory
            .complete(
                cues.clone().select(0, reversed.clone()),
                known.clone().select(0, reversed),
            )
            .unwrap();
        let (ours, theirs) = (host(together.state.clone()), host(backwards.state));
        for row in 0..25 {
            let alone = memory
                .complete(
                    cues.clone().narrow(0, row, 1),
                    known.clone().narrow(0, row, 1),
                )
                .unwrap();
            let alone = host(alone.state);
            for at in 0..DIM {
                let one = ours[row * DIM + at];
                assert!((one - alone[at]).abs() < tolerance, "{one} {}", alone[at]);
                let other = theirs[(24 - row) * DIM + at];
                assert!((one - other).abs() < tolerance, "{one} {other}");
            }
        }
        let kinds = together.outcomes.iter();
        assert!(
            kinds
                .into_iter()
                .all(|o| matches!(o, Outcome::Converged | Outcome::MaxSteps))
        );
        // Mixed with completions or not, a noisy row is the answer of a plain read.
        let plain = host(memory.read(cues).unwrap().state);
        for at in 0..DIM {
            assert!((plain[3 * DIM + at] - ours[3 * DIM + at]).abs() < tolerance);
        }
    }
}

#[test]
fn leaving_unknown_entries_out_is_searching_them() {
    let config = BayesPcnConfig {
        search: SearchConfig {
            max_steps: 6000,
            tolerance: 1e-7,
            ..SearchConfig::default()
        },
        ..small(DIM)
    };
    let (mut memory, patterns) = written(config, 4);
    let known: Vec<f32> = (0..4 * DIM)
        .map(|at| f32::from(u8::from(at % DIM < 30)))
        .collect();
    let known = tensor(&known, DIM);
    let cues = patterns.clone() * known.clone();
    let mut error = |readout| {
        memory.config.readout = readout;
        let recall = memory.complete(cues.clone(), known.clone()).unwrap();
        let unknown = known.clone().neg().add_scalar(1.0);
        let errors = host(((recall.state - patterns.clone()) * unknown).square().sum());
        f64::from(errors[0])
    };
    let (closed, searched) = (error(Readout::Closed), error(Readout::Searched));
    let difference = (closed - searched).abs();
    assert!(
        difference < 0.1 * closed.max(searched),
        "{closed} {searched}"
    );
}

#[test]
fn without_hidden_layers_it_is_one_gaussian() {
    let config = BayesPcnConfig {
        layers: 1,
        sigma_data: 0.5,
        sigma_prior: 2.0,
        ..small(DIM)
    };
    let mut memory = config.init(&device()).unwrap();
    let start = memory.posterior(0).unwrap()[0].mean().to_vec();
    let patterns = patterns(6, 3);
    memory.write(patterns.clone()).unwrap();
    let values = host(patterns);
    let variance = 1.0 / (1.0 / 4.0 + 3.0 / 0.25);
    let layer = memory.posterior(0).unwrap()[0].clone();
    assert!((layer.covariance()[0] - variance).abs() < 1e-14);
    let read = host(memory.read(normal(7, 2, DIM)).unwrap().state);
    for at in 0..DIM {
        let sum: f64 = (0..3).map(|row| f64::from(values[row * DIM + at])).sum();
        let mean = variance * (start[at] / 4.0 + sum / 0.25);
        assert!((layer.mean()[at] - mean).abs() < 1e-12);
        assert!((read[at] - mean as f32).abs() < 1e-6);
        assert!((read[DIM + at] - mean as f32).abs() < 1e-6);
    }
}

#[test]
fn bad_input_is_an_error_and_changes_nothing() {
    let mut memory = small(3).init(&device()).unwrap();
    let cue = tensor(&[0.0, 1.0, 2.0], 3);
    assert_eq!(memory.read(cue.clone()).unwrap_err(), Error::EmptyMemory);
    memory.write(cue.clone()).unwrap();
    let before = memory.state.clone();
    let message = |result: attractor_core::Result<()>| result.unwrap_err().to_string();
    assert_eq!(
        message(memory.write(tensor(&[1.0, 2.0], 2))),
        "patterns: expected shape [n, 3], found [1, 2]"
    );
    assert_eq!(
        message(memory.write(tensor(&[0.0, f32::NAN, 0.0], 3))),
        "patterns: expected finite numbers, found NaN at row 0, column 1"
    );
    assert_eq!(
        message(
            memory
                .complete(cue.clone(), tensor(&[0.5; 3], 3))
                .map(|_| ())
        ),
        "known: must hold 0 or 1, found 0.5"
    );
    assert_eq!(
        message(
            memory
                .complete(cue.clone(), tensor(&[1.0; 6], 3))
                .map(|_| ())
        ),
        "known: expected 1 rows, found 2"
    );
    let short = [Given::Entries(vec![true; 2])];
    assert_eq!(
        message(memory.recall(cue.clone(), &short).map(|_| ())),
        "given: expected shape [n, 3], found [1, 2]"
    );
    assert_eq!(
        message(memory.forget(1.5)),
        "forget.beta: must be from 0 to 1, found 1.5"
    );
    assert_eq!(memory.state, before);
    let config = BayesPcnConfig {
        sigma_obs: 0.0,
        ..small(3)
    };
    assert_eq!(
        config.init(&device()).unwrap_err().to_string(),
        "BayesPcnConfig.sigma_obs: must be finite and greater than 0, found 0"
    );
}

/// A longer search may start from what a shorter one wrote, and is refused if it makes no sense.
#[test]
fn the_search_of_a_memory_can_change() {
    let patterns = tensor(&[0.5, -0.2, 0.1, -0.4, 0.3, 0.6], 3);
    let written = |max_steps| {
        let mut config = small(3);
        config.search.max_steps = max_steps;
        config.search.tolerance = 0.0;
        let mut memory = config.init(&device()).unwrap();
        memory.write(patterns.clone()).unwrap();
        memory
    };
    let mut memory = written(40);
    let stored = memory.state.clone();
    let search = SearchConfig {
        max_steps: 90,
        ..memory.config().search
    };
    memory.set_search(search).unwrap();
    assert_eq!(memory.state, stored);
    assert_eq!(memory.read(patterns.clone()).unwrap().steps, [90, 90]);
    let bad = SearchConfig {
        rate: 0.0,
        ..search
    };
    let message = memory.set_search(bad).unwrap_err().to_string();
    assert!(message.contains("SearchConfig.rate"), "{message}");
    assert_eq!(memory.config().search, search);
}

/// What stands in the unknown entries of a cue must not choose the particle that answers: the others
/// predict nonsense from its hidden values.
#[test]
fn several_particles_complete_like_one() {
    let (count, dim) = (6, 40);
    let patterns = normal(3, count, dim).mul_scalar(0.4);
    let known = (0..count * dim).map(|at| if at % dim < 20 { 1.0 } else { 0.0 });
    let known = tensor(&known.collect::<Vec<f32>>(), dim);
    let hidden = known.clone().neg().add_scalar(1.0);
    for particles in [1, 4] {
        let mut memory = BayesPcnConfig {
            hidden: 32,
            layers: 3,
            particles,
            ..BayesPcnConfig::new(dim)
        }
        .init(&device())
        .unwrap();
        memory.write(patterns.clone()).unwrap();
        // A constant in place of what is unknown, as black pixels are.
        for garbage in [0.0, -1.0, 5.0] {
            let cues = patterns.clone() * known.clone() + hidden.clone().mul_scalar(garbage);
            let recall = memory.complete(cues, known.clone()).unwrap();
            let worst = errors(recall.state, patterns.clone())
                .into_iter()
                .fold(0.0, f32::max);
            assert!(worst < 1e-2, "{particles} particles, {garbage}: {worst}");
        }
    }
}
