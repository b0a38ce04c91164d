//! Convolutions, plain and transposed.

use attractor_core::{Activation, Error, Layer, Persist, Result};
use burn::tensor::Tensor;
use burn::tensor::module::{conv_transpose2d, conv2d};
use burn::tensor::ops::{ConvOptions, ConvTransposeOptions};

use super::{ImageShape, check_kernel, entries, to_images, to_rows};

/// `f(w * x + b)` with one stride and one zero padding for both directions, or, transposed,
/// `f(w *^T x + b)`: the adjoint of a convolution, plus a bias.
#[derive(Debug, Clone)]
pub struct Conv2d {
    pub(super) weight: Tensor<4>,
    pub(super) bias: Option<Tensor<1>>,
    pub(super) input: ImageShape,
    output: ImageShape,
    pub(super) stride: usize,
    pub(super) padding: usize,
    pub(super) transposed: bool,
    /// Rows and columns of the larger images, at the far edge, that no window reaches.
    pub(super) rest: [usize; 2],
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
        let [outputs, inputs, kh, kw] = weight.dims();
        let [_, height, width] = input;
        check_kernel("Conv2d", input, [inputs, outputs], bias.as_ref(), stride)?;
        if height + 2 * padding < kh || width + 2 * padding < kw {
            return Err(Error::Mismatch {
                what: "Conv2d",
                expected: format!("a kernel no larger than {height}x{width} padded by {padding}"),
                part: "its weight",
                found: format!("{kh}x{kw}"),
            });
        }
        let span = [height + 2 * padding - kh, width + 2 * padding - kw];
        let [down, across] = span.map(|span| span / stride + 1);
        Ok(Self {
            weight,
            bias,
            input,
            output: [outputs, down, across],
            stride,
            padding,
            transposed: false,
            rest: span.map(|span| span % stride),
            activation,
        })
    }

    /// A transposed convolution from `weight [in, out, kh, kw]` and `bias [out]` on images of shape
    /// `input`.
    ///
    /// # Errors
    /// [`Error::Mismatch`] if channels disagree or padding leaves no output, [`Error::Config`]
    /// if the stride is 0 or `output_padding` is not below it.
    pub fn transposed(
        weight: Tensor<4>,
        bias: Option<Tensor<1>>,
        input: ImageShape,
        stride: usize,
        (padding, output_padding): (usize, usize),
        activation: Activation,
    ) -> Result<Self> {
        const WHAT: &str = "transposed Conv2d";
        let [inputs, outputs, kh, kw] = weight.dims();
        let [_, height, width] = input;
        check_kernel(WHAT, input, [inputs, outputs], bias.as_ref(), stride)?;
        if output_padding >= stride {
            return Err(Error::config(
                "output padding of a transposed convolution",
                "must be below the stride",
                output_padding,
            ));
        }
        let size = |input: usize, kernel: usize| {
            ((input.saturating_sub(1)) * stride + kernel + output_padding)
                .checked_sub(2 * padding)
                .filter(|size| *size > 0 && input > 0)
                .ok_or_else(|| Error::Mismatch {
                    what: WHAT,
                    expected: "a padding that leaves an output".into(),
                    part: "its geometry",
                    found: format!("padding {padding} on {height}x{width}, kernel {kh}x{kw}"),
                })
        };
        Ok(Self {
            output: [outputs, size(height, kh)?, size(width, kw)?],
            weight,
            bias,
            input,
            stride,
            padding,
            transposed: true,
            rest: [output_padding; 2],
            activation,
        })
    }

    /// Shape of the images that come out.
    pub fn output_shape(&self) -> ImageShape {
        self.output
    }

    /// From larger images to smaller ones if `gather`, else the adjoint of that.
    fn convolve(&self, images: Tensor<4>, gather: bool, bias: Option<Tensor<1>>) -> Tensor<2> {
        let (stride, padding, weight) = ([self.stride; 2], [self.padding; 2], self.weight.clone());
        to_rows(if gather {
            let options = ConvOptions::new(stride, padding, [1, 1], 1);
            conv2d(images, weight, bias, options)
        } else {
            let options = ConvTransposeOptions::new(stride, padding, self.rest, [1, 1], 1);
            conv_transpose2d(images, weight, bias, options)
        })
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
        let images = to_images(input, self.input);
        self.convolve(images, !self.transposed, self.bias.clone())
    }

    fn adjoint(&self, cotangent: Tensor<2>) -> Tensor<2> {
        // Of a transposed convolution: the rest is smaller than the stride, so it adds no window.
        let images = to_images(cotangent, self.output);
        self.convolve(images, self.transposed, None)
    }

    fn activation(&self) -> Activation {
        self.activation
    }

    fn as_persist(&self) -> Option<&dyn Persist> {
        Some(self)
    }
}
