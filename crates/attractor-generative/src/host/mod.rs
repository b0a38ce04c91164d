//! Training steps on the CPU without automatic differentiation.
//!
//! Convolution gradients through general tensor operations cost a CPU several times the arithmetic
//! in them: whole-tensor copies, transposes, and fresh memory for every intermediate result. Here a
//! network is a list of layers that know their own gradients and keep their buffers from step to
//! step. Images are channels-last (`[batch, height, width, channels]`), so that a convolution is a
//! copy of windows and one matrix product, and nothing is ever transposed.
//!
//! Nearest-neighbour doubling followed by a 3x3 convolution needs no doubled image: each of the
//! four positions in a 2x2 output block sees a 2x2 window of the small image, with weights that are
//! sums of the original ones. One 2x2 convolution to four times the channels does it, with less
//! than half of the multiplications.
//!
//! A step splits its batch into parts whose number depends on the batch alone and adds their
//! gradients in order, so results do not depend on the number of threads.

mod conv;
mod conv_transpose;
mod dense;
mod direct;
mod image;
mod instance_norm;
mod layer;
mod linear;
mod matmul;
mod monet;
mod network;
mod norm;
mod slot;
#[cfg(test)]
mod tests;
mod upsample;
mod windows;

pub(crate) use monet::{Encoded, MonetInference, MonetNetwork, SceneRows};
pub(crate) use network::{Network, Rows};

use crate::layers::ImageShape;

/// One layer of a [`Plan`], naming its parameters by the paths they have in the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
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
    /// Batch normalisation, then ReLU.
    BatchNormRelu {
        /// Path of the normalisation.
        path: String,
    },
    /// ReLU.
    Relu,
    /// Fully connected layer; several paths are heads side by side.
    Linear {
        /// Paths of the heads.
        paths: Vec<String>,
        /// Shape of the output; a flat one is `[width, 1, 1]`.
        output: ImageShape,
    },
}

/// A variational autoencoder as lists of layers. The decoder ends before its sigmoid, which is
/// part of the loss.
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
