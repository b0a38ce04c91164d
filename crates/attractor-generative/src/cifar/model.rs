//! The trainable network. Fields bear the published parameter names.

use attractor_core::{Activation, Gaussian, LayerChain, Result};
use burn::module::Module;
use burn::tensor::{Device, Tensor, activation};

use super::CifarVaeConfig;
use crate::host::{Plan, Step};
use crate::layers::{ImageShape, to_images, to_rows};
use crate::nn::{BatchNorm, Conv2d, Init, Linear, UpsampleConv};
use crate::vae::{FrozenVae, Vae, split_heads};

/// Shape of an image.
pub(crate) const IMAGE: ImageShape = [3, 32, 32];

/// Convolutional encoder.
#[derive(Module, Debug)]
pub struct Encoder {
    /// 3 to f channels.
    pub conv1: Conv2d,
    /// After `conv1`.
    pub bn1: BatchNorm,
    /// f to 2f channels.
    pub conv2: Conv2d,
    /// After `conv2`.
    pub bn2: BatchNorm,
    /// 2f to 4f channels.
    pub conv3: Conv2d,
    /// After `conv3`.
    pub bn3: BatchNorm,
    /// To means and log-variances.
    pub linear: Linear,
}

/// Upsampling decoder; its layers count down to the image.
#[derive(Module, Debug)]
pub struct Decoder {
    /// From the code.
    pub linear: Linear,
    /// 4f to 2f channels.
    pub conv3: UpsampleConv,
    /// After `conv3`.
    pub bn3: BatchNorm,
    /// 2f to f channels.
    pub conv2: UpsampleConv,
    /// After `conv2`.
    pub bn2: BatchNorm,
    /// f to 3 channels.
    pub conv1: UpsampleConv,
}

/// The CIFAR-10 autoencoder.
#[derive(Module, Debug)]
pub struct CifarVae {
    /// q(z | x)
    pub encoder: Encoder,
    /// g(z)
    pub decoder: Decoder,
    #[module(skip)]
    config: CifarVaeConfig,
}

impl CifarVae {
    pub(super) fn new(config: CifarVaeConfig, seed: u64, device: &Device) -> Self {
        let init = Init { seed, device };
        let CifarVaeConfig { features: f, code } = config;
        let conv = |path: &str, inputs, outputs| {
            Conv2d::new(&init, path, [inputs, outputs, 3], (2, 1), false)
        };
        let up = |path: &str, inputs, outputs| UpsampleConv::new(&init, path, [inputs, outputs]);
        let norm = |channels| BatchNorm::new(channels, device);
        Self {
            encoder: Encoder {
                conv1: conv("encoder.conv1", 3, f),
                bn1: norm(f),
                conv2: conv("encoder.conv2", f, 2 * f),
                bn2: norm(2 * f),
                conv3: conv("encoder.conv3", 2 * f, 4 * f),
                bn3: norm(4 * f),
                linear: Linear::new(&init, "encoder.linear", 64 * f, 2 * code),
            },
            decoder: Decoder {
                linear: Linear::new(&init, "decoder.linear", code, 64 * f),
                conv3: up("decoder.conv3", 4 * f, 2 * f),
                bn3: norm(2 * f),
                conv2: up("decoder.conv2", 2 * f, f),
                bn2: norm(f),
                conv1: up("decoder.conv1", f, 3),
            },
            config,
        }
    }

    /// The sizes.
    pub fn config(&self) -> CifarVaeConfig {
        self.config
    }

    fn frozen_encoder(&self) -> Result<LayerChain> {
        let Encoder {
            conv1,
            bn1,
            conv2,
            bn2,
            conv3,
            bn3,
            linear,
        } = &self.encoder;
        let relu = Activation::Relu;
        let conv1 = conv1.freeze(Some(bn1), IMAGE, relu)?;
        let conv2 = conv2.freeze(Some(bn2), conv1.output_shape(), relu)?;
        let conv3 = conv3.freeze(Some(bn3), conv2.output_shape(), relu)?;
        let linear = linear.freeze(Activation::Identity)?;
        LayerChain::new(vec![
            Box::new(conv1),
            Box::new(conv2),
            Box::new(conv3),
            Box::new(linear),
        ])
    }

