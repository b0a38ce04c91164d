//! Convolution layer.

use attractor_core::{Activation, Error, Layer, Result};
use burn::tensor::Tensor;
use burn::tensor::module::{conv_transpose2d, conv2d};
use burn::tensor::ops::{ConvOptions, ConvTransposeOptions};

use super::{ImageShape, check_kernel, entries, to_images, to_rows};

/// `f(w * x + b)` with one stride and one zero padding for both directions.
#[derive(Debug, Clone)]
pub struct Conv2d {
    weight: Tensor<4>,
    bias: Option<Tensor<1>>,
    input: ImageShape,
    output: ImageShape,
    stride: usize,
    padding: usize,
    activation: Activation,
}

impl Conv2d {
    /// A layer from `weight [out, in, kh, kw]` and `bias [out]` on images of shape `input`.
    ///
    /// # Errors
    /// [`Error::Mismatch`] if channels disagree or the kernel is larger than the padded image,
    /// [`Error::Config`] if the stride is 0.
    pub fn new(
        weight: Tensor<4>,
        bias: Option<Tensor<1>>,
        input: ImageShape,
        stride: usize,
        padding: usize,
        activation: Activation,
    ) -> Result<Self> {
        let [out_channels, in_channels, kh, kw] = weight.dims();
        let [channels, height, width] = input;
        check_kernel(
            "Conv2d",
            channels,
            in_channels,
            bias.as_ref(),
            out_channels,
            stride,
        )?;
        if height + 2 * padding < kh || width + 2 * padding < kw {
            return Err(Error::Mismatch {
                what: "Conv2d",
                expected: format!("a kernel no larger than {height}x{width} padded by {padding}"),
                part: "its weight",
                found: format!("{kh}x{kw}"),
            });
        }
        let output = [
            out_channels,
            (height + 2 * padding - kh) / stride + 1,
            (width + 2 * padding - kw) / stride + 1,
        ];
        Ok(Self {
            weight,
            bias,
            input,
            output,
            stride,
            padding,
            activation,
        })
    }

    /// Shape of the images that come out.
    pub fn output_shape(&self) -> ImageShape {
        self.output
    }
}

impl Layer for Conv2d {
    fn input_dim(&self) -> usize {
        entries(self.input)
    }

    fn output_dim(&self) -> usize {
        entries(self.output)
    }

    fn affine(&self, input: Tensor<2>) -> Tensor<2> {
        let options = ConvOptions::new([self.stride; 2], [self.padding; 2], [1, 1], 1);
        let images = to_images(input, self.input);
        to_rows(conv2d(
            images,
            self.weight.clone(),
            self.bias.clone(),
            options,
        ))
    }

    fn adjoint(&self, cotangent: Tensor<2>) -> Tensor<2> {
        let [_, _, kh, kw] = self.weight.dims();
        // Rows and columns at the far edge that no window reached still need their zeros.
        let rest = |size: usize, kernel: usize| (size + 2 * self.padding - kernel) % self.stride;
        let options = ConvTransposeOptions::new(
            [self.stride; 2],
            [self.padding; 2],
            [rest(self.input[1], kh), rest(self.input[2], kw)],
            [1, 1],
            1,
        );
        let images = to_images(cotangent, self.output);
        to_rows(conv_transpose2d(images, self.weight.clone(), None, options))
    }

    fn activation(&self) -> Activation {
        self.activation
    }
}
