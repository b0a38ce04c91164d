//! Nearest-neighbour doubling followed by a 3x3 convolution.

use attractor_core::{Activation, Error, Layer, Persist, Result};
use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Tensor, TensorData};

use super::{ImageShape, check_kernel, entries, to_images, to_rows};

/// `f(w * up(x) + b)`: every pixel becomes a 2x2 block, then a 3x3 convolution with padding 1.
///
/// The doubled image is never made. Each of the four positions (phases) of a 2x2 output block sees
/// a 2x2 window of the small image padded by one, with weights that are sums of the 3x3 ones, so
/// one 2x2 convolution to four times the channels holds every output, at under half of the
/// multiplications. Its adjoint is a 2x2 convolution as well.
#[derive(Debug, Clone)]
pub struct UpsampleConv2d {
    /// `[4 * out, in, 2, 2]`, phase by phase.
    pub(super) forward: Tensor<4>,
    /// `[in, 4 * out, 2, 2]`: transposed and turned by 180 degrees.
    backward: Tensor<4>,
    /// `[1, out, 1, 1]`
    pub(super) bias: Option<Tensor<4>>,
    pub(super) input: ImageShape,
    pub(super) output: ImageShape,
    activation: Activation,
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
        let channels = [in_channels, out_channels];
        check_kernel("UpsampleConv2d", input, channels, bias.as_ref(), 1)?;
        if [kh, kw] != [3, 3] {
            return Err(Error::Mismatch {
                what: "UpsampleConv2d",
                expected: "a 3x3 kernel".into(),
                part: "its weight",
                found: format!("{kh}x{kw}"),
            });
        }
        Ok(Self::of_phases(
            phase_weights(weight),
            bias,
            input,
            activation,
        ))
    }

    /// A layer from the weights of its phases, `[4 * out, in, 2, 2]`.
    pub(super) fn of_phases(
        phases: Tensor<4>,
        bias: Option<Tensor<1>>,
        input: ImageShape,
        activation: Activation,
    ) -> Self {
        let outputs = phases.dims()[0] / 4;
        Self {
            backward: phases.clone().swap_dims(0, 1).flip([2, 3]),
            forward: phases,
            bias: bias.map(|bias| bias.reshape([1, outputs, 1, 1])),
            input,
            output: [outputs, 2 * input[1], 2 * input[2]],
            activation,
        }
    }

    /// Shape of the images that come out.
    pub fn output_shape(&self) -> ImageShape {
        self.output
    }
}

/// Row of the 2x2 window on which tap `tap` of the 3x3 kernel falls in phase `phase`; columns are
/// alike. Output row `2 i + phase` sees doubled row `2 i + phase + tap - 1`, which is small row
/// `i + (phase + tap - 1) / 2` rounded down, in the window that starts at row `i + phase - 1`.
pub(crate) fn window_row(phase: usize, tap: usize) -> usize {
    (phase + tap).div_ceil(2) - phase
}

/// `[out, in, 3, 3]` to `[4 * out, in, 2, 2]`.
fn phase_weights(weight: Tensor<4>) -> Tensor<4> {
    let [outputs, inputs, _, _] = weight.dims();
    // Which tap goes to which entry of which phase: [9, 4 * 4].
    let mut sums = vec![0.0_f32; 9 * 16];
    for tap in 0..9 {
        for phase in 0..4 {
            let row = window_row(phase / 2, tap / 3);
            let column = window_row(phase % 2, tap % 3);
            sums[tap * 16 + phase * 4 + row * 2 + column] = 1.0;
        }
    }
    let sums = Tensor::<2>::from_data(TensorData::new(sums, [9, 16]), &weight.device());
    weight
        .reshape([outputs * inputs, 9])
        .matmul(sums)
        .reshape([outputs, inputs, 4, 4])
        .permute([2, 0, 1, 3])
        .reshape([4 * outputs, inputs, 2, 2])
}

/// Every pixel of `[b, c, h, w]` as a 2x2 block, `[b, c, 2 h, 2 w]`.
pub(crate) fn double(images: Tensor<4>) -> Tensor<4> {
    let [b, c, h, w] = images.dims();
    images
        .reshape([b, c, h, 1, w, 1])
        .expand([b, c, h, 2, w, 2])
        .reshape([b, c, 2 * h, 2 * w])
}

/// Every second pixel of every second row, `[b, c, h / 2, w / 2]`: the nearest neighbours of half
/// the size.
pub(crate) fn halve(images: Tensor<4>) -> Tensor<4> {
    let [b, c, h, w] = images.dims();
    images
        .reshape([b, c, h / 2, 2, w / 2, 2])
        .narrow(3, 0, 1)
        .narrow(5, 0, 1)
        .reshape([b, c, h / 2, w / 2])
}

impl Layer for UpsampleConv2d {
    fn input_dim(&self) -> usize {
        entries(self.input)
    }

    fn output_dim(&self) -> usize {
        entries(self.output)
    }

    fn affine(&self, input: Tensor<2>) -> Tensor<2> {
        let [batch, _] = input.dims();
        let ([_, h, w], [c, ..]) = (self.input, self.output);
        let options = ConvOptions::new([1, 1], [1, 1], [1, 1], 1);
        let grid = conv2d(
            to_images(input, self.input),
            self.forward.clone(),
            None,
            options,
        );
        // Phase (a, b) of block (i, j) lies at (i + a, j + b) of its own channels.
        let phase = |a: usize, b: usize| {
            let first = (2 * a + b) * c;
            let images = grid
                .clone()
                .slice([0..batch, first..first + c, a..a + h, b..b + w]);
            images.reshape([batch, c, h, 1, w, 1])
        };
        let row = |a: usize| Tensor::cat(vec![phase(a, 0), phase(a, 1)], 5);
        let images: Tensor<4> =
            Tensor::cat(vec![row(0), row(1)], 3).reshape([batch, c, 2 * h, 2 * w]);
        to_rows(match &self.bias {
            Some(bias) => images + bias.clone(),
            None => images,
        })
    }

    fn adjoint(&self, cotangent: Tensor<2>) -> Tensor<2> {
        let [batch, _] = cotangent.dims();
        let ([_, h, w], [c, ..]) = (self.input, self.output);
        let blocks = cotangent.reshape([batch, c, h, 2, w, 2]);
        let phase = |a: usize, b: usize| -> Tensor<4> {
            let images: Tensor<4> = blocks
                .clone()
                .slice([0..batch, 0..c, 0..h, a..a + 1, 0..w, b..b + 1])
                .reshape([batch, c, h, w]);
            // Left, right, top, bottom.
            images.pad((b, 1 - b, a, 1 - a), 0.0)
        };
        let grid = Tensor::cat(vec![phase(0, 0), phase(0, 1), phase(1, 0), phase(1, 1)], 1);
        let options = ConvOptions::new([1, 1], [0, 0], [1, 1], 1);
        to_rows(conv2d(grid, self.backward.clone(), None, options))
    }

    fn activation(&self) -> Activation {
        self.activation
    }

    fn as_persist(&self) -> Option<&dyn Persist> {
        Some(self)
    }
}