    fn frozen_decoder(&self) -> Result<LayerChain> {
        let Decoder {
            linear,
            conv3,
            bn3,
            conv2,
            bn2,
            conv1,
        } = &self.decoder;
        let linear = linear.freeze(Activation::Identity)?;
        let smallest = [4 * self.config.features, 4, 4];
        let conv3 = conv3.freeze(Some(bn3), smallest, Activation::Relu)?;
        let conv2 = conv2.freeze(Some(bn2), conv3.output_shape(), Activation::Relu)?;
        let conv1 = conv1.freeze(None, conv2.output_shape(), Activation::Sigmoid)?;
        LayerChain::new(vec![
            Box::new(linear),
            Box::new(conv3),
            Box::new(conv2),
            Box::new(conv1),
        ])
    }
}

impl Vae for CifarVae {
    fn kind(&self) -> &'static str {
        "cifar-vae"
    }

    fn data_dim(&self) -> usize {
        IMAGE.iter().product()
    }

    fn latent_dim(&self) -> usize {
        self.config.code
    }

    fn encode_train(&mut self, data: Tensor<2>) -> Gaussian {
        let Encoder {
            conv1,
            bn1,
            conv2,
            bn2,
            conv3,
            bn3,
            linear,
        } = &mut self.encoder;
        let h = activation::relu(bn1.forward_train(conv1.forward(to_images(data, IMAGE))));
        let h = activation::relu(bn2.forward_train(conv2.forward(h)));
        let h = activation::relu(bn3.forward_train(conv3.forward(h)));
        split_heads(linear.forward(to_rows(h)))
    }

    fn decode_train(&mut self, codes: Tensor<2>) -> Tensor<2> {
        let Decoder {
            linear,
            conv3,
            bn3,
            conv2,
            bn2,
            conv1,
        } = &mut self.decoder;
        let h = to_images(linear.forward(codes), [4 * self.config.features, 4, 4]);
        let h = activation::relu(bn3.forward_train(conv3.forward(h)));
        let h = activation::relu(bn2.forward_train(conv2.forward(h)));
        activation::sigmoid(to_rows(conv1.forward(h)))
    }

    fn plan(&self) -> Option<Plan> {
        let CifarVaeConfig { features: f, code } = self.config;
        let norm = |path: &str| Step::BatchNormRelu { path: path.into() };
        let conv = |path: &str, outputs| Step::Conv {
            path: path.into(),
            outputs,
            kernel: 3,
            stride: 2,
            padding: 1,
            bias: false,
        };
        let up = |path: &str, outputs| Step::UpsampleConv {
            path: path.into(),
            outputs,
        };
        let linear = |path: &str, output| Step::Linear {
            paths: vec![path.into()],
            output,
        };
        Some(Plan {
            image: IMAGE,
            code,
            encoder: vec![
                conv("encoder.conv1", f),
                norm("encoder.bn1"),
                conv("encoder.conv2", 2 * f),
                norm("encoder.bn2"),
                conv("encoder.conv3", 4 * f),
                norm("encoder.bn3"),
                linear("encoder.linear", [2 * code, 1, 1]),
            ],
            decoder: vec![
                linear("decoder.linear", [4 * f, 4, 4]),
                up("decoder.conv3.conv", 2 * f),
                norm("decoder.bn3"),
                up("decoder.conv2.conv", f),
                norm("decoder.bn2"),
                up("decoder.conv1.conv", 3),
            ],
        })
    }

    fn freeze(&self) -> Result<FrozenVae> {
        FrozenVae::new(self.frozen_encoder()?, self.frozen_decoder()?)
    }
}
