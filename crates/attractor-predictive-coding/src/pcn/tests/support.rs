//! Shared by the tests.

use std::ops::ControlFlow;

use attractor_core::{Activation, rng};
use burn::tensor::{DType, Tensor, TensorData};

use crate::pcn::{
    InferenceConfig, Optimiser, Pcn, PcnConfig, PcnParameters, Precision, Progress, StepSize,
    StopRule, WriteConfig, WriteReport,
};
use crate::testing::device;

/// `f64` rows.
pub(super) fn rows(values: &[f64], width: usize) -> Tensor<2> {
    let data = TensorData::new(values.to_vec(), [values.len() / width, width]);
    Tensor::from_data(data, (&device(), DType::F64))
}

pub(super) fn normal(seed: u64, count: usize, width: usize) -> Tensor<2> {
    let drawn = rng::normal_vec(&mut rng::stream(seed, "test/pcn"), count * width);
    let drawn: Vec<f64> = drawn.into_iter().map(f64::from).collect();
    rows(&drawn, width)
}

/// Values in [0, 1], as images have.
pub(super) fn uniform(seed: u64, count: usize, width: usize) -> Tensor<2> {
    let mut stream = rng::stream(seed, "test/pcn/uniform");
    let drawn = rng::uniform_vec(&mut stream, count * width, 0.0, 1.0);
    let drawn: Vec<f64> = drawn.into_iter().map(f64::from).collect();
    rows(&drawn, width)
}

pub(super) fn values(tensor: &Tensor<2>) -> Vec<f64> {
    tensor.clone().try_into_vec_as::<f64>().unwrap()
}

pub(super) fn gap(a: &Tensor<2>, b: &Tensor<2>) -> f64 {
    largest_difference(&values(a), &values(b))
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

/// Mean square of the difference in each row.
pub(super) fn errors(found: &Tensor<2>, expected: &Tensor<2>) -> Vec<f64> {
    let width = expected.dims()[1];
    let (found, expected) = (values(found), values(expected));
    let pairs = found.chunks(width).zip(expected.chunks(width));
    pairs
        .map(|(a, b)| a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>() / width as f64)
        .collect()
}

pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Double precision, smooth.
pub(super) fn smooth(dim: usize, hidden: &[usize]) -> PcnConfig {
    PcnConfig {
        hidden: hidden.to_vec(),
        activation: Activation::Tanh,
        precision: Precision::F64,
        ..PcnConfig::new(dim)
    }
}

/// Single precision and rectifiers, as in the paper, small.
pub(super) fn rectified(dim: usize, width: usize) -> PcnConfig {
    PcnConfig {
        hidden: vec![width, width],
        write: WriteConfig {
            optimiser: Optimiser::Adam { rate: 5e-3 },
            epochs: 400,
            stop: StopRule {
                error: 1e-5,
                ..StopRule::default()
            },
            ..WriteConfig::default()
        },
        ..PcnConfig::new(dim)
    }
}

/// The same network with random weights in place of drawn ones, and recurrent ones that are not 0.
pub(super) fn with_weights(config: PcnConfig, seed: u64, scale: f64) -> Pcn {
    let shapes = PcnParameters::shapes(&config);
    let list = shapes.iter().enumerate().map(|(at, (_, shape))| {
        normal(seed * 100 + at as u64, shape[0], shape[1])
            .mul_scalar(scale / (shape[1] as f64).sqrt())
    });
    let parameters = PcnParameters::from_list(&config, list.collect()).unwrap();
    Pcn::with_parameters(config, parameters, &device()).unwrap()
}

pub(super) fn write(memory: &mut Pcn, patterns: &Tensor<2>) -> WriteReport {
    let config = memory.config().write;
    memory
        .write_with(patterns.clone(), &config, &mut go_on)
        .unwrap()
}

pub(super) fn go_on(_: &Progress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// Until nothing moves.
pub(super) fn exactly() -> InferenceConfig {
    InferenceConfig {
        max_steps: 20_000,
        tolerance: 1e-11,
        stall: 0.0,
        check_every: 50,
        ..InferenceConfig::default()
    }
}

pub(super) fn one_look(rate: f64, steps: usize) -> InferenceConfig {
    InferenceConfig {
        check_every: 1,
        ..InferenceConfig::plain(StepSize::Fixed(rate), steps)
    }
}

/// Everything that a memory knows, as it is written to files.
pub(super) fn bytes(memory: &Pcn) -> Vec<u8> {
    use attractor_core::Persist;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("memory.safetensors");
    memory.save(&path).unwrap();
    std::fs::read(path).unwrap()
}
