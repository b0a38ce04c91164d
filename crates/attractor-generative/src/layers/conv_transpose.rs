//! Transposed convolution layer.

use attractor_core::{Activation, Error, Layer, Result};
use burn::tensor::Tensor;
use burn::tensor::module::{conv_transpose2d, conv2d};
use burn::tensor::ops::{ConvOptions, ConvTransposeOptions};

use super::{ImageShape, check_kernel, entries, to_images, to_rows};

/// `f(w *^T x + b)`: the adjoint of a convolution, plus a bias.
#[derive(Debug, Clone)]
pub struct ConvTranspose2d {
    weight: Tensor<4>,
    bias: Option<Tensor<1>>,
    input: ImageShape,
    output: ImageShape,
    stride: usize,
    padding: usize,
    output_padding: usize,
    activation: Activation,
}

impl ConvTranspose2d {
    /// A layer from `weight [in, out, kh, kw]` and `bias [out]` on images of shape `input`.
    ///
    /// # Errors
    /// [`Error::Mismatch`] if channels disagree or padding leaves no output, [`Error::Config`]
    /// if the stride is 0 or `output_padding` is not below it.
    pub fn new(
        weight: Tensor<4>,
        bias: Option<Tensor<1>>,
        input: ImageShape,
        stride: usize,
        (padding, output_padding): (usize, usize),
        activation: Activation,
    ) -> Result<Self> {
        let [in_channels, out_channels, kh, kw] = weight.dims();
        let [channels, height, width] = input;
        check_kernel(
            "ConvTranspose2d",
            channels,
            in_channels,
            bias.as_ref(),
            out_channels,
            stride,
        )?;
        if output_padding >= stride {
            return Err(Error::config(
                "ConvTranspose2d.output_padding",
                "must be below the stride",
                output_padding,
            ));
        }
        let size = |input: usize, kernel: usize| {
            ((input.saturating_sub(1)) * stride + kernel + output_padding)
                .checked_sub(2 * padding)
                .filter(|size| *size > 0 && input > 0)
                .ok_or_else(|| Error::Mismatch {
                    what: "ConvTranspose2d",
                    expected: "a padding that leaves an output".into(),
                    part: "its geometry",
                    found: format!("padding {padding} on {height}x{width}, kernel {kh}x{kw}"),
                })
        };
        let output = [out_channels, size(height, kh)?, size(width, kw)?];
        Ok(Self {
            weight,
            bias,
            input,
            output,
            stride,
            padding,
            output_padding,
            activation,
        })
    }

    /// Shape of the images that come out.
    pub fn output_shape(&self) -> ImageShape {
        self.output
    }
}

impl Layer for ConvTranspose2d {
    fn input_dim(&self) -> usize {
        entries(self.input)
    }

    fn output_dim(&self) -> usize {
        entries(self.output)
    }

    fn affine(&self, input: Tensor<2>) -> Tensor<2> {
        let options = ConvTransposeOptions::new(
            [self.stride; 2],
            [self.padding; 2],
            [self.output_padding; 2],
            [1, 1],
            1,
        );
        let images = to_images(input, self.input);
        to_rows(conv_transpose2d(
            images,
            self.weight.clone(),
            self.bias.clone(),
            options,
        ))
    }

    fn adjoint(&self, cotangent: Tensor<2>) -> Tensor<2> {
        // `[in, out, ..]` read as a convolution's weight maps `out` channels back to `in`. Output
        // padding is smaller than the stride, so it adds no window.
        let options = ConvOptions::new([self.stride; 2], [self.padding; 2], [1, 1], 1);
        let images = to_images(cotangent, self.output);
        to_rows(conv2d(images, self.weight.clone(), None, options))
    }

    fn activation(&self) -> Activation {
        self.activation
    }
}
