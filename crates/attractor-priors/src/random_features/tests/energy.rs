use attractor_core::{Energy, MemoryPrior};

use super::*;

/// The energy by its definition in f64, from the directions of the memory.
fn oracle(memory: &RandomFeatures, codes: &[f32], state: &[f64]) -> f64 {
    let config = memory.config();
    let beta = f64::from(config.beta);
    let dim = state.len();
    let (mut directions, mut phases) = (Vec::<f32>::new(), Vec::<f32>::new());
    for block in memory.directions.blocks() {
        directions.extend(block.host().unwrap().0.iter());
        phases.extend(block.host().unwrap().1.as_deref().unwrap_or_default());
    }
    let typical = f64::from(config.typical.unwrap_or(config.beta));
    let d = dim as f64;
    let rho = ((2.0 * typical + d).powi(2) + 8.0 * d * typical).sqrt() - 2.0 * typical - d;
    let a = (1.0 - 4.0 * typical / rho) / 8.0;
    let phi = |z: &[f64], i: usize| -> [f64; 2] {
        let w = &directions[i * dim..(i + 1) * dim];
        let h = beta.sqrt() * z.iter().zip(w).map(|(z, w)| z * f64::from(*w)).sum::<f64>();
        let norm = beta * z.iter().map(|z| z * z).sum::<f64>();
        let length: f64 = w.iter().map(|w| f64::from(*w).powi(2)).sum();
        match config.features {
            FeatureKind::SinCos => [h.cos(), h.sin()],
            FeatureKind::Cos => [2f64.sqrt() * (h + f64::from(phases[i])).cos(), 0.0],
            FeatureKind::Positive => [(h - norm).exp(), 0.0],
            FeatureKind::HyperbolicPositive => [
                (h - norm).exp() / 2f64.sqrt(),
                (-h - norm).exp() / 2f64.sqrt(),
            ],
            FeatureKind::OptimalPositive => {
                let exponent = a * length + (1.0 - 4.0 * a).sqrt() * h - norm;
                [(1.0 - 4.0 * a).powf(d / 4.0) * exponent.exp(), 0.0]
            }
        }
    };
    let sum: f64 = (0..config.count)
        .map(|i| {
            let of_state = phi(state, i);
            let stored = codes.chunks_exact(dim).map(|code| {
                let code: Vec<f64> = code.iter().map(|&value| value.into()).collect();
                let of_code = phi(&code, i);
                of_state[0] * of_code[0] + of_state[1] * of_code[1]
            });
            stored.sum::<f64>()
        })
        .sum();
    -(sum / config.count as f64).ln() / beta
}

/// Closed form, automatic differentiation and finite differences in f64 agree.
#[test]
fn gradients_agree() {
    let (n, dim) = (6, 5);
    let codes = binary(1, n, dim, true);
    for kind in KINDS {
        let mut memory = memory(&config(kind, 400, 8.0), dim);
        memory.store(tensor(&codes, dim)).unwrap();
        let states = near(&codes[..3 * dim], dim, 0.1, 2);
        let (closed, energy) = memory.gradient_with_energy(states.clone()).unwrap();
        let closed = host(closed);

        let tracked = states.clone().autodiff().require_grad();
        let sum = memory.energy(tracked.clone()).unwrap().sum();
        let gradients = sum.backward();
        let automatic = host(tracked.grad(&gradients).unwrap());
        assert!(
            relative(&closed, &automatic) < 1e-4,
            "{kind:?} against autodiff"
        );

        let values: Vec<f64> = host(states).into_iter().map(f64::from).collect();
        let mut differences = Vec::new();
        for (row, state) in values.chunks_exact(dim).enumerate() {
            let exact = oracle(&memory, &codes, state);
            let ours = f64::from(host(energy.clone())[row]);
            assert!(
                (ours - exact).abs() < 2e-6,
                "{kind:?}: energy {ours}, {exact}"
            );
            for p in 0..dim {
                let shifted = |by: f64| {
                    let mut state = state.to_vec();
                    state[p] += by;
                    oracle(&memory, &codes, &state)
                };
                differences.push(((shifted(1e-5) - shifted(-1e-5)) / 2e-5) as f32);
            }
        }
        assert!(
            relative(&closed, &differences) < 1e-4,
            "{kind:?} against differences"
        );
    }
}

/// With many directions the estimate approaches the mixture, whose scale differs by beta.
#[test]
fn the_mixture_is_the_limit() {
    let (n, dim, beta) = (5, 8, 6.0f32);
    let codes = binary(3, n, dim, true);
    let mut exact = crate::GaussianMixtureConfig {
        sigma: beta.sqrt().recip(),
    }
    .init(dim, &device())
    .unwrap();
    exact.store(tensor(&codes, dim)).unwrap();
    let states = near(&codes, dim, 0.1, 4);
    let expected = host(exact.energy(states.clone()).unwrap().div_scalar(beta));
    for kind in KINDS {
        let error = |count| {
            let mut memory = memory(&config(kind, count, beta), dim);
            memory.store(tensor(&codes, dim)).unwrap();
            let ours = host(memory.energy(states.clone()).unwrap());
            ours.iter()
                .zip(&expected)
                .map(|(a, b)| (a - b).abs())
                .sum::<f32>()
                / n as f32
        };
        let (few, many) = (error(200), error(40_000));
        assert!(many < 0.25 * few && many < 0.01, "{kind:?}: {few} {many}");
    }
}

