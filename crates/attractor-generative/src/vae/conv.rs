//! Convolutional autoencoders, each described by its table of layers.

use std::fmt::Debug;
use std::path::Path;

use attractor_core::weights::Weights;
use attractor_core::{Activation, Layer, LayerChain, Posterior, Result};
use burn::module::Module;
use burn::tensor::{Device, Tensor, activation};

use super::frozen::split_heads;
use super::plan::{Map, Plan, Step, Then};
use super::{FrozenVae, Vae};
use crate::layers::{self, ImageShape, entries, to_images, to_rows};
use crate::nn::{BatchNorm, Conv2d, Init, Linear, Named, weights as nn};

/// Sizes of an autoencoder and the table of layers that follows from them.
pub trait Architecture: Clone + Debug + Send {
    /// Name for files and messages, such as `cifar-vae`.
    const KIND: &'static str;
    /// Convolution and linear weight whose first and second axis, in this order, are the sizes.
    const SIZED_BY: [&'static str; 2];

    /// The sizes: channels after the first convolution, width of a code.
    fn sized(features: usize, code: usize) -> Self;

    /// Checks the sizes.
    ///
    /// # Errors
    /// [`attractor_core::Error::Config`] naming the field.
    fn validate(&self) -> Result<()>;

    /// The layers.
    fn plan(&self) -> Plan;
}

/// The affine part of a layer under the names of its parameters.
#[derive(Module, Debug)]
enum Affine {
    /// On images.
    Conv(Named<Conv2d>),
    /// Heads side by side.
    Linear(Vec<Named<Linear>>),
}

/// One layer.
#[derive(Module, Debug)]
struct Stage {
    affine: Affine,
    norm: Option<Named<BatchNorm>>,
    #[module(skip)]
    relu: bool,
    #[module(skip)]
    input: ImageShape,
    #[module(skip)]
    output: ImageShape,
}

impl Stage {
    fn new(step: &Step, input: ImageShape, init: &Init<'_>) -> Self {
        let output = step.map.output(input);
        let conv = |path: &String, conv| Affine::Conv(Named::new(path, conv));
        let affine = match &step.map {
            Map::Conv {
                path,
                outputs,
                kernel,
                stride,
                padding,
                bias,
            } => {
                let geometry = (*stride, *padding);
                let sizes = [input[0], *outputs, *kernel];
                conv(path, Conv2d::new(init, path, sizes, geometry, *bias))
            }
            Map::UpsampleConv { path, outputs } => {
                conv(path, Conv2d::doubling(init, path, [input[0], *outputs]))
            }
            Map::ConvTranspose {
                path,
                outputs,
                kernel,
                stride,
            } => {
                let sizes = [input[0], *outputs, *kernel];
                conv(path, Conv2d::transposed(init, path, sizes, *stride))
            }
            Map::Linear { paths, .. } => {
                let width = entries(output) / paths.len().max(1);
                let head = |path: &String| {
                    Named::new(path, Linear::new(init, path, entries(input), width))
                };
                Affine::Linear(paths.iter().map(head).collect())
            }
        };
        let norm = match &step.then {
            Then::BatchNormRelu(path) => {
                Some(Named::new(path, BatchNorm::new(output[0], init.device)))
            }
            Then::Nothing | Then::Relu => None,
        };
        Self {
            affine,
            norm,
            relu: step.then != Then::Nothing,
            input,
            output,
        }
    }

    /// All layers of a list, the first of which sees `shape`.
    fn list(steps: &[Step], mut shape: ImageShape, init: &Init<'_>) -> Vec<Self> {
        let stage = |step: &Step| {
            let stage = Self::new(step, shape, init);
            shape = stage.output;
            stage
        };
        steps.iter().map(stage).collect()
    }

    /// Rows of the output in training mode.
    fn forward_train(&mut self, rows: Tensor<2>) -> Tensor<2> {
        let rows = match &self.affine {
            Affine::Conv(conv) => to_rows(conv.forward(to_images(rows, self.input))),
            Affine::Linear(heads) => {
                let heads = heads.iter().map(|head| head.forward(rows.clone()));
                Tensor::cat(heads.collect(), 1)
            }
        };
        let rows = match &mut self.norm {
            Some(norm) => to_rows(norm.forward_train(to_images(rows, self.output))),
            None => rows,
        };
        if self.relu {
            activation::relu(rows)
        } else {
            rows
        }
    }

