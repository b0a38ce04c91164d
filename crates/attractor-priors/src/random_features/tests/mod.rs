//! Shared by the tests of the random features: data, and the exact memory in f64.

mod algebra;
mod energy;
mod feasibility;
mod golden;
mod maps;
mod persist;
mod recall;

use burn::tensor::Tensor;

use super::{FeatureKind, RandomFeatures, RandomFeaturesConfig};
use crate::testing::*;
use attractor_core::rng;
use attractor_core::{Energy, MemoryPrior};

pub(super) const KINDS: [FeatureKind; 5] = [
    FeatureKind::SinCos,
    FeatureKind::Cos,
    FeatureKind::Positive,
    FeatureKind::HyperbolicPositive,
    FeatureKind::OptimalPositive,
];

pub(super) fn config(features: FeatureKind, count: usize, beta: f32) -> RandomFeaturesConfig {
    RandomFeaturesConfig {
        features,
        count,
        beta,
        ..RandomFeaturesConfig::default()
    }
}

pub(super) fn memory(config: &RandomFeaturesConfig, dim: usize) -> RandomFeatures {
    config.clone().init(dim, &device()).unwrap()
}

/// Random patterns in `{0, 1 / sqrt(dim)}`, shifted by half of that if `centred`.
pub(super) fn binary(seed: u64, rows: usize, dim: usize, centred: bool) -> Vec<f32> {
    let one = (dim as f32).sqrt().recip();
    let shift = if centred { 0.5 * one } else { 0.0 };
    rng::uniform_vec(&mut rng::stream(seed, "binary"), rows * dim, 0.0, 1.0)
        .into_iter()
        .map(|value| if value < 0.5 { -shift } else { one - shift })
        .collect()
}

/// `patterns` with Gaussian noise.
pub(super) fn near(patterns: &[f32], dim: usize, scale: f32, seed: u64) -> Tensor<2> {
    let noise = rng::normal_vec(&mut rng::stream(seed, "near"), patterns.len());
    let values: Vec<f32> = patterns
        .iter()
        .zip(noise)
        .map(|(m, e)| m + scale * e)
        .collect();
    tensor(&values, dim)
}

pub(super) fn kernel(x: &[f32], y: &[f32], beta: f64) -> f64 {
    (-0.5 * beta * distance(x, y)).exp()
}

pub(super) fn distance(x: &[f32], y: &[f32]) -> f64 {
    x.iter()
        .zip(y)
        .map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2))
        .sum()
}

/// |x + y|^2.
pub(super) fn sum_norm(x: &[f32], y: &[f32]) -> f64 {
    x.iter()
        .zip(y)
        .map(|(a, b)| (f64::from(*a) + f64::from(*b)).powi(2))
        .sum()
}

/// Largest difference relative to the largest expected value.
pub(super) fn relative(ours: &[f32], expected: &[f32]) -> f32 {
    assert_eq!(ours.len(), expected.len());
    let size = expected
        .iter()
        .fold(0.0f32, |max, value| max.max(value.abs()));
    let error = ours.iter().zip(expected).fold(0.0f32, |max, (a, b)| {
        assert!(a.is_finite());
        max.max((a - b).abs())
    });
    error / size
}
