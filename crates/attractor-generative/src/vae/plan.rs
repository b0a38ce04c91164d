//! A variational autoencoder as a table of layers.

use crate::layers::ImageShape;

/// A variational autoencoder as lists of layers, which name their parameters. The decoder ends
/// before its sigmoid, which is part of the loss.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Shape of an image.
    pub image: ImageShape,
    /// Width of a code.
    pub code: usize,
    /// From an image to `2 * code` numbers, means first.
    pub encoder: Vec<Step>,
    /// From a code to the image's pre-activations.
    pub decoder: Vec<Step>,
}

/// One layer of a [`Plan`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What it computes.
    pub map: Map,
    /// What is done to that.
    pub then: Then,
}

/// What follows an affine map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Then {
    /// Nothing.
    Nothing,
    /// ReLU.
    Relu,
    /// The batch normalisation of that path, then ReLU.
    BatchNormRelu(String),
}

/// An affine map and the path of its parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Map {
    /// Convolution with a square kernel.
    Conv {
        /// Path of the layer.
        path: String,
        /// Output channels.
        outputs: usize,
        /// Side of the kernel.
        kernel: usize,
        /// Step between windows.
        stride: usize,
        /// Zeros around the image.
        padding: usize,
        /// Whether there is a bias.
        bias: bool,
    },
    /// Nearest-neighbour doubling, then a 3x3 convolution with padding 1 and bias.
    UpsampleConv {
        /// Path of the convolution.
        path: String,
        /// Output channels.
        outputs: usize,
    },
    /// Transposed convolution with a square kernel, no padding, and bias.
    ConvTranspose {
        /// Path of the layer.
        path: String,
        /// Output channels.
        outputs: usize,
        /// Side of the kernel.
        kernel: usize,
        /// Distance between the windows that are written.
        stride: usize,
    },
    /// Fully connected; several paths are heads side by side.
    Linear {
        /// Paths of the heads.
        paths: Vec<String>,
        /// Shape of the output; a flat one is `[width, 1, 1]`.
        output: ImageShape,
    },
}

impl Map {
    /// A layer of this map and what follows.
    pub fn then(self, then: Then) -> Step {
        Step { map: self, then }
    }

    /// Shape of what comes out for an image of shape `input`.
    pub(crate) fn output(&self, [_, height, width]: ImageShape) -> ImageShape {
        match *self {
            Self::Conv {
                outputs,
                kernel,
                stride,
                padding,
                ..
            } => {
                let windows = |size: usize| (size + 2 * padding - kernel) / stride + 1;
                [outputs, windows(height), windows(width)]
            }
            Self::UpsampleConv { outputs, .. } => [outputs, 2 * height, 2 * width],
            Self::ConvTranspose {
                outputs,
                kernel,
                stride,
                ..
            } => {
                let grown = |size: usize| (size - 1) * stride + kernel;
                [outputs, grown(height), grown(width)]
            }
            Self::Linear { output, .. } => output,
        }
    }
}
