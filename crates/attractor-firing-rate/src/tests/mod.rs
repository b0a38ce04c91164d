//! The properties of the specification, closed forms, naive computations in double precision.

mod activation;
mod design;
mod dynamics;
mod golden;
mod mistakes;
mod reading;
mod stability;
mod synapses;

use crate::{
    Activation, Currents, FiringRateConfig, Gains, Levels, Network, Patterns, Shape, Statistics,
    Synapses, sets,
};

/// The four designs of the authors: sigmoid and rectified tanh, inhibitory and excitatory.
const DESIGNS: [(Shape, f64); 4] = [
    (Shape::Sigmoid, -0.3),
    (Shape::Sigmoid, 0.1),
    (Shape::RectifiedTanh, -0.3),
    (Shape::RectifiedTanh, 0.1),
];

fn activation(shape: Shape) -> Activation {
    Activation::new(shape, 0.2, 4.8)
}

fn currents(low: f64) -> Currents {
    Currents { low, high: 0.95 }
}

fn config(dim: usize, (shape, low): (Shape, f64)) -> FiringRateConfig {
    FiringRateConfig {
        activation: activation(shape),
        currents: currents(low),
        ..FiringRateConfig::new(dim)
    }
}

fn bits(rows: &[f32], dim: usize) -> Patterns {
    Patterns::from_rows("patterns", rows, dim).unwrap()
}

fn ideal(dim: usize) -> Patterns {
    bits(&sets::ideal(dim, 0.2).unwrap(), dim)
}

fn correlated(dim: usize, seed: u64) -> Patterns {
    bits(&sets::correlated(4, dim, (0.2, 0.4), seed).unwrap(), dim)
}

/// The Hebbian network for the statistics of the patterns, with its gains.
fn network(patterns: &Patterns, design: (Shape, f64)) -> (Network, Gains) {
    let statistics = Statistics::of(patterns).unwrap();
    network_for(patterns, design, (statistics.activity, statistics.overlap))
}

/// The same for a given activity and overlap.
fn network_for(
    patterns: &Patterns,
    (shape, low): (Shape, f64),
    (q, r): (f64, f64),
) -> (Network, Gains) {
    let (activation, currents) = (activation(shape), currents(low));
    let levels = Levels::new(&activation, &currents).unwrap();
    let gains = Gains::new(&levels, &currents, q, r).unwrap();
    let network = Network {
        activation,
        synapses: Synapses::hebbian(patterns.clone(), &gains),
        levels,
    };
    (network, gains)
}

/// `W x` from the formula of the paper, entry by entry.
fn naive_weights(patterns: &Patterns, gains: &Gains) -> Vec<f64> {
    let (dim, count) = (patterns.dim(), patterns.len());
    let bit = |k, i| f64::from(u8::from(patterns.is_active(k, i)));
    let entry = |at: usize| {
        let (i, j) = (at / dim, at % dim);
        let pairs = (0..count).map(|k| (bit(k, i) - gains.beta) * (bit(k, j) - gains.beta));
        (gains.alpha * pairs.sum::<f64>() + gains.gamma) / dim as f64
    };
    (0..dim * dim).map(entry).collect()
}

fn times(weights: &[f64], x: &[f64]) -> Vec<f64> {
    let row = |row: &[f64]| row.iter().zip(x).map(|(w, x)| w * x).sum();
    weights.chunks_exact(x.len()).map(row).collect()
}

fn farthest(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter()
        .zip(b)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f64::max)
}

fn uniform(seed: u64, len: usize) -> Vec<f64> {
    let mut rng = attractor_core::rng::stream(seed, "uniform");
    let values = attractor_core::rng::uniform_vec(&mut rng, len, 0.0, 1.0);
    values.into_iter().map(f64::from).collect()
}
