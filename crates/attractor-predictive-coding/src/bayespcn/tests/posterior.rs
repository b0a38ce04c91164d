//! Conjugate updates of one layer.

use faer::Side;

use super::support::{largest_difference, normal, posterior};
use crate::bayespcn::MatrixNormal;
use crate::linalg::{Mat, dot, inverse_spd};

const NOISE: f64 = 0.04;

fn eigenvalues(mat: &Mat) -> Vec<f64> {
    mat.view().self_adjoint_eigenvalues(Side::Lower).unwrap()
}

fn covariance(layer: &MatrixNormal) -> Mat {
    Mat::new(layer.inputs(), layer.inputs(), layer.covariance())
}

fn minus(a: &[f64], b: &[f64], size: usize) -> Mat {
    let differences = a.iter().zip(b).map(|(a, b)| a - b);
    Mat::new(size, size, differences.collect())
}

#[test]
fn one_by_one_is_all_at_once_is_the_information_form() {
    let (prior, z, x) = (posterior(1, 6, 9), normal(2, 4, 6), normal(3, 4, 9));
    let (mut streamed, mut batch) = (prior.clone(), prior.clone());
    let mut evidence = 0.0;
    for row in 0..4 {
        evidence += streamed
            .log_predictive(z.row(row), x.row(row), NOISE)
            .unwrap();
        streamed.absorb(z.row(row), x.row(row), NOISE).unwrap();
    }
    let joint = batch.log_predictive(&z.data, &x.data, NOISE).unwrap();
    batch.absorb(&z.data, &x.data, NOISE).unwrap();
    assert!((evidence - joint).abs() < 1e-9, "{evidence} {joint}");

    // P' = P + Z^T Z / s^2, P' R' = P R + Z^T X / s^2.
    let (precision, _) = inverse_spd(&covariance(&prior)).unwrap();
    let mut right = Mat::product(precision.view(), prior.mean.view());
    right.add_product(1.0 / NOISE, z.view().transpose(), x.view());
    let mut precision = precision;
    precision.add_product(1.0 / NOISE, z.view().transpose(), z.view());
    let (expected, _) = inverse_spd(&precision).unwrap();
    let mean = Mat::product(expected.view(), right.view());
    for other in [&streamed, &batch] {
        assert!(largest_difference(other.mean(), &mean.data) < 1e-10);
        assert!(largest_difference(&other.covariance(), &expected.data) < 1e-10);
    }
}

#[test]
fn a_write_shrinks_residual_and_uncertainty_by_the_known_factor() {
    for exponent in 2..=12 {
        let noise = 10f64.powi(-exponent);
        let (mut layer, mut z, x) = (posterior(4, 5, 7), normal(5, 1, 5), normal(6, 1, 7));
        // An input whose prediction is uncertain by 1.
        let a = layer.along(&z);
        let length = dot(&a.data, &a.data).sqrt();
        z.data.iter_mut().for_each(|z| *z /= length);
        let residual = |layer: &MatrixNormal| {
            let mut e = x.clone();
            e.add_product(-1.0, z.view(), layer.mean.view());
            e.data
        };
        let uncertainty = |layer: &MatrixNormal| {
            let a = layer.along(&z);
            dot(&a.data, &a.data)
        };
        let (before, q) = (residual(&layer), uncertainty(&layer));
        layer.absorb(&z.data, &x.data, noise).unwrap();
        let factor = noise / (noise + q);
        let expected: Vec<f64> = before.iter().map(|e| factor * e).collect();
        let size = expected.iter().fold(0.0, |top: f64, e| top.max(e.abs()));
        let error = largest_difference(&residual(&layer), &expected) / size;
        // The residual is what is left of numbers near 1, and the mean is stored in f64: from 1e-10
        // on the rounding of that number is larger than 1e-7 of the residual.
        let rounding = x.data.iter().fold(0.0, |top: f64, x| top.max(x.abs())) * f64::EPSILON;
        let tolerance = match exponent {
            ..=9 => 1e-7,
            _ => f64::min(4.0 * rounding / size, 1e-3),
        };
        assert!(error < tolerance, "{noise}: {error}");
        // Not so the uncertainty, which comes from the factor of the covariance.
        let left = uncertainty(&layer);
        assert!(left < noise, "{noise}: {left}");
        let expected = noise * q / (noise + q);
        assert!(
            (left - expected).abs() <= 1e-12 * expected,
            "{noise}: {left}"
        );
    }
}

