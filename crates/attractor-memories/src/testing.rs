//! Shared by the tests.

use std::sync::Arc;

use attractor_core::model::Identity;
use attractor_core::observation::Gaussian;
use attractor_core::{Inference, MemoryPrior};
use attractor_inference::FixedPointConfig;
use attractor_priors::GaussianMixtureConfig;
pub(crate) use attractor_testing::{device, host, normal, tensor};

use crate::VariationalMemory;

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
