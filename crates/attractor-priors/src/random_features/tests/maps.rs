use super::*;
use crate::random_features::DirectionKind;

/// Kernel estimates of one pair over several seeds.
fn estimates(config: &RandomFeaturesConfig, x: &[f32], y: &[f32], seeds: u64) -> Vec<f64> {
    let pair = [x, y].concat();
    (0..seeds)
        .map(|seed| {
            let config = RandomFeaturesConfig {
                seed,
                ..config.clone()
            };
            let memory = memory(&config, x.len());
            let phi = host(memory.features(tensor(&pair, x.len())).unwrap());
            let (a, b) = phi.split_at(phi.len() / 2);
            a.iter()
                .zip(b)
                .map(|(a, b)| f64::from(*a) * f64::from(*b))
                .sum()
        })
        .collect()
}

fn mean_and_variance(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (
        mean,
        values
            .iter()
            .map(|value| (value - mean).powi(2))
            .sum::<f64>()
            / (n - 1.0),
    )
}

/// Variance of one direction's estimate, by the table.
fn variance(kind: FeatureKind, kappa: f64, q: f64) -> f64 {
    let trigonometric = 0.5 * (1.0 - kappa * kappa).powi(2);
    match kind {
        FeatureKind::SinCos => trigonometric,
        FeatureKind::Cos => trigonometric + 0.5,
        FeatureKind::HyperbolicPositive => kappa * kappa * 0.5 * q.exp_m1() * -(-q).exp_m1(),
        // The optimal ones have less: this bound serves both.
        _ => kappa * kappa * q.exp_m1(),
    }
}

/// A pair of points with kernel value about 0.5 and `beta |x + y|^2` about 1.
fn pair() -> ([f32; 4], [f32; 4], f32) {
    ([0.35, -0.1, 0.2, 0.05], [0.0, 0.25, 0.25, -0.2], 4.0)
}

#[test]
fn estimates_are_unbiased() {
    let (x, y, beta) = pair();
    let kappa = kernel(&x, &y, beta.into());
    let q = f64::from(beta) * sum_norm(&x, &y);
    assert!(q < 3.0);
    for kind in KINDS {
        let values = estimates(&config(kind, 100, beta), &x, &y, 200);
        let (mean, _) = mean_and_variance(&values);
        let error = (variance(kind, kappa, q) / (100.0 * 200.0)).sqrt();
        assert!(
            (mean - kappa).abs() < 4.0 * error,
            "{kind:?}: {mean}, expected {kappa} +- {error}"
        );
    }
}

/// The table's variance of one direction within 15 %: 4000 directions for the trigonometric maps; for
/// the exponential ones, whose tails are long, 200,000.
#[test]
fn variances_are_those_of_the_table() {
    let (x, y, beta) = pair();
    let kappa = kernel(&x, &y, beta.into());
    let q = f64::from(beta) * sum_norm(&x, &y);
    let mut measured = Vec::new();
    for kind in KINDS {
        let count = if kind.is_positive() { 200_000 } else { 4000 };
        let memory = memory(&config(kind, count, beta), 4);
        let phi = host(memory.features(tensor(&[x, y].concat(), 4)).unwrap());
        let (a, b) = phi.split_at(phi.len() / 2);
        let one = |i: usize| count as f64 * f64::from(a[i]) * f64::from(b[i]);
        let values: Vec<f64> = (0..count)
            .map(|i| (0..kind.parts()).map(|part| one(part * count + i)).sum())
            .collect();
        let (_, found) = mean_and_variance(&values);
        measured.push(found);
        if kind != FeatureKind::OptimalPositive {
            let ratio = found / variance(kind, kappa, q);
            assert!(
                (0.85..1.15).contains(&ratio),
                "{kind:?}: {found}, ratio {ratio}"
            );
        }
    }
    assert!(measured[0] < measured[1], "sin_cos below cos");
}

/// The optimal positive features at the typical argument they were made for.
#[test]
fn optimal_positive_features_have_less_variance() {
    let x = [0.5f32, 0.5, 0.4, 0.6];
    let beta = 3.0;
    let typical = beta * sum_norm(&x, &x) as f32;
    let spread = |kind| {
        let config = RandomFeaturesConfig {
            typical: Some(typical),
            ..config(kind, 50, beta)
        };
        let values = estimates(&config, &x, &x, 300);
        let (mean, variance) = mean_and_variance(&values);
        assert!(
            kind == FeatureKind::Positive || (mean - 1.0).abs() < 0.1,
            "{mean}"
        );
        variance
    };
    assert!(spread(FeatureKind::OptimalPositive) < 0.3 * spread(FeatureKind::Positive));
}

