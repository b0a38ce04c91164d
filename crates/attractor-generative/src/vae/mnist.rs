//! The MNIST variational autoencoder of Annabi, Pitti and Quoy, *On the relationship between
//! variational inference and auto-associative memory*, NeurIPS 2022 (arXiv 2210.08013).
//!
//! Images are 1x28x28 in `[0, 1]`. With `f` features and codes of width `d`, no padding anywhere:
//!
//! - encoder: convolutions 4x4 stride 2, 3x3 stride 2, 4x4 stride 2 (1 to f to 2f to 4f channels;
//!   28 to 13 to 6 to 2 pixels), each with ReLU; two linear heads of `16 f` inputs give means and
//!   log-variances;
//! - decoder: linear to `[4f, 2, 2]` with ReLU, then the transposed convolutions that undo the
//!   encoder's, with ReLU between and a sigmoid at the end.
//!
//! The loss mixes sum and mean as in [`super::cifar`].

use super::conv::{ConvVae, architecture};
use super::plan::{Map, Plan, Step, Then};
use crate::layers::ImageShape;

/// The MNIST autoencoder.
pub type MnistVae = ConvVae<MnistVaeConfig>;

architecture! {
    /// Size of the MNIST autoencoder.
    MnistVaeConfig { features: 16, code: 16 },
    "mnist-vae" sized by ["encoder.c1.weight", "decoder.linear.weight"], plan
}

fn plan(config: &MnistVaeConfig) -> Plan {
    let MnistVaeConfig { features: f, code } = *config;
    let conv = |path: &str, outputs, kernel| -> Step {
        let map = Map::Conv {
            path: path.into(),
            outputs,
            kernel,
            stride: 2,
            padding: 0,
            bias: true,
        };
        map.then(Then::Relu)
    };
    let transposed = |path: &str, outputs, kernel, then| -> Step {
        let map = Map::ConvTranspose {
            path: path.into(),
            outputs,
            kernel,
            stride: 2,
        };
        map.then(then)
    };
    let linear = |paths: &[&str], output: ImageShape, then| -> Step {
        let paths = paths.iter().map(|path| (*path).into()).collect();
        Map::Linear { paths, output }.then(then)
    };
    let heads = ["encoder.mean_head", "encoder.logvar_head"];
    Plan {
        image: [1, 28, 28],
        code,
        encoder: vec![
            conv("encoder.c1", f, 4),
            conv("encoder.c2", 2 * f, 3),
            conv("encoder.c3", 4 * f, 4),
            linear(&heads, [2 * code, 1, 1], Then::Nothing),
        ],
        decoder: vec![
            linear(&["decoder.linear"], [4 * f, 2, 2], Then::Relu),
            transposed("decoder.tc3", 2 * f, 4, Then::Relu),
            transposed("decoder.tc2", f, 3, Then::Relu),
            transposed("decoder.tc1", 1, 4, Then::Nothing),
        ],
    }
}
