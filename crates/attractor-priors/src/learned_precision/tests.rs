use attractor_core::{MemoryPrior, StoredCodes, Train, rng};
use proptest::prelude::*;

use super::{LearnedPrecisionConfig, Precision, PrecisionForm};
use crate::testing::*;

fn prior(form: PrecisionForm, dim: usize) -> super::LearnedPrecision {
    LearnedPrecisionConfig { form }
        .init(dim, &device())
        .unwrap()
}

/// A random symmetric positive definite matrix.
fn positive_definite(seed: u64, dim: usize) -> Vec<f32> {
    let a = rng::normal_vec(&mut rng::stream(seed, "spd"), dim * dim);
    (0..dim * dim)
        .map(|at| (at / dim, at % dim))
        .map(|(i, j)| {
            let product: f32 = (0..dim).map(|k| a[i * dim + k] * a[j * dim + k]).sum();
            product / dim as f32 + if i == j { 0.5 } else { 0.0 }
        })
        .collect()
}

#[test]
fn golden_diagonal() {
    let golden = golden("priors");
    let precision = golden.values("log_precision_diag").unwrap();
    let precision = Precision::from_log_diagonal(precision, &device()).unwrap();
    let mut prior = prior(PrecisionForm::Diagonal, 8)
        .with_precision(precision)
        .unwrap();
    check_golden_iterations(&mut prior, "gmm_diag");
}

#[test]
fn golden_full() {
    let golden = golden("priors");
    let precision = golden.values("precision_full").unwrap();
    let precision = Precision::from_matrix(precision, &device()).unwrap();
    let mut prior = prior(PrecisionForm::Full, 8)
        .with_precision(precision)
        .unwrap();
    check_golden_iterations(&mut prior, "gmm_full");
}

#[test]
fn edges() {
    check_edges(Box::new(prior(PrecisionForm::Diagonal, 4)));
    check_edges(Box::new(prior(PrecisionForm::Full, 4)));
}

#[test]
fn bad_matrices_are_errors() {
    let error = Precision::from_matrix(&[1.0, 2.0, 2.0, 1.0], &device()).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("Precision: must be positive definite"),
        "{error}"
    );
    let error = Precision::from_matrix(&[1.0, 2.0, 2.0], &device()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "Precision: must be a square matrix, found 3"
    );
    let two = Precision::identity(PrecisionForm::Full, 2, &device()).unwrap();
    let error = prior(PrecisionForm::Full, 3)
        .with_precision(two)
        .unwrap_err();
    assert!(error.to_string().contains("codes of 3 entries"), "{error}");
}

#[test]
fn the_matrix_survives_its_factor() {
    let matrix = positive_definite(5, 6);
    let precision = Precision::from_matrix(&matrix, &device()).unwrap();
    let identity: Vec<f32> = (0..36)
        .map(|at| f32::from(u8::from(at / 6 == at % 6)))
        .collect();
    assert_close(
        &host(precision.apply(tensor(&identity, 6))),
        &matrix,
        1e-5,
        "P",
    );
}

/// Noise lives in the second half of the entries: training must learn to distrust them.
fn check_training(form: PrecisionForm) {
    let dim = 8;
    let mut prior = prior(form, dim);
    let mut first = 0.0;
    let mut last = 0.0;
    for step in 0..150 {
        let codes = host(normal(step, 20, dim));
        let noise = host(normal(1000 + step, 20, dim));
        let cues: Vec<f32> = (0..20 * dim)
            .map(|at| codes[at] + if at % dim < 4 { 0.1 } else { 2.0 } * noise[at])
            .collect();
        let codes = tensor(&codes, dim);
        let loss = prior
            .train_step(codes.clone(), tensor(&cues, dim), codes, 0.05)
            .unwrap();
        if step < 10 {
            first += loss;
        }
        if step >= 140 {
            last += loss;
        }
    }
    assert!(
        last < 0.5 * first,
        "mean loss fell from {first} to {last} only"
    );
    let unit: Vec<f32> = (0..dim * dim)
        .map(|at| f32::from(u8::from(at / dim == at % dim)))
        .collect();
    let matrix = host(prior.precision().apply(tensor(&unit, dim)));
    let diagonal: Vec<f32> = (0..dim).map(|i| matrix[i * dim + i]).collect();
    let (clean, noisy) = (
        diagonal[..4].iter().sum::<f32>(),
        diagonal[4..].iter().sum::<f32>(),
    );
    assert!(clean > 4.0 * noisy, "{diagonal:?}");
}

#[test]
fn training_learns_which_entries_to_trust() {
    check_training(PrecisionForm::Diagonal);
    check_training(PrecisionForm::Full);
}

#[test]
fn training_keeps_the_stored_codes() {
    let mut prior = prior(PrecisionForm::Full, 3);
    prior.store(normal(1, 5, 3)).unwrap();
    let before = host(prior.codes().unwrap());
    let codes = normal(2, 7, 3);
    prior
        .train_step(codes.clone(), normal(3, 7, 3), codes, 0.1)
        .unwrap();
    assert_eq!(host(prior.codes().unwrap()), before);
    check_gradient(&prior, normal(4, 3, 3), 2e-2);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn properties(seed in 0u64..500) {
        let matrix = positive_definite(seed, 5);
        let make = || {
            let precision = Precision::from_matrix(&matrix, &device()).unwrap();
            prior(PrecisionForm::Full, 5).with_precision(precision).unwrap()
        };
        let mut full = make();
        full.store(normal(seed, 17, 5)).unwrap();
        check_descent(&full, normal(seed + 1, 8, 5));
        check_gradient(&full, normal(seed + 2, 4, 5), 2e-2);
        check_order_and_repetition(&|| Box::new(make()), seed);
    }
}