    /// The layer for inference; `otherwise` is what follows in place of a ReLU.
    fn freeze(&self, otherwise: Activation) -> Result<Box<dyn Layer>> {
        let activation = if self.relu {
            Activation::Relu
        } else {
            otherwise
        };
        let norm = self.norm.as_deref();
        let heads = match &self.affine {
            Affine::Conv(conv) => {
                return Ok(Conv2d::freeze(conv, norm, self.input, activation)?.0);
            }
            Affine::Linear(heads) => heads,
        };
        let plain = |head: &Named<Linear>| head.weight.val().without_autodiff();
        let weight = Tensor::cat(heads.iter().map(plain).collect(), 0);
        let plain = |head: &Named<Linear>| head.bias.val().without_autodiff();
        let bias = Tensor::cat(heads.iter().map(plain).collect(), 0);
        let (weight, bias) = match norm {
            Some(norm) => norm.fold(weight, 0, Some(bias)),
            None => (weight, bias),
        };
        Ok(Box::new(layers::Linear::new(weight, bias, activation)?))
    }
}

/// A chain that ends with the activation `last`.
fn freeze(stages: &[Stage], last: Activation) -> Result<LayerChain> {
    let layers = stages.iter().enumerate().map(|(i, stage)| {
        let is_last = i + 1 == stages.len();
        stage.freeze(if is_last { last } else { Activation::Identity })
    });
    LayerChain::new(layers.collect::<Result<_>>()?)
}

/// A trainable autoencoder; [`CifarVae`](super::CifarVae) and [`MnistVae`](super::MnistVae) are its
/// two architectures. Parameters bear the published names, in PyTorch's layout.
#[derive(Module, Debug)]
pub struct ConvVae<A: Architecture> {
    encoder: Vec<Stage>,
    decoder: Vec<Stage>,
    #[module(skip)]
    config: A,
    #[module(skip)]
    plan: Plan,
}

impl<A: Architecture> ConvVae<A> {
    /// A model with the initial weights of `seed`, equal on every device.
    ///
    /// # Errors
    /// As [`Architecture::validate`].
    pub fn new(config: A, seed: u64, device: &Device) -> Result<Self> {
        config.validate()?;
        let init = Init { seed, device };
        let plan = config.plan();
        Ok(Self {
            encoder: Stage::list(&plan.encoder, plan.image, &init),
            decoder: Stage::list(&plan.decoder, [plan.code, 1, 1], &init),
            config,
            plan,
        })
    }

    /// The sizes.
    pub fn config(&self) -> A {
        self.config.clone()
    }

    /// Parameters and running statistics by name.
    ///
    /// # Errors
    /// [`attractor_core::Error::Device`] if a parameter cannot be read back.
    pub fn to_weights(&self) -> Result<Weights> {
        nn::export(self)
    }

    /// The model that `weights` hold; the sizes follow from the shapes.
    ///
    /// # Errors
    /// [`attractor_core::Error::Weights`] if a parameter is missing or has the wrong shape.
    pub fn from_weights(weights: &Weights, device: &Device) -> Result<Self> {
        let [first, second] = A::SIZED_BY;
        let [features, ..] = nn::shape::<4>(weights, first)?;
        let [_, code] = nn::shape::<2>(weights, second)?;
        let model = Self::new(A::sized(features, code), 0, device)?;
        nn::import(model, weights, device)
    }

    /// Reads a safetensors file.
    ///
    /// # Errors
    /// As [`ConvVae::from_weights`], and if the file is missing or corrupt.
    pub fn read(path: &Path, device: &Device) -> Result<Self> {
        Self::from_weights(&Weights::read(path)?, device)
    }

    /// Writes a safetensors file.
    ///
    /// # Errors
    /// [`attractor_core::Error::Weights`] if the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        self.to_weights()?.write(path)
    }
}

impl<A: Architecture> Vae for ConvVae<A> {
    fn kind(&self) -> &'static str {
        A::KIND
    }

    fn data_dim(&self) -> usize {
        entries(self.plan.image)
    }

    fn latent_dim(&self) -> usize {
        self.plan.code
    }

    fn encode_train(&mut self, data: Tensor<2>) -> Posterior {
        let stages = self.encoder.iter_mut();
        split_heads(stages.fold(data, |rows, stage| stage.forward_train(rows)))
    }

    fn decode_train(&mut self, codes: Tensor<2>) -> Tensor<2> {
        let stages = self.decoder.iter_mut();
        activation::sigmoid(stages.fold(codes, |rows, stage| stage.forward_train(rows)))
    }

    fn plan(&self) -> Option<Plan> {
        Some(self.plan.clone())
    }

    fn freeze(&self) -> Result<FrozenVae> {
        FrozenVae::new(
            freeze(&self.encoder, Activation::Identity)?,
            freeze(&self.decoder, Activation::Sigmoid)?,
        )
    }
}

/// Declares an architecture: its sizes with their defaults, and its names.
macro_rules! architecture {
    (
        $(#[$doc:meta])*
        $config:ident { features: $features:literal, code: $code:literal },
        $kind:literal sized by $sized_by:expr, $plan:ident
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct $config {
            /// Channels after the first convolution.
            pub features: usize,
            /// Width of a code.
            pub code: usize,
        }

        impl Default for $config {
            fn default() -> Self {
                Self { features: $features, code: $code }
            }
        }

        impl $config {
            /// Checks that both sizes are at least 1.
            ///
            /// # Errors
            /// [`attractor_core::Error::Config`] naming the field.
            pub fn validate(&self) -> attractor_core::Result<()> {
                use attractor_core::error::require_nonzero;
                require_nonzero(concat!(stringify!($config), ".features"), self.features)?;
                require_nonzero(concat!(stringify!($config), ".code"), self.code)
            }

            /// A model with the initial weights of `seed`, equal on every device.
            ///
            /// # Errors
            #[doc = concat!("As [`", stringify!($config), "::validate`].")]
            pub fn init(
                &self,
                seed: u64,
                device: &burn::tensor::Device,
            ) -> attractor_core::Result<$crate::vae::ConvVae<Self>> {
                $crate::vae::ConvVae::new(*self, seed, device)
            }
        }

        impl $crate::vae::Architecture for $config {
            const KIND: &'static str = $kind;
            const SIZED_BY: [&'static str; 2] = $sized_by;

            fn sized(features: usize, code: usize) -> Self {
                Self { features, code }
            }

            fn validate(&self) -> attractor_core::Result<()> {
                self.validate()
            }

            fn plan(&self) -> $crate::vae::Plan {
                $plan(self)
            }
        }
    };
}

pub(super) use architecture;