/// Strong beta and long codes, where the features of the reference overflow.
#[test]
fn positive_maps_stay_finite() {
    for kind in [
        FeatureKind::Positive,
        FeatureKind::HyperbolicPositive,
        FeatureKind::OptimalPositive,
    ] {
        let mut memory = memory(&config(kind, 500, 600.0), 10);
        let codes = normal(5, 4, 10).mul_scalar(2.0);
        memory.store(codes.clone()).unwrap();
        let (gradient, energy) = memory.gradient_with_energy(codes.clone()).unwrap();
        assert!(
            host(gradient)
                .iter()
                .chain(&host(energy))
                .all(|value| value.is_finite()),
            "{kind:?}"
        );
        assert!(
            host(memory.attract(codes.clone()).unwrap())
                .iter()
                .all(|value| value.is_finite())
        );
        memory.forget(codes.clone().narrow(0, 0, 1)).unwrap();
        assert!(
            host(memory.energy(codes).unwrap())
                .iter()
                .all(|value| value.is_finite())
        );
        assert_eq!(memory.energy_ceiling(), None);
    }
}

#[test]
fn centring_changes_nothing_but_the_noise() {
    let beta = 2.0f32;
    let one = 6f32.sqrt().recip();
    let codes: Vec<f32> = [0b111000, 0b000111, 0b101010, 0b010101u8]
        .iter()
        .flat_map(|bits| (0..6).map(move |i| f32::from(bits >> i & 1) * one))
        .collect();
    let centre = vec![0.5 * 6f32.sqrt().recip()];
    let states = near(&codes, 6, 0.05, 15);
    let energy = |kind, centre: &[f32], seed| {
        let config = RandomFeaturesConfig {
            centre: centre.to_vec(),
            seed,
            ..config(kind, 5000, beta)
        };
        let mut memory = memory(&config, 6);
        memory.store(tensor(&codes, 6)).unwrap();
        host(memory.energy(states.clone()).unwrap())
    };
    assert_close(
        &energy(FeatureKind::SinCos, &centre, 0),
        &energy(FeatureKind::SinCos, &[], 0),
        1e-5,
        "sin_cos sees differences alone",
    );
    // The positive kinds are brought nearer to the truth. A pattern of three ones has squared lengths
    // |2 x|^2 of 2 and, centred, 1: deviations in the ratio sqrt((e^2 - 1) / (e^4 - 1)) = 0.35.
    let mut exact = crate::GaussianMixtureConfig {
        sigma: beta.sqrt().recip(),
    }
    .init(6, &device())
    .unwrap();
    exact.store(tensor(&codes, 6)).unwrap();
    let truth = host(exact.energy(states.clone()).unwrap().div_scalar(beta));
    let error = |centre: &[f32]| -> f32 {
        let seeds = (0..20).flat_map(|seed| energy(FeatureKind::Positive, centre, seed));
        seeds
            .zip(truth.iter().cycle())
            .map(|(a, b)| (a - b).abs())
            .sum()
    };
    let (plain, centred) = (error(&[]), error(&centre));
    assert!(centred < 0.5 * plain, "{plain} {centred}");
}

/// `fitted` measures what it says, and makes the optimal positive features better than the others.
#[test]
fn fitted_configurations() {
    let codes = normal(30, 12, 5).mul_scalar(0.4).add_scalar(0.7);
    let rows = host(codes.clone());
    let fitted = config(FeatureKind::OptimalPositive, 400, 6.0)
        .fitted(codes.clone())
        .unwrap();
    assert_close(
        &fitted.centre,
        &host(codes.clone().mean_dim(0)),
        1e-6,
        "centre",
    );
    let centred: Vec<Vec<f32>> = rows
        .chunks_exact(5)
        .map(|row| row.iter().zip(&fitted.centre).map(|(x, c)| x - c).collect())
        .collect();
    let pairs = centred
        .iter()
        .flat_map(|x| centred.iter().map(|y| sum_norm(x, y)));
    let mean = 6.0 * pairs.sum::<f64>() / 144.0;
    assert!((f64::from(fitted.typical.unwrap()) - mean).abs() < 1e-4 * mean);

    let mut exact = crate::GaussianMixtureConfig {
        sigma: 6f32.sqrt().recip(),
    }
    .init(5, &device())
    .unwrap();
    exact.store(codes.clone()).unwrap();
    let truth = host(exact.energy(codes.clone()).unwrap().div_scalar(6.0));
    let error = |features| -> f32 {
        let seeds = (0..20).flat_map(|seed| {
            let config = RandomFeaturesConfig {
                features,
                seed,
                ..fitted.clone()
            };
            let mut memory = memory(&config, 5);
            memory.store(codes.clone()).unwrap();
            host(memory.energy(codes.clone()).unwrap())
        });
        seeds
            .zip(truth.iter().cycle())
            .map(|(a, b)| (a - b).abs())
            .sum()
    };
    let (optimal, positive) = (
        error(FeatureKind::OptimalPositive),
        error(FeatureKind::Positive),
    );
    assert!(optimal < 0.9 * positive, "{optimal} {positive}");
}
