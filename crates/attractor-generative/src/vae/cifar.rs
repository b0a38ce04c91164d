//! The CIFAR-10 variational autoencoder of Annabi, Pitti and Quoy, *On the relationship between
//! variational inference and auto-associative memory*, NeurIPS 2022 (arXiv 2210.08013).
//!
//! Images are 3x32x32 in `[0, 1]`. With `f` features and codes of width `d` (32 and 64 in the
//! paper):
//!
//! - encoder: three 3x3 convolutions of stride 2, padding 1 and no bias (3 to f to 2f to 4f
//!   channels), each with batch normalisation and ReLU; the `4f * 16` entries feed a linear layer
//!   of `2 d` outputs, means then log-variances;
//! - decoder: linear to `[4f, 4, 4]`, then three times nearest-neighbour doubling and a 3x3
//!   convolution (4f to 2f to f to 3 channels), with batch normalisation and ReLU after the first
//!   two and a sigmoid at the end.
//!
//! Loss of a batch: `sum ||x - g(z)||^2 + beta * mean KL`, that is, the squared error is *summed*
//! over the batch and the divergence *averaged*, so that one image feels a divergence weight of
//! `beta / batch`. That is how the published weights were trained.

use super::conv::{ConvVae, architecture};
use super::plan::{Map, Plan, Step, Then};
use crate::layers::ImageShape;

/// The CIFAR-10 autoencoder.
pub type CifarVae = ConvVae<CifarVaeConfig>;

architecture! {
    /// Size of the CIFAR-10 autoencoder; the default is the published one.
    CifarVaeConfig { features: 32, code: 64 },
    "cifar-vae" sized by ["encoder.conv1.weight", "decoder.linear.weight"], plan
}

fn plan(config: &CifarVaeConfig) -> Plan {
    let CifarVaeConfig { features: f, code } = *config;
    let linear = |path: &str, output: ImageShape| {
        let paths = vec![path.into()];
        Map::Linear { paths, output }.then(Then::Nothing)
    };
    let norm = |path: &str| Then::BatchNormRelu(path.into());
    let conv = |path: &str, outputs, then| -> Step {
        let map = Map::Conv {
            path: path.into(),
            outputs,
            kernel: 3,
            stride: 2,
            padding: 1,
            bias: false,
        };
        map.then(then)
    };
    let up = |path: &str, outputs, then| -> Step {
        let path = path.into();
        Map::UpsampleConv { path, outputs }.then(then)
    };
    Plan {
        image: [3, 32, 32],
        code,
        encoder: vec![
            conv("encoder.conv1", f, norm("encoder.bn1")),
            conv("encoder.conv2", 2 * f, norm("encoder.bn2")),
            conv("encoder.conv3", 4 * f, norm("encoder.bn3")),
            linear("encoder.linear", [2 * code, 1, 1]),
        ],
        decoder: vec![
            linear("decoder.linear", [4 * f, 4, 4]),
            up("decoder.conv3.conv", 2 * f, norm("decoder.bn3")),
            up("decoder.conv2.conv", f, norm("decoder.bn2")),
            up("decoder.conv1.conv", 3, Then::Nothing),
        ],
    }
}
