//! Shared by the tests.

use std::sync::Arc;

use attractor_core::model::Identity;
use attractor_core::observation::Gaussian;
use attractor_core::{Backend, Inference, MemoryPrior, rng};
use attractor_inference::FixedPointConfig;
use attractor_priors::GaussianMixtureConfig;
use burn::tensor::{Device, Tensor, TensorData};

use crate::VariationalMemory;

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

pub(crate) fn mixture(dim: usize) -> Box<dyn MemoryPrior> {
    Box::new(
        GaussianMixtureConfig { sigma: 0.3 }
            .init(dim, &device())
            .unwrap(),
    )
}

pub(crate) fn fixed_point() -> Box<dyn Inference> {
    Box::new(FixedPointConfig::default().init().unwrap())
}

/// Identity, Gaussian, mixture, fixed point.
pub(crate) fn plain(dim: usize) -> VariationalMemory {
    VariationalMemory::new(
        Arc::new(Identity::new(dim).unwrap()),
        Box::new(Gaussian::new(1.0).unwrap()),
        mixture(dim),
        fixed_point(),
    )
    .unwrap()
}
