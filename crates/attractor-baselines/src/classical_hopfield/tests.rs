use attractor_core::{AssociativeMemory, Outcome, rng};
use proptest::prelude::*;

use super::{ClassicalHopfield, ClassicalHopfieldConfig, LearningRule};
use crate::binary::testing::*;
use crate::binary::{Schedule, Update};
use crate::testing::{device, host, tensor};

const RULES: [LearningRule; 3] = [
    LearningRule::Hebb,
    LearningRule::PseudoInverse,
    LearningRule::Storkey,
];

fn memory(dim: usize, rule: LearningRule) -> ClassicalHopfield {
    ClassicalHopfieldConfig {
        rule,
        ..ClassicalHopfieldConfig::new(dim)
    }
    .init(&device())
    .unwrap()
}

/// A memory of `count` random patterns, and the share of them that it recalls from themselves.
fn stable(dim: usize, count: usize, rule: LearningRule) -> f64 {
    let patterns = random(1, count, dim);
    let mut memory = memory(dim, rule);
    memory.write(tensor(&patterns, dim)).unwrap();
    let recall = memory.read(tensor(&patterns, dim)).unwrap();
    exact(&host(recall.state), &patterns, dim)
}

#[test]
fn contract() {
    for rule in RULES {
        check_contract(|| memory(12, rule));
    }
}

#[test]
fn weights_follow_their_definitions() {
    let (n, dim) = (4, 15);
    let patterns = random(2, n, dim);
    let x = |k: usize, i: usize| f64::from(patterns[k * dim + i]);
    let written = |rule| {
        let mut memory = memory(dim, rule);
        memory.write(tensor(&patterns, dim)).unwrap();
        host(memory.weights())
    };
    let hebb = written(LearningRule::Hebb);
    let mut storkey = vec![0.0f64; dim * dim];
    for k in 0..n {
        let before = storkey.clone();
        let local = |i: usize, j: usize| -> f64 {
            (0..dim)
                .filter(|&l| l != i && l != j)
                .map(|l| before[i * dim + l] * x(k, l))
                .sum()
        };
        for i in 0..dim {
            for j in (0..dim).filter(|&j| j != i) {
                storkey[i * dim + j] +=
                    (x(k, i) * x(k, j) - x(k, i) * local(j, i) - local(i, j) * x(k, j))
                        / dim as f64;
            }
        }
    }
    let ours = written(LearningRule::Storkey);
    for i in 0..dim {
        for j in 0..dim {
            let sum: f64 = (0..n).map(|k| x(k, i) * x(k, j)).sum();
            let expected = if i == j { 0.0 } else { sum / dim as f64 };
            assert!((f64::from(hebb[i * dim + j]) - expected).abs() < 1e-7);
            assert!((f64::from(ours[i * dim + j]) - storkey[i * dim + j]).abs() < 1e-6);
        }
    }
}

/// A projection: symmetric, idempotent, and the identity on the patterns, also dependent ones.
#[test]
fn the_pseudo_inverse_projects_on_the_span() {
    let (n, dim) = (6, 20);
    let mut patterns = random(3, n, dim);
    patterns.extend_from_within(..2 * dim);
    let config = ClassicalHopfieldConfig {
        rule: LearningRule::PseudoInverse,
        keep_diagonal: true,
        ..ClassicalHopfieldConfig::new(dim)
    };
    let mut memory = config.init(&device()).unwrap();
    memory.write(tensor(&patterns, dim)).unwrap();
    let weights = memory.weights();
    let twice = weights.clone().matmul(weights.clone());
    let error =
        |a: burn::tensor::Tensor<2>, b: burn::tensor::Tensor<2>| host((a - b).abs().max())[0];
    assert!(error(twice, weights.clone()) < 1e-5);
    let stored = tensor(&patterns, dim);
    assert!(error(stored.clone().matmul(weights.clone()), stored) < 1e-5);
    let trace: f32 = (0..dim).map(|i| host(weights.clone())[i * dim + i]).sum();
    assert!((trace - n as f32).abs() < 1e-4, "the rank is {trace}");
}

/// The published order of capacities at loads of 0.07, 0.2 and 0.5.
#[test]
fn capacities_are_ordered_as_published() {
    assert!(stable(200, 14, LearningRule::Hebb) >= 0.9);
    let (hebb, storkey) = (
        stable(200, 40, LearningRule::Hebb),
        stable(200, 40, LearningRule::Storkey),
    );
    assert!(
        hebb <= 0.2 && storkey >= 0.8,
        "Hebb {hebb}, Storkey {storkey}"
    );
    assert_eq!(stable(200, 100, LearningRule::PseudoInverse), 1.0);
}

