//! The losses and what descends them.

use super::*;
use crate::kernelised::learn::loss::{Objective, evaluate, unit_columns};
use crate::kernelised::{Coordinates, Optimiser, SeparationConfig, SeparationLoss, Start, learn};

/// Every loss, with an accuracy for finite differences: the maximum has kinks, met with probability 0.
fn objectives() -> [Objective; 5] {
    [
        Objective::tempered(1.0),
        Objective::tempered(0.1),
        Objective::tempered(0.02),
        Objective::average(2.0),
        Objective::maximum(2.0),
    ]
}

fn loss(map: &Mat<f64>, codes: &Mat<f64>, objective: Objective) -> f64 {
    evaluate(&(map * codes), objective, false).loss
}

/// Losses by their definitions, pair by pair.
#[test]
fn losses_match_their_definitions() {
    let (codes, map) = (random(1, 7, 13), random(2, 4, 7));
    let (unit, _) = unit_columns(&(&map * &codes));
    let mut cosines = Vec::new();
    let mut distances = Vec::new();
    for j in 0..13 {
        for k in 0..j {
            let pair = unit.col_as_slice(j).iter().zip(unit.col_as_slice(k));
            cosines.push(pair.clone().map(|(a, b)| a * b).sum::<f64>());
            distances.push(pair.map(|(a, b)| (a - b).powi(2)).sum::<f64>());
        }
    }
    let mean = |values: &[f64], factor: f64| {
        values.iter().map(|v| (factor * v).exp()).sum::<f64>() / values.len() as f64
    };
    let close =
        |ours: f64, expected: f64| assert!((ours - expected).abs() < 1e-12, "{ours} {expected}");
    for tau in [1.0, 0.1, 0.02] {
        let expected = tau * mean(&cosines, 1.0 / tau).ln();
        close(loss(&map, &codes, Objective::tempered(tau)), expected);
    }
    close(
        loss(&map, &codes, Objective::average(2.0)),
        mean(&distances, -2.0).ln(),
    );
    let nearest = distances.iter().copied().fold(f64::MAX, f64::min);
    close(loss(&map, &codes, Objective::maximum(2.0)), -2.0 * nearest);
}

/// (P4) Scale and rotation do not matter; the gradient is that of the loss.
#[test]
fn gradients_and_invariances() {
    for seed in 0..4 {
        let (codes, map) = (random(seed, 6, 15), random(seed + 10, 5, 6));
        let turn = random(seed + 20, 5, 5);
        let turn = turn.qr().compute_Q();
        for objective in objectives() {
            let found = evaluate(&(&map * &codes), objective, true);
            for other in [
                &map * faer::Scale(-3.7),
                &map * faer::Scale(1e-4),
                &turn * &map,
            ] {
                let error = (loss(&other, &codes, objective) - found.loss).abs();
                assert!(error < 1e-12 * found.loss.abs().max(1.0), "{error}");
            }
            let gradient = &found.gradient * codes.transpose();
            let size = gradient.norm_l2();
            let radial: f64 = (0..6)
                .map(|j| {
                    let pairs = gradient.col_as_slice(j).iter().zip(map.col_as_slice(j));
                    pairs.map(|(a, b)| a * b).sum::<f64>()
                })
                .sum();
            assert!(radial.abs() < 1e-12 * size * map.norm_l2(), "{radial}");
            for j in 0..6 {
                for i in 0..5 {
                    let h = 1e-5;
                    let mut shifted = map.clone();
                    shifted[(i, j)] += h;
                    let up = loss(&shifted, &codes, objective);
                    shifted[(i, j)] -= 2.0 * h;
                    let slope = (up - loss(&shifted, &codes, objective)) / (2.0 * h);
                    let error = (slope - gradient[(i, j)]).abs();
                    assert!(error < 1e-6 * size.max(1.0), "{slope} {}", gradient[(i, j)]);
                }
            }
        }
    }
}

/// (P5) The tempered loss lies within `tau log(pairs)` below the largest cosine, and rises to it.
#[test]
fn tempered_loss_approaches_the_largest_cosine() {
    for seed in 0..20 {
        let count = 4 + seed as usize;
        let (codes, map) = (random(seed, 8, count), random(seed + 1, 5, 8));
        let pairs = (count * (count - 1) / 2) as f64;
        let mut last = f64::NEG_INFINITY;
        for tau in [10.0, 2.0, 1.0, 0.3, 0.1, 0.03, 0.01, 1e-3, 1e-5] {
            let found = evaluate(&(&map * &codes), Objective::tempered(tau), false);
            assert!(found.loss <= found.closest + 1e-12);
            assert!(found.loss >= found.closest - tau * pairs.ln() - 1e-12);
            assert!(found.loss >= last - 1e-12, "{} below {last}", found.loss);
            last = found.loss;
        }
    }
}

