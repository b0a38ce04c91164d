//! Convolution of a code that is broadcast over a plane, beside the plane's coordinates.

use attractor_core::{Activation, Error, Layer, Persist, Result};
use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Tensor, TensorData};

use super::{entries, to_rows};
use crate::layers::ImageShape;

/// Spatial broadcast and a valid convolution in one: `f(w * [z, x, y] + b)`, where every pixel of
/// the channels `z` holds the code, and `x` and `y` run from -1 to 1 along columns and rows.
///
/// A valid convolution of constant channels is constant, so the code enters through the sums of
/// the kernel alone and the coordinates' part is computed once. N. Watters and others, *Spatial
/// Broadcast Decoder*, arXiv:1901.07017.
#[derive(Debug, Clone)]
pub struct BroadcastConv2d {
    /// Sums of the kernels, `[out, code]`.
    pub(super) sums: Tensor<2>,
    /// What the coordinates and the bias add, `[1, out, side, side]`.
    pub(super) plane: Tensor<4>,
    pub(super) activation: Activation,
}

/// Columns' and rows' coordinates, `[1, 2, side, side]`.
pub(crate) fn coordinates(side: usize, device: &burn::tensor::Device) -> Tensor<4> {
    let last = side.saturating_sub(1).max(1) as f32;
    let at = |i: usize| 2.0 * i as f32 / last - 1.0;
    let columns = (0..side).flat_map(|_| (0..side).map(at));
    let rows = (0..side).flat_map(|y| (0..side).map(move |_| at(y)));
    let values: Vec<f32> = columns.chain(rows).collect();
    Tensor::from_data(TensorData::new(values, [1, 2, side, side]), device)
}

impl BroadcastConv2d {
    /// A layer from `weight [out, code + 2, k, k]` and `bias [out]` on a plane of `side` pixels.
    ///
    /// # Errors
    /// [`Error::Mismatch`] if the weight leaves no channel for the code, is larger than the plane,
    /// or the bias has another width.
    pub fn new(
        weight: Tensor<4>,
        bias: Tensor<1>,
        side: usize,
        activation: Activation,
    ) -> Result<Self> {
        let [outputs, channels, height, width] = weight.dims();
        let mismatch = |expected: String, part, found: String| Error::Mismatch {
            what: "BroadcastConv2d",
            expected,
            part,
            found,
        };
        if channels < 3 {
            return Err(mismatch(
                "a code and two coordinates".into(),
                "its weight",
                format!("{channels} input channels"),
            ));
        }
        if height > side || width > side {
            return Err(mismatch(
                format!("a kernel no larger than {side}x{side}"),
                "its weight",
                format!("{height}x{width}"),
            ));
        }
        let [biases] = bias.dims();
        if biases != outputs {
            return Err(mismatch(
                format!("{outputs} biases, one for each output channel"),
                "its bias",
                format!("{biases}"),
            ));
        }
        let code = channels - 2;
        let sums = weight.clone().narrow(1, 0, code);
        let sums = sums.reshape([outputs, code, height * width]).sum_dim(2);
        let options = ConvOptions::new([1, 1], [0, 0], [1, 1], 1);
        let plane = coordinates(side, &weight.device());
        Ok(Self {
            sums: sums.reshape([outputs, code]),
            plane: conv2d(plane, weight.narrow(1, code, 2), Some(bias), options),
            activation,
        })
    }

    /// Shape of the images that come out.
    pub fn output_shape(&self) -> ImageShape {
        let [_, outputs, height, width] = self.plane.dims();
        [outputs, height, width]
    }
}

impl Layer for BroadcastConv2d {
    fn input_dim(&self) -> usize {
        self.sums.dims()[1]
    }

    fn output_dim(&self) -> usize {
        entries(self.output_shape())
    }

    fn affine(&self, input: Tensor<2>) -> Tensor<2> {
        let batch = input.dims()[0];
        let [outputs, height, width] = self.output_shape();
        let constant = input.matmul(self.sums.clone().transpose());
        let constant = constant.reshape([batch, outputs, 1, 1]);
        to_rows(constant.expand([batch, outputs, height, width]) + self.plane.clone())
    }

    fn adjoint(&self, cotangent: Tensor<2>) -> Tensor<2> {
        let batch = cotangent.dims()[0];
        let [outputs, height, width] = self.output_shape();
        let sums = cotangent
            .reshape([batch, outputs, height * width])
            .sum_dim(2);
        sums.reshape([batch, outputs]).matmul(self.sums.clone())
    }

    fn activation(&self) -> Activation {
        self.activation
    }

    fn as_persist(&self) -> Option<&dyn Persist> {
        Some(self)
    }
}
