//! Retrieval on features.

use attractor_core::Stopping;

use super::*;
use crate::kernelised::{ComparisonConfig, SeparationConfig, compare};

/// (P2) 10,800 steps, maps of any rank: no energy ever rises.
#[test]
fn energies_never_rise() {
    let mut steps = 0;
    for (case, beta) in [0.1, 0.5, 2.0, 10.0, 50.0, 100.0].into_iter().enumerate() {
        let seed = 10 * case as u64;
        let codes = normal(seed, 25, 8);
        for alpha in [1.0, 1.5, 2.0] {
            for rank in [1, 3, 8] {
                for features in [FeatureScale::Raw, FeatureScale::Unit] {
                    let map = random_map(seed + 1, 8, 8, rank);
                    let memory = holding(&codes, features, (alpha, beta), Some(map));
                    let queries = normal(seed + 3, 25, 8);
                    let recall = memory.retrieve(queries, Stopping::after(5)).unwrap();
                    for pair in recall.trace.terms[0].values.windows(2) {
                        for (before, after) in pair[0].iter().zip(&pair[1]) {
                            assert!(
                                *after <= before + 1e-5 * before.abs(),
                                "beta {beta} alpha {alpha}: {after} above {before}"
                            );
                            steps += 1;
                        }
                    }
                }
            }
        }
    }
    assert!(steps >= 10_000, "{steps}");
}

/// (P3) Iterating on features equals iterating on codes.
#[test]
fn features_and_codes_iterate_alike() {
    let codes = normal(1, 20, 10);
    let queries = normal(2, 15, 10);
    for alpha in [1.0, 1.5, 2.0] {
        let map = random_map(3, 6, 10, 6);
        let memory = holding(&codes, FeatureScale::Raw, (alpha, 0.8), Some(map));
        let mut states = queries.clone();
        for steps in 1..=12 {
            states = memory.attract(states).unwrap();
            let recall = memory
                .retrieve(queries.clone(), Stopping::after(steps))
                .unwrap();
            assert_close(&host(recall.state), &host(states.clone()), 1e-5, "state");
        }
    }
}

/// Rows that have settled stop; the others go on, and each as if it were alone.
#[test]
fn rows_stop_by_themselves() {
    let codes = unit_rows(normal(4, 30, 16));
    let memory = holding(&codes, FeatureScale::Unit, (1.0, 8.0), None);
    let queries = codes.clone() + normal(5, 30, 16).mul_scalar(0.2);
    let stopping = Stopping {
        max_steps: 200,
        tolerance: 1e-6,
        check_every: 1,
    };
    let all = memory.retrieve(queries.clone(), stopping).unwrap();
    let mut counts = all.steps.clone();
    counts.dedup();
    assert!(counts.len() > 3, "{counts:?}");
    let states = host(all.state);
    for row in 0..30 {
        let one = memory
            .retrieve(queries.clone().narrow(0, row, 1), stopping)
            .unwrap();
        // Sums are taken in another order, which can move the step at which a threshold is passed.
        assert!(one.steps[0].abs_diff(all.steps[row]) <= 1);
        assert_eq!(one.outcomes[0], all.outcomes[row]);
        assert_close(
            &host(one.state),
            &states[row * 16..(row + 1) * 16],
            1e-5,
            "alone",
        );
    }
}

/// (P9) One step from a stored code errs by at most `2 m (M - 1) exp(-beta gap)`.
#[test]
fn errors_stay_below_their_bound() {
    let (count, dim) = (30, 16);
    for (seed, map) in [(1, None), (2, Some(random_map(9, 12, dim, 12)))] {
        let codes = normal(seed, count, dim);
        let values = host(codes.clone());
        let longest = values.chunks_exact(dim).map(norm).fold(0.0, f64::max);
        for beta in [0.1, 1.0, 5.0, 10.0, 20.0, 50.0, 100.0] {
            let memory = holding(&codes, FeatureScale::Unit, (1.0, beta), map.clone());
            let gaps = memory.separation().unwrap().gaps;
            let answers = host(
                memory
                    .retrieve(codes.clone(), Stopping::after(1))
                    .unwrap()
                    .state,
            );
            let rows = answers.chunks_exact(dim).zip(values.chunks_exact(dim));
            for ((answer, code), gap) in rows.zip(gaps) {
                let difference: Vec<f32> = answer.iter().zip(code).map(|(a, b)| a - b).collect();
                let bound = 2.0 * longest * (count as f64 - 1.0) * (-f64::from(beta) * gap).exp();
                // Below this an answer in single precision cannot be told from the code.
                let rounding = 4.0 * f64::from(f32::EPSILON) * longest;
                assert!(
                    norm(&difference) <= bound + rounding,
                    "beta {beta} gap {gap}"
                );
            }
        }
    }
}

