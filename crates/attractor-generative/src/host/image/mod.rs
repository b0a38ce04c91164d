//! One channels-last image within a ring of zeros, and 3x3 convolutions between such images.

pub(crate) mod dense;
mod direct;
mod instance_norm;

pub(crate) use direct::Start;
pub(crate) use instance_norm::InstanceNormRelu;

use direct::{Sizes, Strides, product};

/// An image `[height, width, channels]` with `ring` pixels of zeros on every side, which make a
/// convolution at the border the same product as everywhere else.
#[derive(Debug, Clone)]
pub(crate) struct Image {
    pub(crate) height: usize,
    pub(crate) width: usize,
    pub(crate) channels: usize,
    ring: usize,
    data: Vec<f32>,
}

impl Image {
    /// An image of zeros.
    pub(crate) fn new([height, width, channels]: [usize; 3], ring: usize) -> Self {
        let data = vec![0.0; (height + 2 * ring) * (width + 2 * ring) * channels];
        Self {
            height,
            width,
            channels,
            ring,
            data,
        }
    }

    /// Entries from one row to the next.
    fn stride(&self) -> usize {
        (self.width + 2 * self.ring) * self.channels
    }

    /// Where the first pixel within `padding` pixels of the ring lies.
    fn offset(&self, padding: usize) -> usize {
        assert!(
            padding <= self.ring,
            "padding {padding} of a ring {}",
            self.ring
        );
        (self.ring - padding) * (self.stride() + self.channels)
    }

    /// Pixels of a row.
    pub(crate) fn row(&self, y: usize) -> &[f32] {
        &self.data[self.offset(0) + y * self.stride()..][..self.width * self.channels]
    }

    /// Pixels of a row, to write.
    pub(crate) fn row_mut(&mut self, y: usize) -> &mut [f32] {
        let (start, len) = (
            self.offset(0) + y * self.stride(),
            self.width * self.channels,
        );
        &mut self.data[start..][..len]
    }

    /// All rows.
    pub(crate) fn rows(&self) -> impl Iterator<Item = &[f32]> {
        (0..self.height).map(|y| self.row(y))
    }

    /// All entries of an image without a ring.
    pub(crate) fn flat(&self) -> &[f32] {
        assert_eq!(self.ring, 0, "an image without a ring");
        &self.data
    }

    /// All entries of an image without a ring, to write.
    pub(crate) fn flat_mut(&mut self) -> &mut [f32] {
        assert_eq!(self.ring, 0, "an image without a ring");
        &mut self.data
    }
}

/// `output = input * weight`, 3x3, `weight [3, 3, in, out]`, with `padding` zeros around the input;
/// negative results become 0 if `relu`.
pub(crate) fn convolve(
    input: &Image,
    padding: usize,
    weight: &[f32],
    start: Start<'_>,
    relu: bool,
    output: &mut Image,
) {
    let (inputs, outputs) = (input.channels, output.channels);
    assert_eq!(
        [output.height, output.width],
        [input.height, input.width].map(|size| size + 2 * padding - 2),
        "size of a convolution"
    );
    assert_eq!(
        weight.len(),
        9 * inputs * outputs,
        "weight of a convolution"
    );
    let sizes = Sizes {
        lines: output.height,
        rows: output.width,
        segments: 3,
        terms: 3 * inputs,
        columns: outputs,
    };
    let windows = Strides {
        line: input.stride(),
        segment: input.stride(),
        row: inputs,
        term: 1,
    };
    let taps = Strides {
        line: 0,
        segment: 3 * inputs * outputs,
        row: outputs,
        term: 0,
    };
    let (offset, stride) = (output.offset(0), output.stride());
    product(
        sizes,
        (&input.data[input.offset(padding)..], windows),
        (weight, taps),
        (&mut output.data[offset..], stride, outputs),
        start,
        relu,
    );
}

/// Adds the gradient of the weight of [`convolve`].
pub(crate) fn add_weight_gradient(
    input: &Image,
    padding: usize,
    d_output: &Image,
    gradient: &mut [f32],
) {
    let (inputs, outputs) = (input.channels, d_output.channels);
    let sizes = Sizes {
        lines: d_output.height,
        rows: 3 * inputs,
        segments: 1,
        terms: d_output.width,
        columns: outputs,
    };
    let windows = Strides {
        line: input.stride(),
        segment: 0,
        row: 1,
        term: inputs,
    };
    let derivatives = Strides {
        line: d_output.stride(),
        segment: 0,
        row: outputs,
        term: 0,
    };
    let tap_row = 3 * inputs * outputs;
    for (tap, gradient) in gradient.chunks_exact_mut(tap_row).enumerate() {
        product(
            sizes,
            (
                &input.data[input.offset(padding) + tap * input.stride()..],
                windows,
            ),
            (&d_output.data[d_output.offset(0)..], derivatives),
            (gradient, 0, outputs),
            Start::Current,
            false,
        );
    }
}

/// `[3, 3, in, out]` to the weight of the adjoint, `[3, 3, out, in]` with taps reversed: the
/// derivative with respect to the input is the convolution of the output's derivative with it, at
/// padding `2 - padding`.
pub(crate) fn flip(weight: &[f32], inputs: usize, outputs: usize) -> Vec<f32> {
    let mut flipped = vec![0.0; weight.len()];
    let area = inputs * outputs;
    for (from, to) in weight
        .chunks_exact(area)
        .zip(flipped.chunks_exact_mut(area).rev())
    {
        for (i, row) in from.chunks_exact(outputs).enumerate() {
            for (o, value) in row.iter().enumerate() {
                to[o * inputs + i] = *value;
            }
        }
    }
    flipped
}

/// The derivative with respect to one channel of the input of [`convolve`] at padding 1, added to
/// `d_channel [height * width]`: what is left when the others are data.
pub(crate) fn add_channel_gradient(
    d_output: &Image,
    weight: &[f32],
    [inputs, channel]: [usize; 2],
    d_channel: &mut [f32],
) {
    let outputs = d_output.channels;
    let (width, stride) = (d_output.width, d_output.stride());
    let start = d_output.offset(1);
    for (y, line) in d_channel.chunks_exact_mut(width).enumerate() {
        for tap in 0..9 {
            // Reversed: input pixel (y, x) saw output pixel (y + 1 - row, x + 1 - column).
            let (row, column) = (2 - tap / 3, 2 - tap % 3);
            let taps = &weight[(tap * inputs + channel) * outputs..][..outputs];
            let from = &d_output.data[start + (y + row) * stride + column * outputs..];
            for (sum, d) in line.iter_mut().zip(from.chunks_exact(outputs)) {
                *sum += d.iter().zip(taps).map(|(d, w)| d * w).sum::<f32>();
            }
        }
    }
}