#[test]
fn one_number_by_hand() {
    let prior = MatrixNormal::new(1, 1, vec![0.0], vec![1.0]).unwrap();
    let mut layer = prior.clone();
    let log = layer.log_predictive(&[1.0], &[2.0], 0.25).unwrap();
    // v = 1.25: -0.5 (ln(2 pi 1.25) + 4 / 1.25).
    assert!((log + 2.630_51).abs() < 1e-5, "{log}");
    layer.absorb(&[1.0], &[2.0], 0.25).unwrap();
    assert!((layer.mean()[0] - 1.6).abs() < 1e-14);
    assert!((layer.covariance()[0] - 0.2).abs() < 1e-14);
    assert!((2.0 - layer.mean()[0] - 0.4).abs() < 1e-14);
    layer.forget(0.75, &prior).unwrap();
    assert!((layer.mean()[0] - 0.8).abs() < 1e-14);
    assert!((layer.covariance()[0] - 0.8).abs() < 1e-14);
    let mut other = MatrixNormal::new(1, 1, vec![1.0], vec![0.0 + 1e-300]).unwrap();
    other.forget(0.75, &prior).unwrap();
    assert!((other.mean()[0] - 0.5).abs() < 1e-14);
}

#[test]
fn uncertainty_only_shrinks_and_does_not_depend_on_the_outputs() {
    let mut layer = posterior(7, 8, 3);
    let mut twin = layer.clone();
    for step in 0..20 {
        let before = covariance(&layer);
        let z = normal(100 + step, 1, 8);
        layer
            .absorb(&z.data, &normal(200 + step, 1, 3).data, NOISE)
            .unwrap();
        twin.absorb(&z.data, &normal(300 + step, 1, 3).data, NOISE)
            .unwrap();
        assert_eq!(layer.factor, twin.factor);
        let u = &covariance(&layer);
        assert!((0..8).all(|i| (0..8).all(|j| u.data[i * 8 + j] == u.data[j * 8 + i])));
        assert!(eigenvalues(u).iter().all(|&value| value > 0.0));
        let shrunk = eigenvalues(&minus(&before.data, &u.data, 8));
        assert!(shrunk.iter().all(|&value| value >= -1e-10), "{shrunk:?}");
    }
    assert_ne!(layer.mean, twin.mean);
}

#[test]
fn forgetting_composes_and_ends_at_the_prior() {
    let prior = posterior(8, 5, 4);
    let mut written = prior.clone();
    written
        .absorb(&normal(9, 3, 5).data, &normal(10, 3, 4).data, NOISE)
        .unwrap();
    let after = |strengths: &[f64]| {
        let mut layer = written.clone();
        strengths
            .iter()
            .for_each(|&beta| layer.forget(beta, &prior).unwrap());
        layer
    };
    assert_eq!(after(&[0.0]), written);
    assert_eq!(after(&[1.0]), prior);
    let (b1, b2) = (0.3, 0.6);
    let (twice, once) = (after(&[b1, b2]), after(&[b1 + b2 - b1 * b2]));
    assert!(largest_difference(twice.mean(), once.mean()) < 1e-12);
    assert!(largest_difference(&twice.covariance(), &once.covariance()) < 1e-12);
    let many = after(&[0.5; 120]);
    assert!(largest_difference(many.mean(), prior.mean()) < 1e-12);
    assert!(largest_difference(&many.covariance(), &prior.covariance()) < 1e-12);
    let grown = minus(&once.covariance(), &written.covariance(), 5);
    assert!(eigenvalues(&grown).iter().all(|&value| value >= -1e-10));
    let missing = minus(&prior.covariance(), &once.covariance(), 5);
    assert!(eigenvalues(&missing).iter().all(|&value| value >= -1e-10));
    for bad in [-0.1, 1.1, f64::NAN] {
        let message = written.clone().forget(bad, &prior).unwrap_err().to_string();
        assert!(
            message.starts_with("forget.beta: must be from 0 to 1"),
            "{message}"
        );
    }
}

#[test]
fn removing_is_writing_undone() {
    let prior = posterior(11, 6, 5);
    let (z, x) = (normal(12, 3, 6), normal(13, 3, 5));
    let mut layer = prior.clone();
    layer.absorb(&z.data, &x.data, NOISE).unwrap();
    // In another order than written.
    layer.remove(z.row(1), x.row(1), NOISE).unwrap();
    let mut never = prior.clone();
    for row in [0, 2] {
        never.absorb(z.row(row), x.row(row), NOISE).unwrap();
    }
    assert!(largest_difference(layer.mean(), never.mean()) < 1e-9);
    assert!(largest_difference(&layer.covariance(), &never.covariance()) < 1e-9);
    for row in [2, 0] {
        layer.remove(z.row(row), x.row(row), NOISE).unwrap();
    }
    assert!(largest_difference(layer.mean(), prior.mean()) < 1e-9);
    assert!(largest_difference(&layer.covariance(), &prior.covariance()) < 1e-9);
    let message = layer
        .remove(z.row(0), x.row(0), NOISE)
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("must be given a pair that was absorbed"),
        "{message}"
    );
}