/// (P14)
#[test]
fn the_limits_of_beta() {
    let codes = unit_rows(normal(6, 12, 20));
    for features in [FeatureScale::Unit, FeatureScale::Raw] {
        let map = random_map(7, 20, 20, 20);
        let sharp = holding(&codes, features, (1.0, 500.0), Some(map.clone()));
        if features == FeatureScale::Unit {
            let recall = sharp.retrieve(codes.clone(), Stopping::after(5)).unwrap();
            assert_close(&host(recall.state), &host(codes.clone()), 1e-5, "codes");
            let again = sharp.attract(codes.clone()).unwrap();
            assert_close(&host(again), &host(codes.clone()), 1e-5, "attract");
        }
        let flat = holding(&codes, features, (1.0, 1e-12), Some(map));
        let single = Stopping::after(1);
        let weights = flat.retrieval_weights(normal(8, 3, 20), single).unwrap();
        assert_close(&host(weights), &[1.0 / 12.0; 36], 1e-6, "weights");
        let state = host(flat.retrieve(normal(8, 1, 20), single).unwrap().state);
        assert_close(&state, &host(codes.clone().mean_dim(0)), 1e-6, "mean");
    }
}

/// (P11) Codes that share most of their direction, cosines, the same beta: what collapses to the mean
/// under the identity is recalled. (P12) And the report says what a better beta does.
#[test]
fn correlated_codes_are_told_apart() {
    let (count, dim) = (50, 64);
    let codes = correlated(1, count, dim, 0.9);
    let targets: Vec<usize> = (0..count).collect();
    for noise in [0.0, 0.1, 0.2, 0.3, 0.4] {
        let cues = codes.clone() + unit_rows(normal(3, count, dim)).mul_scalar(noise);
        let config = ComparisonConfig {
            memory: KernelisedConfig {
                separation: SeparationConfig {
                    patience: 0,
                    ..SeparationConfig::default()
                },
                ..KernelisedConfig::default()
            },
            steps: 3,
            ..ComparisonConfig::default()
        };
        let found = compare(&codes, &cues, &targets, &config).unwrap();
        println!("noise {noise}\n{found}");
        assert!(
            found.learned.error <= 0.05 * found.identity.error,
            "noise {noise}: {found}"
        );
        assert!(found.separation_identity < 0.1 && found.separation_learned >= 0.6);
        let text = found.to_string();
        for row in [
            "identity, matched",
            "learned, matched",
            "identity, best",
            "learned, best",
        ] {
            assert!(text.contains(row), "{text}");
        }
        // The identity at a high beta does as well: no credit, and the report says so.
        if noise == 0.0 {
            assert!(found.identity_tuned.error <= found.learned_tuned.error + 1e-3);
            assert!(!found.is_credited() && text.contains("no credit"));
        }
    }
}

#[test]
fn comparisons_name_mistakes() {
    let codes = normal(1, 4, 3);
    let config = ComparisonConfig::default();
    let message = |targets: &[usize], config: &ComparisonConfig| {
        compare(&codes, &codes, targets, config)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        message(&[0, 1], &config),
        "targets: expected 4 rows, found 2"
    );
    assert_eq!(
        message(&[0, 1, 2, 4], &config),
        "targets: expected an index below 4, found 4"
    );
    let none = ComparisonConfig {
        betas: vec![],
        ..config
    };
    assert!(message(&[0, 1, 2, 3], &none).starts_with("ComparisonConfig.betas: "));
}

fn norm(row: &[f32]) -> f64 {
    row.iter()
        .map(|v| f64::from(*v).powi(2))
        .sum::<f64>()
        .sqrt()
}