#[test]
fn sin_cos_is_exact_for_equal_arguments() {
    for count in [1, 7, 5000] {
        let memory = memory(&config(FeatureKind::SinCos, count, 40.0), 9);
        let phi = memory.features(tensor(&binary(1, 5, 9, false), 9)).unwrap();
        for norm in host(phi.square().sum_dim(1)) {
            assert!((norm - 1.0).abs() < 1e-5, "{norm}");
        }
    }
}

/// Trigonometric estimates see differences alone.
#[test]
fn trigonometric_energies_do_not_see_translations() {
    let (n, dim) = (12, 10);
    let patterns = binary(2, n, dim, false);
    let states = near(&patterns, dim, 0.05, 3);
    let by = normal(4, 1, dim).mul_scalar(0.3);
    let config = config(FeatureKind::SinCos, 3000, 20.0);
    let energy = |shift: Option<Tensor<2>>| {
        let mut memory = memory(&config, dim);
        let shift = shift.unwrap_or_else(|| by.zeros_like());
        memory
            .store(tensor(&patterns, dim) + shift.clone())
            .unwrap();
        host(memory.energy(states.clone() + shift).unwrap())
    };
    let (plain, shifted) = (energy(None), energy(Some(by.clone())));
    // The estimate itself is exp(-beta E).
    for (a, b) in plain.iter().zip(&shifted) {
        let ratio = (-20.0 * (a - b)).exp();
        assert!((ratio - 1.0).abs() < 1e-4, "{ratio}");
    }
}

#[test]
fn orthogonal_directions_are_orthogonal_gaussian_and_unbiased() {
    let dim = 24;
    let config = RandomFeaturesConfig {
        directions: DirectionKind::Orthogonal,
        ..config(FeatureKind::SinCos, 60 * dim + 5, 4.0)
    };
    let drawn = memory(&config, dim);
    let rows: Vec<f32> = drawn
        .directions
        .blocks()
        .flat_map(|block| block.host().unwrap().0.into_owned())
        .collect();
    assert_eq!(rows.len(), config.count * dim);
    for unit in rows.chunks(dim * dim) {
        let unit: Vec<&[f32]> = unit.chunks_exact(dim).collect();
        for (i, a) in unit.iter().enumerate() {
            for b in &unit[..i] {
                let product: f64 = a
                    .iter()
                    .zip(*b)
                    .map(|(a, b)| f64::from(*a) * f64::from(*b))
                    .sum();
                assert!(product.abs() < 1e-4 * dim as f64, "{product}");
            }
        }
    }
    let norms: Vec<f64> = rows
        .chunks_exact(dim)
        .map(|row| distance(row, &vec![0.0; dim]))
        .collect();
    let (mean, _) = mean_and_variance(&norms);
    // A chi-square variable of D degrees has mean D and variance 2 D.
    let error = (2.0 * dim as f64 / norms.len() as f64).sqrt();
    assert!((mean - dim as f64).abs() < 3.0 * error, "{mean} +- {error}");

    // Unbiased, and with less variance than independent directions for near points.
    let (x, y, beta) = pair();
    let kappa = kernel(&x, &y, beta.into());
    let spread = |directions| {
        let config = RandomFeaturesConfig {
            directions,
            ..super::config(FeatureKind::SinCos, 64, beta)
        };
        let values = estimates(&config, &x, &y, 300);
        let (mean, variance) = mean_and_variance(&values);
        assert!(
            (mean - kappa).abs() < 4.0 * (variance / 300.0).sqrt(),
            "{directions:?}: {mean}"
        );
        variance
    };
    assert!(spread(DirectionKind::Orthogonal) < 0.8 * spread(DirectionKind::Gaussian));
}

/// Directions drawn again in every pass are the directions that are kept.
#[test]
fn forgotten_directions_come_back() {
    for (directions, features) in [
        (DirectionKind::Gaussian, FeatureKind::Cos),
        (DirectionKind::Orthogonal, FeatureKind::SinCos),
    ] {
        let kept = RandomFeaturesConfig {
            directions,
            ..config(features, 9001, 20.0)
        };
        let drawn = RandomFeaturesConfig {
            keep_directions: false,
            ..kept.clone()
        };
        let patterns = binary(5, 4, 12, false);
        let energies = [kept, drawn].map(|config| {
            let mut memory = memory(&config, 12);
            memory.store(tensor(&patterns, 12)).unwrap();
            host(memory.energy(near(&patterns, 12, 0.02, 6)).unwrap())
        });
        assert_eq!(energies[0], energies[1]);
    }
}
