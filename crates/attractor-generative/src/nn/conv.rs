//! Convolution layers on images `[n, channels, height, width]`.

use attractor_core::{Activation, Layer, Result};
use burn::module::{Module, Param};
use burn::tensor::Tensor;
use burn::tensor::module::{conv_transpose2d, conv2d};
use burn::tensor::ops::{ConvOptions, ConvTransposeOptions};

use super::{BatchNorm, Init};
use crate::layers::{self, ImageShape, double};

/// What a convolution makes of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `[n, in, h, w]` to `[n, out, h', w']`.
    Plain,
    /// Nearest-neighbour doubling first.
    Doubling,
    /// The adjoint of a convolution: to `[n, out, (h - 1) stride + k - 2 padding + extra, ..]`.
    Transposed {
        /// Rows and columns added at the far borders.
        extra: usize,
    },
}

/// Convolution with a square kernel.
#[derive(Module, Debug)]
pub struct Conv2d {
    /// `[out, in, k, k]`; transposed `[in, out, k, k]`.
    pub weight: Param<Tensor<4>>,
    /// `[out]`
    pub bias: Option<Param<Tensor<1>>>,
    /// Step between windows, in both directions.
    pub stride: usize,
    /// Zeros around the image.
    pub padding: usize,
    /// What it makes of an image.
    #[module(skip)]
    pub form: Form,
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
            form: Form::Plain,
        }
    }

    /// Nearest-neighbour doubling, then a 3x3 convolution with padding 1 and bias.
    pub fn doubling(init: &Init<'_>, path: &str, [inputs, outputs]: [usize; 2]) -> Self {
        Self {
            form: Form::Doubling,
            ..Self::new(init, path, [inputs, outputs, 3], (1, 1), true)
        }
    }

    /// A transposed convolution without padding and with bias.
    pub fn transposed(
        init: &Init<'_>,
        path: &str,
        [inputs, outputs, kernel]: [usize; 3],
        stride: usize,
    ) -> Self {
        // PyTorch takes the second axis of the weight for the inputs, here the output channels: the
        // layer of the other direction has the same weight.
        let weight = Self::new(init, path, [outputs, inputs, kernel], (stride, 0), false);
        let fan_in = outputs * kernel * kernel;
        Self {
            bias: Some(init.uniform(&format!("{path}.bias"), [outputs], fan_in)),
            form: Form::Transposed { extra: 0 },
            ..weight
        }
    }

    /// A transposed 3x3 convolution to images of exactly twice the size, with bias.
    pub fn growing(init: &Init<'_>, path: &str, [inputs, outputs]: [usize; 2]) -> Self {
        Self {
            padding: 1,
            form: Form::Transposed { extra: 1 },
            ..Self::transposed(init, path, [inputs, outputs, 3], 2)
        }
    }

    /// The layer on images.
    pub fn forward(&self, images: Tensor<4>) -> Tensor<4> {
        let (weight, bias) = (self.weight.val(), self.bias.as_ref().map(Param::val));
        let (stride, padding) = ([self.stride; 2], [self.padding; 2]);
        let options = ConvOptions::new(stride, padding, [1, 1], 1);
        match self.form {
            Form::Plain => conv2d(images, weight, bias, options),
            Form::Doubling => conv2d(double(images), weight, bias, options),
            Form::Transposed { extra } => {
                let options = ConvTransposeOptions::new(stride, padding, [extra; 2], [1, 1], 1);
                conv_transpose2d(images, weight, bias, options)
            }
        }
    }

    /// The layer for inference on images of shape `input`, with a batch normalisation behind it
    /// folded in, and the shape of the images that come out.
    ///
    /// # Errors
    /// If channels disagree or the kernel does not fit.
    pub fn freeze(
        &self,
        norm: Option<&BatchNorm>,
        input: ImageShape,
        activation: Activation,
    ) -> Result<(Box<dyn Layer>, ImageShape)> {
        let weight = self.weight.val().without_autodiff();
        let bias = self.bias.as_ref().map(|bias| bias.val().without_autodiff());
        let outputs = usize::from(matches!(self.form, Form::Transposed { .. }));
        let (weight, bias) = match norm {
            None => (weight, bias),
            Some(norm) => {
                let (weight, bias) = norm.fold(weight, outputs, bias);
                (weight, Some(bias))
            }
        };
        let (stride, padding) = (self.stride, self.padding);
        let layer = match self.form {
            Form::Plain => layers::Conv2d::new(weight, bias, input, stride, padding, activation)?,
            Form::Transposed { extra } => {
                let padding = (padding, extra);
                layers::Conv2d::transposed(weight, bias, input, stride, padding, activation)?
            }
            Form::Doubling => {
                let layer = layers::UpsampleConv2d::new(weight, bias, input, activation)?;
                let shape = layer.output_shape();
                return Ok((Box::new(layer), shape));
            }
        };
        let shape = layer.output_shape();
        Ok((Box::new(layer), shape))
    }
}
