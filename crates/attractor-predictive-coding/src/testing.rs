//! Shared by the tests.

pub(crate) mod programs;

use attractor_core::{Backend, rng};
use burn::tensor::{Device, Tensor, TensorData};

pub(crate) fn device() -> Device {
    Backend::available()[0].open().unwrap()
}

pub(crate) fn host<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_into_vec::<f32>().unwrap()
}

pub(crate) fn tensor(values: &[f32], dim: usize) -> Tensor<2> {
    Tensor::from_data(
        TensorData::new(values.to_vec(), [values.len() / dim, dim]),
        &device(),
    )
}

pub(crate) fn normal(seed: u64, rows: usize, dim: usize) -> Tensor<2> {
    rng::normal(&mut rng::stream(seed, "test"), [rows, dim], &device())
}
