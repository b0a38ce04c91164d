//! What the tests over every memory of the catalogue share.

use attractor::catalogue::Context;
use attractor::core::burn::tensor::{Device, Tensor};
use attractor::core::options::Options;
use attractor::core::{check, rng};
use attractor::prelude::*;

pub(crate) const DIM: usize = 6;

pub(crate) fn device() -> Device {
    Backend::Flex.open().unwrap()
}

/// Normal rows, of which each has an entry above 0 and one below: bits of both kinds.
pub(crate) fn normal(seed: u64, rows: usize) -> Tensor<2> {
    let mut values = rng::normal_vec(&mut rng::stream(seed, "files"), rows * DIM);
    for row in values.chunks_exact_mut(DIM) {
        row[0] = row[0].abs() + 0.2;
        row[1] = -row[1].abs() - 0.2;
    }
    check::from_host("rows", values, DIM, &device()).unwrap()
}

/// What a recipe needs to be quick, or at all.
pub(crate) fn least_options(recipe: &str) -> Options {
    match recipe {
        "variational" => "prior = { kind = 'kernelised' }",
        "pcn" => "hidden = [8, 8]\nwrite = { epochs = 20 }",
        "bayespcn" | "gpcn" => "hidden = 8",
        "firing-rate" => "threshold = 0.0",
        _ => "",
    }
    .parse()
    .unwrap()
}

pub(crate) fn pixels() -> Context {
    let mut context = Context::pixels(DIM, &device()).unwrap();
    context.autoencoder = Some(context.model.clone());
    context
}
