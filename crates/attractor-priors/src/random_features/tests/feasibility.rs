use super::*;
use crate::random_features::{feasibility, spinodal};

/// Values worked out from the self-consistency by hand, to the printed digits.
#[test]
fn critical_betas() {
    let table = [
        (10, 17.97),
        (50, 26.48),
        (100, 29.83),
        (200, 33.09),
        (400, 36.28),
        (500, 37.30),
        (1000, 40.44),
    ];
    for (patterns, expected) in table {
        let found = spinodal(patterns);
        assert!(
            (found - expected).abs() < 0.01,
            "{patterns}: {found}, expected {expected}"
        );
    }
    assert_eq!(spinodal(1), 0.0);
}

#[test]
fn windows_follow_their_formulas() {
    let window = feasibility(100, 100, 20_000, 50.0, 0.1).unwrap();
    assert!((window.global - 36.84).abs() < 0.01);
    assert_eq!(window.centroid, 400.0);
    assert!((window.highest_near - 10.0 * (40_000.0f64 / 900.0).ln()).abs() < 1e-9);
    assert!((window.entry_error - (100.0f64 * 100.0 / (40_000.0 * 50.0)).sqrt()).abs() < 1e-12);
    assert_eq!((window.numbers, window.pattern_numbers), (40_000, 10_000));
    assert!(
        !window.feasible,
        "50 lies above the ceiling of {}",
        window.highest_near
    );
    assert!(feasibility(100, 100, 20_000, 33.0, 0.1).unwrap().feasible);
    assert!(!feasibility(100, 100, 20_000, 25.0, 0.1).unwrap().feasible);
    assert!(
        feasibility(100, 100, 20_000, 50.0, 0.0)
            .unwrap()
            .highest_near
            .is_infinite()
    );
    let message = feasibility(0, 100, 1, 1.0, 0.0).unwrap_err().to_string();
    assert_eq!(message, "feasibility.patterns: must be at least 1, found 0");
    assert!(feasibility(1, 1, 1, 1.0, 1.0).is_err());
}

/// A reduced form of the published check: the stored bits come back above the threshold, and not
/// below. The transition is sharp only for wide patterns.
#[test]
fn recall_sets_in_at_the_critical_beta() {
    let (n, dim) = (10, 2000);
    let codes = binary(1, n, dim, false);
    let half = 0.5 / (dim as f32).sqrt();
    let recalled = |beta: f32| {
        let config = crate::GaussianMixtureConfig {
            sigma: beta.sqrt().recip(),
        };
        let mut exact = config.init(dim, &device()).unwrap();
        exact.store(tensor(&codes, dim)).unwrap();
        let mut state = tensor(&codes, dim);
        for _ in 0..300 {
            state = exact.attract(state).unwrap();
        }
        let rows = host(state);
        let rows = rows.chunks_exact(dim).zip(codes.chunks_exact(dim));
        let exact = rows.filter(|(ours, code)| {
            ours.iter()
                .zip(*code)
                .all(|(a, b)| (*a > half) == (*b > half))
        });
        exact.count() as f64 / n as f64
    };
    let critical = spinodal(n) as f32;
    assert!(recalled(critical - 2.0) <= 0.01);
    assert!(recalled(critical + 2.0) >= 0.99);
}

/// The deviation of the estimate of S over seeds, by its exact law for sine and cosine pairs,
/// `1 / (2 Y) sum_kl [ kappa(m_k, m_l) + exp(-beta/2 |2 z - m_k - m_l|^2) - 2 kappa_k kappa_l ]`.
#[test]
fn the_noise_follows_its_law() {
    let (n, dim, count, beta) = (6, 10, 200, 8.0f32);
    let codes = binary(1, n, dim, false);
    let state = host(near(&codes[..dim], dim, 0.08, 2));
    let rows: Vec<&[f32]> = codes.chunks_exact(dim).collect();
    let kappa = |a: &[f32], b: &[f32]| kernel(a, b, beta.into());
    let truth: f64 = rows.iter().map(|row| kappa(row, &state)).sum();
    let mut law = 0.0;
    for a in &rows {
        for b in &rows {
            let middle: Vec<f32> = a.iter().zip(*b).map(|(a, b)| a + b).collect();
            let twice: Vec<f32> = state.iter().map(|z| 2.0 * z).collect();
            law += kappa(a, b) + kappa(&twice, &middle) - 2.0 * kappa(a, &state) * kappa(b, &state);
        }
    }
    let law = (law / (2.0 * count as f64)).sqrt();
    let seeds = 600;
    let (mut sum, mut squares) = (0.0, 0.0);
    for seed in 0..seeds {
        let config = RandomFeaturesConfig {
            seed,
            ..config(FeatureKind::SinCos, count, beta)
        };
        let mut memory = memory(&config, dim);
        memory.store(tensor(&codes, dim)).unwrap();
        let energy = host(memory.energy(tensor(&state, dim)).unwrap())[0];
        let error = (-f64::from(beta) * f64::from(energy)).exp() - truth;
        sum += error;
        squares += error * error;
    }
    let seeds = seeds as f64;
    assert!((sum / seeds).abs() < 4.0 * law / seeds.sqrt(), "unbiased");
    // A deviation from 600 draws is known to 3 %.
    let ratio = (squares / seeds).sqrt() / law;
    assert!((0.88..1.12).contains(&ratio), "{ratio}");
}
