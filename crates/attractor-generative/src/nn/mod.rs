//! Trainable layers whose parameters carry the names and layouts of PyTorch.
//!
//! Initial weights and biases are uniform in `±1/sqrt(fan_in)`, PyTorch's default for linear and
//! convolution layers. Each parameter has a random stream of its own, named by its path, so that
//! initial values do not depend on the order in which layers are built.

mod batch_norm;
mod conv;
mod instance_norm;
mod linear;

pub(crate) use attractor_core::weights::ModulePath as Path;
pub use attractor_core::weights::{Named, modules as weights};
pub use batch_norm::BatchNorm;
pub(crate) use batch_norm::{EPSILON, MOMENTUM};
pub use conv::{Conv2d, Form};
pub use instance_norm::InstanceNorm;
pub use linear::Linear;

use attractor_core::rng;
use burn::module::Param;
use burn::tensor::{Device, Tensor};

/// Draws the initial parameters of one model.
#[derive(Debug, Clone)]
pub struct Init<'a> {
    /// Seed of the model.
    pub seed: u64,
    /// Where the parameters live.
    pub device: &'a Device,
}

impl Init<'_> {
    /// A parameter uniform in `±1/sqrt(fan_in)`, from the stream of `path`.
    pub fn uniform<const D: usize>(
        &self,
        path: &str,
        shape: [usize; D],
        fan_in: usize,
    ) -> Param<Tensor<D>> {
        let bound = 1.0 / (fan_in.max(1) as f32).sqrt();
        let mut rng = rng::stream(self.seed, &format!("init/{path}"));
        Param::from_tensor(rng::uniform(&mut rng, shape, -bound, bound, self.device))
    }
}
