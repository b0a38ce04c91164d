//! Shared by the tests.

use attractor_core::rng;

use crate::bayespcn::inference::clamp::Target;
use crate::bayespcn::inference::density::Density;
use crate::bayespcn::inference::objective::{Gradient, Objective, Point, Value};
use crate::bayespcn::inference::view::View;
use crate::bayespcn::{BayesPcnConfig, MatrixNormal, SearchConfig};
use crate::linalg::Mat;

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

pub(super) fn layers(config: &BayesPcnConfig, seed: u64) -> Vec<MatrixNormal> {
    (0..config.layers)
        .map(|l| {
            let (inputs, outputs) = config.shape(l);
            posterior(seed + 10 * l as u64, inputs, outputs)
        })
        .collect()
}

pub(super) fn objective<'a>(
    config: &'a BayesPcnConfig,
    particles: &'a [Vec<MatrixNormal>],
    density: Density,
) -> Objective<'a> {
    let share = -(particles.len() as f64).ln();
    let views = particles.iter().map(|layers| View::whole(layers, share));
    Objective {
        config,
        views: views.collect(),
        density,
    }
}

pub(super) fn point(config: &BayesPcnConfig, seed: u64, rows: usize, coupled: bool) -> Point {
    let hidden = (1..config.layers).map(|l| normal(seed + l as u64, rows, config.hidden));
    let values = normal(seed, rows, config.dim);
    let rest = Mat::zeros(rows, if coupled { rows } else { 1 });
    Point {
        hidden: hidden.collect(),
        targets: vec![Target {
            values,
            rest,
            mask: None,
        }],
    }
}

pub(super) fn gradient(
    objective: &Objective<'_>,
    point: &Point,
    sensory: bool,
) -> (Value, Gradient) {
    let mut space = objective.workspace();
    objective.evaluate(point, sensory, &mut space);
    (space.value, space.gradient)
}
