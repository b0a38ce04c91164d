//! Names in parentheses, such as (P4), count the properties of a kernelised memory that the tests
//! cover between them.

mod learning;
mod prior;
mod published;
mod recall;
mod separations;
mod tammes;

use attractor_core::burn::tensor::Tensor;
use attractor_core::{MemoryPrior, rng};
use faer::Mat;

use super::{FeatureScale, Kernelised, KernelisedConfig, MapKind};
use crate::testing::*;

/// A memory that holds `codes`, with W `[D, d]` if given.
fn holding(
    codes: &Tensor<2>,
    features: FeatureScale,
    (alpha, beta): (f32, f32),
    map: Option<Tensor<2>>,
) -> Kernelised {
    let config = KernelisedConfig {
        map: MapKind::Identity,
        features,
        alpha,
        beta,
        ..KernelisedConfig::default()
    };
    let mut memory = config.init(codes.dims()[1], &device()).unwrap();
    memory.store(codes.clone()).unwrap();
    match map {
        Some(map) => memory.with_map(map).unwrap(),
        None => memory,
    }
}

/// W `[width, dim]` of the given rank with entries of variance 1 / dim.
fn random_map(seed: u64, width: usize, dim: usize, rank: usize) -> Tensor<2> {
    let scale = 1.0 / ((dim * rank) as f32).sqrt();
    normal(seed, width, rank)
        .matmul(normal(seed + 1, rank, dim))
        .mul_scalar(scale)
}

/// Normal numbers in f64.
fn random(seed: u64, rows: usize, columns: usize) -> Mat<f64> {
    let values = rng::normal_vec(&mut rng::stream(seed, "matrix"), rows * columns);
    Mat::from_fn(rows, columns, |i, j| f64::from(values[i * columns + j]))
}

/// Rows of norm 1.
fn unit_rows(rows: Tensor<2>) -> Tensor<2> {
    let norms = rows.clone().square().sum_dim(1).sqrt();
    rows / norms
}

/// Unit codes that share a direction: `sqrt(rho) base + sqrt(1 - rho) noise`.
fn correlated(seed: u64, count: usize, dim: usize, rho: f32) -> Tensor<2> {
    let base = unit_rows(normal(seed, 1, dim));
    let noise = normal(seed + 1, count, dim).div_scalar((dim as f32).sqrt());
    unit_rows(base.mul_scalar(rho.sqrt()) + noise.mul_scalar((1.0 - rho).sqrt()))
}
