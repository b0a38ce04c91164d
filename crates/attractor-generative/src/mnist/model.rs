//! The trainable network. Fields bear the published parameter names.

use attractor_core::{Activation, Gaussian, LayerChain, Result};
use burn::module::Module;
use burn::tensor::{Device, Tensor, activation};

use super::MnistVaeConfig;
use crate::host::{Plan, Step};
use crate::layers::{self, ImageShape, to_images, to_rows};
use crate::nn::{Conv2d, ConvTranspose2d, Init, Linear};
use crate::vae::{FrozenVae, Vae};

/// Shape of an image.
pub(crate) const IMAGE: ImageShape = [1, 28, 28];

/// Convolutional encoder.
#[derive(Module, Debug)]
pub struct Encoder {
    /// 1 to f channels, 4x4.
    pub c1: Conv2d,
    /// f to 2f channels, 3x3.
    pub c2: Conv2d,
    /// 2f to 4f channels, 4x4.
    pub c3: Conv2d,
    /// To means.
    pub mean_head: Linear,
    /// To log-variances.
    pub logvar_head: Linear,
}

/// Decoder; its layers count down to the image.
#[derive(Module, Debug)]
pub struct Decoder {
    /// From the code.
    pub linear: Linear,
    /// 4f to 2f channels, 4x4.
    pub tc3: ConvTranspose2d,
    /// 2f to f channels, 3x3.
    pub tc2: ConvTranspose2d,
    /// f to 1 channels, 4x4.
    pub tc1: ConvTranspose2d,
}

/// The MNIST autoencoder.
#[derive(Module, Debug)]
pub struct MnistVae {
    /// q(z | x)
    pub encoder: Encoder,
    /// g(z)
    pub decoder: Decoder,
    #[module(skip)]
    config: MnistVaeConfig,
}

impl MnistVae {
    pub(super) fn new(config: MnistVaeConfig, seed: u64, device: &Device) -> Self {
        let init = Init { seed, device };
        let MnistVaeConfig { features: f, code } = config;
        let conv = |path: &str, shape| Conv2d::new(&init, path, shape, (2, 0), true);
        let transposed = |path: &str, shape| ConvTranspose2d::new(&init, path, shape, 2);
        Self {
            encoder: Encoder {
                c1: conv("encoder.c1", [1, f, 4]),
                c2: conv("encoder.c2", [f, 2 * f, 3]),
                c3: conv("encoder.c3", [2 * f, 4 * f, 4]),
                mean_head: Linear::new(&init, "encoder.mean_head", 16 * f, code),
                logvar_head: Linear::new(&init, "encoder.logvar_head", 16 * f, code),
            },
            decoder: Decoder {
                linear: Linear::new(&init, "decoder.linear", code, 16 * f),
                tc3: transposed("decoder.tc3", [4 * f, 2 * f, 4]),
                tc2: transposed("decoder.tc2", [2 * f, f, 3]),
                tc1: transposed("decoder.tc1", [f, 1, 4]),
            },
            config,
        }
    }

    /// The sizes.
    pub fn config(&self) -> MnistVaeConfig {
        self.config
    }

    fn frozen_encoder(&self) -> Result<LayerChain> {
        let Encoder {
            c1,
            c2,
            c3,
            mean_head,
            logvar_head,
        } = &self.encoder;
        let c1 = c1.freeze(None, IMAGE, Activation::Relu)?;
        let c2 = c2.freeze(None, c1.output_shape(), Activation::Relu)?;
        let c3 = c3.freeze(None, c2.output_shape(), Activation::Relu)?;
        let weights = [mean_head, logvar_head].map(|head| head.weight.val().without_autodiff());
        let biases = [mean_head, logvar_head].map(|head| head.bias.val().without_autodiff());
        let heads = layers::Linear::new(
            Tensor::cat(weights.to_vec(), 0),
            Tensor::cat(biases.to_vec(), 0),
            Activation::Identity,
        )?;
        LayerChain::new(vec![
            Box::new(c1),
            Box::new(c2),
            Box::new(c3),
            Box::new(heads),
        ])
    }

    fn frozen_decoder(&self) -> Result<LayerChain> {
        let Decoder {
            linear,
            tc3,
            tc2,
            tc1,
        } = &self.decoder;
        let linear = linear.freeze(Activation::Relu)?;
        let tc3 = tc3.freeze([4 * self.config.features, 2, 2], Activation::Relu)?;
        let tc2 = tc2.freeze(tc3.output_shape(), Activation::Relu)?;
        let tc1 = tc1.freeze(tc2.output_shape(), Activation::Sigmoid)?;
        LayerChain::new(vec![
            Box::new(linear),
            Box::new(tc3),
            Box::new(tc2),
            Box::new(tc1),
        ])
    }
}

impl Vae for MnistVae {
    fn kind(&self) -> &'static str {
        "mnist-vae"
    }

    fn data_dim(&self) -> usize {
        IMAGE.iter().product()
    }

    fn latent_dim(&self) -> usize {
        self.config.code
    }

    fn encode_train(&mut self, data: Tensor<2>) -> Gaussian {
        let Encoder {
            c1,
            c2,
            c3,
            mean_head,
            logvar_head,
        } = &self.encoder;
        let h = activation::relu(c1.forward(to_images(data, IMAGE)));
        let h = activation::relu(c2.forward(h));
        let h = to_rows(activation::relu(c3.forward(h)));
        Gaussian {
            mean: mean_head.forward(h.clone()),
            log_variance: logvar_head.forward(h),
        }
    }

    fn decode_train(&mut self, codes: Tensor<2>) -> Tensor<2> {
        let Decoder {
            linear,
            tc3,
            tc2,
            tc1,
        } = &self.decoder;
        let h = activation::relu(linear.forward(codes));
        let h = to_images(h, [4 * self.config.features, 2, 2]);
        let h = activation::relu(tc3.forward(h));
        let h = activation::relu(tc2.forward(h));
        activation::sigmoid(to_rows(tc1.forward(h)))
    }

    fn plan(&self) -> Option<Plan> {
        let MnistVaeConfig { features: f, code } = self.config;
        let conv = |path: &str, outputs, kernel| Step::Conv {
            path: path.into(),
            outputs,
            kernel,
            stride: 2,
            padding: 0,
            bias: true,
        };
        let transposed = |path: &str, outputs, kernel| Step::ConvTranspose {
            path: path.into(),
            outputs,
            kernel,
            stride: 2,
        };
        let heads = ["encoder.mean_head", "encoder.logvar_head"]
            .map(String::from)
            .to_vec();
        Some(Plan {
            image: IMAGE,
            code,
            encoder: vec![
                conv("encoder.c1", f, 4),
                Step::Relu,
                conv("encoder.c2", 2 * f, 3),
                Step::Relu,
                conv("encoder.c3", 4 * f, 4),
                Step::Relu,
                Step::Linear {
                    paths: heads,
                    output: [2 * code, 1, 1],
                },
            ],
            decoder: vec![
                Step::Linear {
                    paths: vec!["decoder.linear".into()],
                    output: [4 * f, 2, 2],
                },
                Step::Relu,
                transposed("decoder.tc3", 2 * f, 4),
                Step::Relu,
                transposed("decoder.tc2", f, 3),
                Step::Relu,
                transposed("decoder.tc1", 1, 4),
            ],
        })
    }

    fn freeze(&self) -> Result<FrozenVae> {
        FrozenVae::new(self.frozen_encoder()?, self.frozen_decoder()?)
    }
}
