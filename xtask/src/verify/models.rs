//! Autoencoders: encode and decode, 1e-4 (MONet 1e-3).

use std::path::PathBuf;

use anyhow::Result;
use attractor::core::GenerativeModel;
use attractor::core::burn::tensor::Tensor;
use attractor::core::weights::Weights;
use attractor::generative::{CifarVae, FrozenVae, MnistVae, Monet, Vae};

use super::Golden;
use crate::out::complain;

const TOLERANCE: f64 = 1e-4;
const MONET_TOLERANCE: f64 = 1e-3;

/// The small CIFAR-10 autoencoder of the golden files.
pub(super) fn cifar(golden: &Golden) -> Result<FrozenVae> {
    let weights = golden.file("cifar_vae_small_weights")?;
    Ok(CifarVae::from_weights(&weights, &golden.device)?.freeze()?)
}

/// The small MNIST autoencoder of the golden files.
pub(super) fn mnist(golden: &Golden) -> Result<FrozenVae> {
    let weights = golden.file("mnist_vae_random_weights")?;
    Ok(MnistVae::from_weights(&weights, &golden.device)?.freeze()?)
}

/// Images of a golden file as rows.
pub(super) fn rows(golden: &Golden, file: &Weights, key: &str) -> Result<Tensor<2>> {
    let n = file.shape(key)?[0];
    let values = file.values(key)?.to_vec();
    let width = values.len() / n;
    Ok(attractor::core::check::from_host(
        "golden images",
        values,
        width,
        &golden.device,
    )?)
}

pub(super) fn check(golden: &mut Golden) -> Result<()> {
    let cifar = cifar(golden)?;
    one(golden, "CIFAR VAE", "cifar_vae_forward", &cifar)?;
    let mnist = mnist(golden)?;
    one(golden, "MNIST VAE", "pc_gmm", &mnist)?;
    monet(golden)
}

/// MONet's golden files, too large to be kept with the code.
fn monet(golden: &mut Golden) -> Result<()> {
    let Some(folder) = std::env::var_os("ATTRACTOR_GOLDEN").map(PathBuf::from) else {
        complain!("MONet: skipped, ATTRACTOR_GOLDEN does not name the folder of its golden files");
        return Ok(());
    };
    let weights = folder.join("monet_small_weights.safetensors");
    let model = Monet::read(&weights, 4, &golden.device)?.freeze()?;
    let file = Weights::read(&folder.join("monet_forward.safetensors"))?;
    // Theirs lie in [-1, 1].
    let images = rows(golden, &file, "x")?.add_scalar(1.0).div_scalar(2.0);
    let posterior = model.encode(images);
    let codes = rows(golden, &file, "z_mu")?;
    let decoded = model.decode(codes).mul_scalar(2.0).sub_scalar(1.0);
    let mut check = |key, ours| golden.compare("MONet", &file, key, ours, MONET_TOLERANCE);
    check("z_mu", posterior.mean)?;
    check("z_logvar", posterior.log_variance)?;
    check("decoded", decoded)
}

fn one(
    golden: &mut Golden,
    system: &'static str,
    name: &str,
    model: &dyn GenerativeModel,
) -> Result<()> {
    let file = golden.file(name)?;
    let posterior = model.encode(rows(golden, &file, "x")?);
    golden.compare(system, &file, "mu", posterior.mean.clone(), TOLERANCE)?;
    golden.compare(system, &file, "logvar", posterior.log_variance, TOLERANCE)?;
    golden.compare(
        system,
        &file,
        "decoded",
        model.decode(posterior.mean),
        TOLERANCE,
    )
}
