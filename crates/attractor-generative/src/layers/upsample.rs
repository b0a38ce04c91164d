//! Nearest-neighbour doubling followed by a 3x3 convolution.

use attractor_core::{Activation, Error, Layer, Result};
use burn::tensor::Tensor;

use super::{Conv2d, ImageShape, check_kernel, entries, to_images, to_rows};

/// `f(w * up(x) + b)`: every pixel becomes a 2x2 block, then a 3x3 convolution with padding 1.
#[derive(Debug, Clone)]
pub struct UpsampleConv2d {
    conv: Conv2d,
    input: ImageShape,
}

impl UpsampleConv2d {
    /// A layer from `weight [out, in, 3, 3]` and `bias [out]` on images of shape `input`.
    ///
    /// # Errors
    /// [`Error::Mismatch`] if channels disagree or the kernel is not 3x3.
    pub fn new(
        weight: Tensor<4>,
        bias: Option<Tensor<1>>,
        input: ImageShape,
        activation: Activation,
    ) -> Result<Self> {
        let [out_channels, in_channels, kh, kw] = weight.dims();
        check_kernel(
            "UpsampleConv2d",
            input[0],
            in_channels,
            bias.as_ref(),
            out_channels,
            1,
        )?;
        if [kh, kw] != [3, 3] {
            return Err(Error::Mismatch {
                what: "UpsampleConv2d",
                expected: "a 3x3 kernel".into(),
                part: "its weight",
                found: format!("{kh}x{kw}"),
            });
        }
        let doubled = [input[0], 2 * input[1], 2 * input[2]];
        Ok(Self {
            conv: Conv2d::new(weight, bias, doubled, 1, 1, activation)?,
            input,
        })
    }

    /// Shape of the images that come out.
    pub fn output_shape(&self) -> ImageShape {
        self.conv.output_shape()
    }
}

/// Every pixel of `[b, c, h, w]` as a 2x2 block, `[b, c, 2 h, 2 w]`.
pub(crate) fn double(images: Tensor<4>) -> Tensor<4> {
    let [b, c, h, w] = images.dims();
    images
        .reshape([b, c, h, 1, w, 1])
        .expand([b, c, h, 2, w, 2])
        .reshape([b, c, 2 * h, 2 * w])
}

/// Sums of the 2x2 blocks of `[b, c, 2 h, 2 w]`, `[b, c, h, w]`: the adjoint of [`double`].
pub(crate) fn sum_blocks(images: Tensor<4>) -> Tensor<4> {
    let [b, c, h, w] = images.dims();
    images
        .reshape([b, c, h / 2, 2, w / 2, 2])
        .sum_dim(5)
        .sum_dim(3)
        .reshape([b, c, h / 2, w / 2])
}

impl Layer for UpsampleConv2d {
    fn input_dim(&self) -> usize {
        entries(self.input)
    }

    fn output_dim(&self) -> usize {
        self.conv.output_dim()
    }

    fn affine(&self, input: Tensor<2>) -> Tensor<2> {
        self.conv
            .affine(to_rows(double(to_images(input, self.input))))
    }

    fn adjoint(&self, cotangent: Tensor<2>) -> Tensor<2> {
        let [channels, height, width] = self.input;
        let doubled = to_images(
            self.conv.adjoint(cotangent),
            [channels, 2 * height, 2 * width],
        );
        to_rows(sum_blocks(doubled))
    }

    fn activation(&self) -> Activation {
        self.conv.activation()
    }
}
