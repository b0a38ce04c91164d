//! Convolution layers on images `[n, channels, height, width]`.

use attractor_core::{Activation, Result};
use burn::module::{Module, Param};
use burn::tensor::Tensor;
use burn::tensor::module::{conv_transpose2d, conv2d};
use burn::tensor::ops::{ConvOptions, ConvTransposeOptions};

use super::{BatchNorm, Init};
use crate::layers::{self, ImageShape, double};

/// Convolution with a square kernel.
#[derive(Module, Debug)]
pub struct Conv2d {
    /// `[out, in, k, k]`
    pub weight: Param<Tensor<4>>,
    /// `[out]`
    pub bias: Option<Param<Tensor<1>>>,
    /// Step between windows, in both directions.
    pub stride: usize,
    /// Zeros around the image.
    pub padding: usize,
}

impl Conv2d {
    /// A layer of that path from `[in, out, k]`, with initial parameters.
    pub fn new(
        init: &Init<'_>,
        path: &str,
        [inputs, outputs, kernel]: [usize; 3],
        (stride, padding): (usize, usize),
        with_bias: bool,
    ) -> Self {
        let fan_in = inputs * kernel * kernel;
        let shape = [outputs, inputs, kernel, kernel];
        let bias = || init.uniform(&format!("{path}.bias"), [outputs], fan_in);
        Self {
            weight: init.uniform(&format!("{path}.weight"), shape, fan_in),
            bias: with_bias.then(bias),
            stride,
            padding,
        }
    }

    /// `[n, in, h, w]` to `[n, out, h', w']`.
    pub fn forward(&self, images: Tensor<4>) -> Tensor<4> {
        let options = ConvOptions::new([self.stride; 2], [self.padding; 2], [1, 1], 1);
        conv2d(
            images,
            self.weight.val(),
            self.bias.as_ref().map(Param::val),
            options,
        )
    }

    /// Weight and bias for inference, with a batch normalisation behind the layer folded in.
    fn folded(&self, norm: Option<&BatchNorm>) -> (Tensor<4>, Option<Tensor<1>>) {
        let weight = self.weight.val().without_autodiff();
        let bias = self.bias.as_ref().map(|bias| bias.val().without_autodiff());
        match norm {
            None => (weight, bias),
            Some(norm) => {
                let (scale, shift) = norm.affine();
                let bias = match bias {
                    Some(bias) => bias * scale.clone() + shift,
                    None => shift,
                };
                let channels = scale.dims()[0];
                (weight * scale.reshape([channels, 1, 1, 1]), Some(bias))
            }
        }
    }

    /// The layer for inference on images of shape `input`.
    ///
    /// # Errors
    /// As [`layers::Conv2d::new`].
    pub fn freeze(
        &self,
        norm: Option<&BatchNorm>,
        input: ImageShape,
        activation: Activation,
    ) -> Result<layers::Conv2d> {
        let (weight, bias) = self.folded(norm);
        layers::Conv2d::new(weight, bias, input, self.stride, self.padding, activation)
    }
}

/// Nearest-neighbour doubling, then a 3x3 convolution.
#[derive(Module, Debug)]
pub struct UpsampleConv {
    /// The convolution on the doubled image.
    pub conv: Conv2d,
}

impl UpsampleConv {
    /// A layer of that path from `[in, out]` channels, with initial parameters.
    pub fn new(init: &Init<'_>, path: &str, [inputs, outputs]: [usize; 2]) -> Self {
        let path = format!("{path}.conv");
        Self {
            conv: Conv2d::new(init, &path, [inputs, outputs, 3], (1, 1), true),
        }
    }

    /// `[n, in, h, w]` to `[n, out, 2 h, 2 w]`.
    pub fn forward(&self, images: Tensor<4>) -> Tensor<4> {
        self.conv.forward(double(images))
    }

    /// The layer for inference on images of shape `input`.
    ///
    /// # Errors
    /// As [`layers::UpsampleConv2d::new`].
    pub fn freeze(
        &self,
        norm: Option<&BatchNorm>,
        input: ImageShape,
        activation: Activation,
    ) -> Result<layers::UpsampleConv2d> {
        let (weight, bias) = self.conv.folded(norm);
        layers::UpsampleConv2d::new(weight, bias, input, activation)
    }
}

/// Transposed convolution with a square kernel, no padding.
#[derive(Module, Debug)]
pub struct ConvTranspose2d {
    /// `[in, out, k, k]`
    pub weight: Param<Tensor<4>>,
    /// `[out]`
    pub bias: Param<Tensor<1>>,
    /// Distance between the windows that are written, in both directions.
    pub stride: usize,
}

impl ConvTranspose2d {
    /// A layer of that path from `[in, out, k]`, with initial parameters.
    pub fn new(
        init: &Init<'_>,
        path: &str,
        [inputs, outputs, kernel]: [usize; 3],
        stride: usize,
    ) -> Self {
        // PyTorch takes the second axis of the weight for the inputs, here the output channels.
        let fan_in = outputs * kernel * kernel;
        let shape = [inputs, outputs, kernel, kernel];
        Self {
            weight: init.uniform(&format!("{path}.weight"), shape, fan_in),
            bias: init.uniform(&format!("{path}.bias"), [outputs], fan_in),
            stride,
        }
    }

    /// `[n, in, h, w]` to `[n, out, (h - 1) stride + k, (w - 1) stride + k]`.
    pub fn forward(&self, images: Tensor<4>) -> Tensor<4> {
        let options = ConvTransposeOptions::new([self.stride; 2], [0, 0], [0, 0], [1, 1], 1);
        conv_transpose2d(images, self.weight.val(), Some(self.bias.val()), options)
    }

    /// The layer for inference on images of shape `input`.
    ///
    /// # Errors
    /// As [`layers::ConvTranspose2d::new`].
    pub fn freeze(
        &self,
        input: ImageShape,
        activation: Activation,
    ) -> Result<layers::ConvTranspose2d> {
        let weight = self.weight.val().without_autodiff();
        let bias = Some(self.bias.val().without_autodiff());
        layers::ConvTranspose2d::new(weight, bias, input, self.stride, (0, 0), activation)
    }
}
