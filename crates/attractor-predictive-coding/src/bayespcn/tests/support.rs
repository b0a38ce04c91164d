//! Shared by the tests.

use attractor_core::rng;

use crate::bayespcn::linalg::Mat;
use crate::bayespcn::{BayesPcnConfig, MatrixNormal, SearchConfig};

pub(super) fn normal(seed: u64, rows: usize, cols: usize) -> Mat {
    let mut stream = rng::stream(seed, "test/bayespcn");
    let drawn = rng::normal_vec(&mut stream, rows * cols);
    Mat::new(rows, cols, drawn.into_iter().map(f64::from).collect())
}

/// A random mean and a random positive definite covariance.
pub(super) fn posterior(seed: u64, inputs: usize, outputs: usize) -> MatrixNormal {
    let root = normal(seed + 1000, inputs, inputs);
    let mut covariance = Mat::scaled_identity(inputs, 0.1);
    covariance.add_product(0.3, root.view(), root.view().transpose());
    covariance.symmetrise();
    let mean = normal(seed, inputs, outputs).data;
    MatrixNormal::new(inputs, outputs, mean, covariance.data).unwrap()
}

/// Small, and quick to infer.
pub(crate) fn small(dim: usize) -> BayesPcnConfig {
    BayesPcnConfig {
        hidden: 16,
        layers: 3,
        sigma_obs: 0.1,
        sigma_data: 0.1,
        search: SearchConfig {
            max_steps: 200,
            ..SearchConfig::default()
        },
        seed: 3,
        ..BayesPcnConfig::new(dim)
    }
}

pub(super) fn largest_difference(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    let differences = a.iter().zip(b).map(|(a, b)| (a - b).abs());
    differences.fold(0.0, |top, difference| {
        // NaN must not pass for a small difference.
        if difference.is_nan() {
            f64::INFINITY
        } else {
            difference.max(top)
        }
    })
}
