//! Autoencoders: encode and decode, 1e-4 (MONet 1e-3).

use anyhow::Result;
use attractor::core::GenerativeModel;
use attractor::generative::{CifarVae, FrozenVae, MnistVae, Monet, Vae};

use super::{Golden, System};

const TOLERANCE: f64 = 1e-4;
const MONET_TOLERANCE: f64 = 1e-3;

pub(super) const CIFAR_WEIGHTS: &str = "cifar_vae_small_weights";
pub(super) const MNIST_WEIGHTS: &str = "mnist_vae_random_weights";
const CIFAR_FORWARD: &str = "cifar_vae_forward";
/// The MNIST autoencoder's images and answers lie beside those of predictive coding.
pub(super) const MNIST_FORWARD: &str = "pc_gmm";
const MONET_WEIGHTS: &str = "monet_small_weights";
const MONET_FORWARD: &str = "monet_forward";

pub(super) const CIFAR: System = System {
    name: "CIFAR VAE",
    files: &[CIFAR_WEIGHTS, CIFAR_FORWARD],
    check: |golden| {
        let model = cifar(golden)?;
        one(golden, CIFAR.name, CIFAR_FORWARD, &model)
    },
};

pub(super) const MNIST: System = System {
    name: "MNIST VAE",
    files: &[MNIST_WEIGHTS, MNIST_FORWARD],
    check: |golden| {
        let model = mnist(golden)?;
        one(golden, MNIST.name, MNIST_FORWARD, &model)
    },
};

pub(super) const MONET: System = System {
    name: "MONet",
    files: &[MONET_WEIGHTS, MONET_FORWARD],
    check: monet,
};

/// The small CIFAR-10 autoencoder of the golden files.
pub(super) fn cifar(golden: &mut Golden) -> Result<FrozenVae> {
    let file = golden.file(CIFAR_WEIGHTS)?;
    Ok(CifarVae::from_weights(file.weights(), &golden.device)?.freeze()?)
}

/// The small MNIST autoencoder of the golden files.
pub(super) fn mnist(golden: &mut Golden) -> Result<FrozenVae> {
    let file = golden.file(MNIST_WEIGHTS)?;
    Ok(MnistVae::from_weights(file.weights(), &golden.device)?.freeze()?)
}

fn one(
    golden: &mut Golden,
    system: &'static str,
    name: &str,
    model: &dyn GenerativeModel,
) -> Result<()> {
    let file = golden.file(name)?;
    let posterior = model.encode(file.rows("x", model.data_dim(), &golden.device)?);
    let decoded = model.decode(posterior.mean.clone());
    golden.compare(system, &file, "mu", posterior.mean, TOLERANCE)?;
    golden.compare(system, &file, "logvar", posterior.log_variance, TOLERANCE)?;
    golden.compare(system, &file, "decoded", decoded, TOLERANCE)
}

fn monet(golden: &mut Golden) -> Result<()> {
    let (weights, file) = (golden.file(MONET_WEIGHTS)?, golden.file(MONET_FORWARD)?);
    // All slots share the weights, which do not tell their number.
    let [_, slots, _] = file.dims("z_mu")?;
    let model = Monet::from_weights(weights.weights(), slots, &golden.device)?.freeze()?;
    // Theirs lie in [-1, 1].
    let images = file.rows("x", model.data_dim(), &golden.device)?;
    let posterior = model.encode(images.add_scalar(1.0).div_scalar(2.0));
    let codes = file.rows("z_mu", model.latent_dim(), &golden.device)?;
    let decoded = model.decode(codes).mul_scalar(2.0).sub_scalar(1.0);
    let mut check = |key, ours| golden.compare(MONET.name, &file, key, ours, MONET_TOLERANCE);
    check("z_mu", posterior.mean)?;
    check("z_logvar", posterior.log_variance)?;
    check("decoded", decoded)
}