/// (P6) 0 increases in 200 steps of the monotone mode; Adam ends no worse than it started.
#[test]
fn learning_descends() {
    for seed in 0..5u64 {
        let (count, dim) = (8 + 4 * seed as usize, 12);
        let codes = host(normal(seed, count, dim));
        for tau in [1.0, 0.1, 0.02] {
            let config = SeparationConfig {
                start: Start::Gaussian,
                width: Some(5),
                seed,
                ..SeparationConfig::monotone(tau, 200)
            };
            let (_, report) = learn(&codes, dim, &config).unwrap();
            assert!(report.steps > 3, "{report:?}");
            for pair in report.losses.windows(2) {
                assert!(pair[1] <= pair[0], "{} above {}", pair[1], pair[0]);
            }
            assert!(report.loss_last < report.loss_first);
        }
        let config = SeparationConfig {
            start: Start::Gaussian,
            width: Some(5),
            seed,
            ..SeparationConfig::default()
        };
        let (_, report) = learn(&codes, dim, &config).unwrap();
        assert!(report.loss_last <= report.loss_first, "{report:?}");
        assert!(report.separation >= report.separation_first);
    }
}

/// Gradient descent takes the same steps on the entries of W and on the span of the codes, also in
/// what W does outside of it.
#[test]
fn both_coordinates_descend_alike() {
    let codes = host(normal(4, 6, 15));
    for (optimiser, rate) in [(Optimiser::Constant, 0.3), (Optimiser::Backtracking, 1.0)] {
        for start in [Start::Identity, Start::Gaussian] {
            let on = |coordinates| {
                let config = SeparationConfig {
                    coordinates,
                    optimiser,
                    start,
                    learning_rate: rate,
                    iterations: 30,
                    tau_start: 0.2,
                    tau_end: 0.2,
                    ..SeparationConfig::default()
                };
                learn(&codes, 15, &config).unwrap()
            };
            let ((a, first), (b, second)) = (on(Coordinates::Entries), on(Coordinates::Span));
            assert!((first.loss_last - second.loss_last).abs() < 1e-9);
            assert!(first.loss_last < first.loss_first - 0.05);
            assert_close(&a, &b, 1e-6, "map");
        }
    }
}

/// The map keeps the norm `sqrt(D)`.
#[test]
fn the_norm_stays() {
    for (dim, count) in [(6, 20), (20, 6)] {
        let codes = host(normal(7, count, dim));
        let (map, _) = learn(&codes, dim, &SeparationConfig::default()).unwrap();
        let square: f32 = map.iter().map(|value| value * value).sum();
        assert!((square - dim as f32).abs() < 1e-3, "{square}");
    }
}

/// (P13) Losses, gradients and separations follow a permutation of the codes. The gradient of the
/// published U-Hop+ program does not: there each pair moves only its first code.
#[test]
fn permutations() {
    let (codes, map) = (random(5, 6, 9), random(6, 4, 6));
    let order = rng::permutation(&mut rng::stream(1, "order"), 9);
    let shuffled = Mat::from_fn(6, 9, |i, k| codes[(i, order[k])]);
    let distance = |a: &Mat<f64>, b: &Mat<f64>| {
        let moved = Mat::from_fn(a.nrows(), 9, |i, k| a[(i, order[k])]);
        (moved - b).norm_max()
    };
    let (features, others) = (&map * &codes, &map * &shuffled);
    for objective in objectives() {
        let (a, b) = (
            evaluate(&features, objective, true),
            evaluate(&others, objective, true),
        );
        assert!((a.loss - b.loss).abs() < 1e-12);
        assert!((a.closest - b.closest).abs() < 1e-12);
        assert!(distance(&a.gradient, &b.gradient) < 1e-12);
    }
    let one_sided = |features: &Mat<f64>| {
        let (unit, _) = unit_columns(features);
        let cosines = unit.transpose() * &unit;
        let weights = Mat::from_fn(9, 9, |j, k| match j > k {
            true => (cosines[(j, k)] / 0.1).exp(),
            false => 0.0,
        });
        let sum: f64 = weights
            .col_iter()
            .flat_map(|column| column.iter().copied())
            .sum();
        &unit * &weights * faer::Scale(1.0 / (sum + 45.0))
    };
    assert!(distance(&one_sided(&features), &one_sided(&others)) > 1e-2);
}

/// (P17) Two equal codes cannot be separated; everything ends and says so.
#[test]
fn duplicates() {
    let codes = normal(9, 12, 10);
    let codes = Tensor::cat(vec![codes.clone(), codes.clone().narrow(0, 4, 1)], 0);
    for loss in [
        SeparationLoss::Tempered,
        SeparationLoss::Average,
        SeparationLoss::Maximum,
    ] {
        for coordinates in [Coordinates::Entries, Coordinates::Span] {
            let mut config = KernelisedConfig {
                beta: 200.0,
                ..KernelisedConfig::default()
            };
            config.separation.loss = loss;
            config.separation.coordinates = coordinates;
            let mut memory = config.init(10, &device()).unwrap();
            memory.store(codes.clone()).unwrap();
            let report = memory.report().unwrap();
            assert!(report.separation.abs() < 1e-12, "{report:?}");
            assert!(report.losses.iter().all(|loss| loss.is_finite()));
            let separation = memory.separation().unwrap();
            assert!(separation.delta_min.abs() < 1e-6);
            assert_eq!(separation.nearest, (4, 12));
            let one = codes.clone().narrow(0, 4, 1);
            let stopping = attractor_core::Stopping::after(3);
            let answer = memory.retrieve(one.clone(), stopping).unwrap();
            assert_close(&host(answer.state), &host(one), 1e-4, "the pair");
        }
    }
}

#[test]
fn one_code_cannot_be_separated() {
    let error = learn(&[1.0, 2.0], 2, &SeparationConfig::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "codes to separate: expected 2 rows, found 1"
    );
}