#[test]
fn noisy_patterns_and_negatives_are_recalled() {
    let (n, dim) = (8, 200);
    let patterns = random(4, n, dim);
    for rule in RULES {
        let mut memory = memory(dim, rule);
        memory.write(tensor(&patterns, dim)).unwrap();
        let recall = memory
            .read(tensor(&flip(&patterns, dim, 20, 5), dim))
            .unwrap();
        assert_eq!(host(recall.state), patterns, "{rule:?}");
        assert!(
            recall
                .outcomes
                .iter()
                .all(|&outcome| outcome == Outcome::Converged)
        );
        let negative: Vec<f32> = patterns.iter().map(|sign| -sign).collect();
        let recall = memory
            .read(tensor(&flip(&negative, dim, 20, 6), dim))
            .unwrap();
        assert_eq!(host(recall.state), negative, "{rule:?}");
    }
}

/// Two units that excite each other, started apart, swap for ever when updated together.
#[test]
fn synchronous_updates_report_cycles() {
    let schedule = Schedule {
        update: Update::Synchronous,
        ..Schedule::default()
    };
    let config = ClassicalHopfieldConfig {
        schedule,
        ..ClassicalHopfieldConfig::new(2)
    };
    let mut memory = config.init(&device()).unwrap();
    memory.write(tensor(&[1.0, 1.0], 2)).unwrap();
    let recall = memory.read(tensor(&[1.0, -1.0, 1.0, 1.0], 2)).unwrap();
    assert_eq!(recall.outcomes, [Outcome::Cycle, Outcome::Converged]);
    assert_eq!(recall.steps, [2, 1]);
    let one = Schedule {
        max_sweeps: 1,
        ..schedule
    };
    let mut short = ClassicalHopfieldConfig {
        schedule: one,
        ..config
    }
    .init(&device())
    .unwrap();
    short.write(tensor(&[1.0, 1.0], 2)).unwrap();
    assert_eq!(
        short.read(tensor(&[1.0, -1.0], 2)).unwrap().outcomes,
        [Outcome::MaxSteps]
    );
}

/// Flips lower the energy with biases too, and a bias above every field decides alone.
#[test]
fn biases_shift_the_preferences() {
    let dim = 30;
    let patterns = random(11, 3, dim);
    let values = rng::uniform_vec(&mut rng::stream(12, "biases"), dim, -0.5, 0.5);
    for rule in RULES {
        let mut biased = memory(dim, rule).with_biases(&values).unwrap();
        biased.write(tensor(&patterns, dim)).unwrap();
        check_descent(&biased, dim, 13);
        let strong: Vec<f32> = patterns[..dim].iter().map(|sign| 1e3 * sign).collect();
        let strong = biased.with_biases(&strong).unwrap();
        let recall = strong.read(tensor(&random(14, 4, dim), dim)).unwrap();
        for row in host(recall.state).chunks_exact(dim) {
            assert_eq!(row, &patterns[..dim]);
        }
    }
    let message = memory(3, LearningRule::Hebb)
        .with_biases(&[1.0])
        .unwrap_err();
    assert_eq!(
        message.to_string(),
        "biases: expected shape [n, 3], found [1, 1]"
    );
}

#[test]
fn wrong_configurations_are_errors() {
    let error = ClassicalHopfieldConfig::new(0).init(&device()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "ClassicalHopfieldConfig.dim: must be at least 1, found 0"
    );
    let schedule = Schedule {
        max_sweeps: 0,
        ..Schedule::default()
    };
    let error = ClassicalHopfieldConfig {
        schedule,
        ..ClassicalHopfieldConfig::new(3)
    };
    let error = error.init(&device()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "Schedule.max_sweeps: must be at least 1, found 0"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn flips_lower_the_energy(seed in 0u64..1000, rule in 0usize..3) {
        let mut memory = memory(40, RULES[rule]);
        memory.write(tensor(&random(seed, 9, 40), 40)).unwrap();
        check_descent(&memory, 40, seed + 1);
    }

    #[test]
    fn shuffled_orders_end_in_fixed_points(seed in 0u64..1000) {
        let schedule = Schedule { shuffled: true, seed, ..Schedule::default() };
        let config = ClassicalHopfieldConfig { schedule, ..ClassicalHopfieldConfig::new(30) };
        let mut memory = config.init(&device()).unwrap();
        memory.write(tensor(&random(seed, 12, 30), 30)).unwrap();
        let recall = memory.read(tensor(&random(seed + 1, 4, 30), 30)).unwrap();
        let again = memory.read(recall.state.clone()).unwrap();
        prop_assert_eq!(host(again.state), host(recall.state));
        prop_assert_eq!(again.steps, vec![1; 4]);
    }
}
