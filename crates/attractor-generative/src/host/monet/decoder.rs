//! The component decoder on one slot of one image.

use super::super::dense;
use super::super::direct::Start;
use super::super::image::{Image, add_weight_gradient, convolve};
use super::parameters::{Adjoints, Parameters};
use super::{Gradients, pair};
use crate::monet::MonetConfig;

/// Padded width of the last layer's four outputs.
pub(super) const PLANES: usize = 8;

/// What all slots of a step share: the first layer's response to coordinates, and the last layer's
/// weight with columns of zeros.
#[derive(Debug, Default)]
pub(super) struct Shared {
    /// Sums of the first kernels, `[code + 2, out]`.
    sums: Vec<f32>,
    /// What a step along a kernel's columns and rows adds, `[2, out]`, in units of the spacing.
    moments: [Vec<f32>; 2],
    weight: Vec<f32>,
    bias: Vec<f32>,
}

/// Coordinate of a pixel of the broadcast plane.
fn coordinate(i: usize) -> f32 {
    2.0 * i as f32 / (MonetConfig::BROADCAST_SIDE - 1) as f32 - 1.0
}

/// Distance of two pixels.
const SPACING: f32 = 2.0 / (MonetConfig::BROADCAST_SIDE - 1) as f32;

impl Shared {
    pub(super) fn new(parameters: &Parameters) -> Self {
        let ids = &parameters.ids.decoder;
        let (first, last) = (ids[0], ids[4]);
        let outputs = parameters.value(first.bias).len();
        let weight = parameters.value(first.weight);
        let inputs = weight.len() / 9 / outputs;
        let mut sums = vec![0.0; inputs * outputs];
        let mut moments = [vec![0.0; outputs], vec![0.0; outputs]];
        for (tap, weight) in weight.chunks_exact(inputs * outputs).enumerate() {
            for (sum, value) in sums.iter_mut().zip(weight) {
                *sum += value;
            }
            let planes = weight[(inputs - 2) * outputs..].chunks_exact(outputs);
            for ((moment, plane), at) in moments.iter_mut().zip(planes).zip([tap % 3, tap / 3]) {
                for (sum, value) in moment.iter_mut().zip(plane) {
                    *sum += at as f32 * value;
                }
            }
        }
        let pad = |from: &[f32]| -> Vec<f32> {
            from.chunks_exact(4)
                .flat_map(|row| row.iter().copied().chain([0.0; PLANES - 4]))
                .collect()
        };
        Self {
            sums,
            moments,
            weight: pad(parameters.value(last.weight)),
            bias: pad(parameters.value(last.bias)),
        }
    }
}

/// Activations of one slot.
#[derive(Debug)]
pub(super) struct Decoder {
    code: Vec<f32>,
    /// Outputs of the four 3x3 convolutions behind their ReLUs.
    hidden: Vec<Image>,
    /// Three colours, a mask logit and padding for each pixel, `[h, w, PLANES]`.
    pub(super) planes: Vec<f32>,
}

/// Derivatives, shared by all slots.
#[derive(Debug)]
pub(super) struct Work {
    hidden: Vec<Image>,
    weight: Vec<f32>,
    bias: Vec<f32>,
}

fn hidden(config: &MonetConfig, ring: usize) -> Vec<Image> {
    (1..=4)
        .map(|i| {
            let side = MonetConfig::BROADCAST_SIDE - 2 * i;
            Image::new([side, side, config.decoder_channels], ring)
        })
        .collect()
}

impl Work {
    pub(super) fn new(config: &MonetConfig) -> Self {
        Self {
            // The ring of zeros turns the adjoint of a valid convolution into a convolution.
            hidden: hidden(config, 2),
            weight: vec![0.0; config.decoder_channels * PLANES],
            bias: vec![0.0; PLANES],
        }
    }
}

impl Decoder {
    pub(super) fn new(config: &MonetConfig) -> Self {
        Self {
            code: vec![0.0; config.code],
            hidden: hidden(config, 0),
            planes: vec![0.0; MonetConfig::SIDE * MonetConfig::SIDE * PLANES],
        }
    }

    /// Fills the planes of a code.
    pub(super) fn forward(&mut self, parameters: &Parameters, shared: &Shared, code: &[f32]) {
        self.code.copy_from_slice(code);
        let ids = &parameters.ids.decoder;
        let mut constant = parameters.value(ids[0].bias).to_vec();
        let outputs = constant.len();
        for (sums, z) in shared.sums.chunks_exact(outputs).zip(code) {
            for (constant, sum) in constant.iter_mut().zip(sums) {
                *constant += z * sum;
            }
        }
        let (across, down) = shared.sums[code.len() * outputs..].split_at(outputs);
        for ((constant, x), y) in constant
            .iter_mut()
            .zip(&shared.moments[0])
            .zip(&shared.moments[1])
        {
            *constant += SPACING * (x + y);
        }
        let first = &mut self.hidden[0];
        let mut line = constant.clone();
        for y in 0..first.height {
            let at = coordinate(y);
            for ((line, constant), down) in line.iter_mut().zip(&constant).zip(down) {
                *line = constant + at * down;
            }
            for (x, pixel) in first.row_mut(y).chunks_exact_mut(outputs).enumerate() {
                let at = coordinate(x);
                for ((value, line), across) in pixel.iter_mut().zip(&line).zip(across) {
                    *value = (line + at * across).max(0.0);
                }
            }
        }
        for i in 1..4 {
            let (before, after) = self.hidden.split_at_mut(i);
            let [weight, bias] = [ids[i].weight, ids[i].bias].map(|id| parameters.value(id));
            convolve(
                &before[i - 1],
                0,
                weight,
                Start::Bias(bias),
                true,
                &mut after[0],
            );
        }
        let last = self.hidden[3].flat();
        dense::forward(last, &shared.weight, &shared.bias, false, &mut self.planes);
    }

    /// Adds the gradients and fills the derivative with respect to the code, given that with
    /// respect to the planes, whose padding must be 0.
    pub(super) fn backward(
        &self,
        parameters: &Parameters,
        (adjoints, shared): (&Adjoints, &Shared),
        d_planes: &[f32],
        work: &mut Work,
        gradients: &mut Gradients,
        d_code: &mut [f32],
    ) {
        let ids = &parameters.ids.decoder;
        let Work {
            hidden,
            weight,
            bias,
        } = work;
        weight.fill(0.0);
        bias.fill(0.0);
        dense::add_gradients(self.hidden[3].flat(), d_planes, weight, bias);
        for (id, padded) in [(ids[4].weight, &*weight), (ids[4].bias, &*bias)] {
            let rows = gradients[id].chunks_exact_mut(4);
            for (row, padded) in rows.zip(padded.chunks_exact(PLANES)) {
                for (sum, value) in row.iter_mut().zip(padded) {
                    *sum += value;
                }
            }
        }
        let transposed = adjoints.get(ids[4].weight);
        let last = &mut hidden[3];
        for y in 0..last.height {
            let width = last.width * PLANES;
            let d = &d_planes[y * width..][..width];
            dense::input_gradient_padded(d, (4, PLANES), transposed, last.row_mut(y));
        }
        for i in (1..4).rev() {
            let (before, after) = hidden.split_at_mut(i);
            let (d_output, value) = (&mut after[0], &self.hidden[i]);
            mask_and_sum(value, d_output, &mut gradients[ids[i].bias]);
            let gradient = &mut gradients[ids[i].weight];
            add_weight_gradient(&self.hidden[i - 1], 0, d_output, gradient);
            let flipped = adjoints.get(ids[i].weight);
            convolve(d_output, 2, flipped, Start::Zero, false, &mut before[i - 1]);
        }
        self.first_layer(parameters, shared, &mut hidden[0], gradients, d_code);
    }

    /// The first layer needs three sums for each channel: of the derivative, and of the derivative
    /// times either coordinate.
    fn first_layer(
        &self,
        parameters: &Parameters,
        shared: &Shared,
        d_output: &mut Image,
        gradients: &mut Gradients,
        d_code: &mut [f32],
    ) {
        let ids = parameters.ids.decoder[0];
        let value = &self.hidden[0];
        let outputs = value.channels;
        let mut total = vec![0.0; outputs];
        let mut by_column = vec![0.0; outputs];
        let mut by_row = vec![0.0; outputs];
        let mut line = vec![0.0_f32; outputs];
        for y in 0..value.height {
            line.fill(0.0);
            dense::mask(value.row(y), d_output.row_mut(y));
            for (x, d) in d_output.row(y).chunks_exact(outputs).enumerate() {
                let at = coordinate(x);
                for ((line, by_column), d) in line.iter_mut().zip(&mut by_column).zip(d) {
                    *line += d;
                    *by_column += at * d;
                }
            }
            let at = coordinate(y);
            for ((total, by_row), line) in total.iter_mut().zip(&mut by_row).zip(&line) {
                *total += line;
                *by_row += at * line;
            }
        }
        for (sums, d_code) in shared.sums.chunks_exact(outputs).zip(d_code) {
            *d_code = sums.iter().zip(&total).map(|(sum, d)| sum * d).sum();
        }
        let [d_weight, d_bias] = pair(gradients, ids.weight, ids.bias);
        for (sum, d) in d_bias.iter_mut().zip(&total) {
            *sum += d;
        }
        let inputs = self.code.len() + 2;
        for (tap, d_weight) in d_weight.chunks_exact_mut(inputs * outputs).enumerate() {
            let (codes, planes) = d_weight.split_at_mut(self.code.len() * outputs);
            for (row, z) in codes.chunks_exact_mut(outputs).zip(&self.code) {
                for (sum, d) in row.iter_mut().zip(&total) {
                    *sum += z * d;
                }
            }
            let (across, down) = planes.split_at_mut(outputs);
            let steps = [(tap % 3) as f32 * SPACING, (tap / 3) as f32 * SPACING];
            for (o, d) in total.iter().enumerate() {
                across[o] += by_column[o] + steps[0] * d;
                down[o] += by_row[o] + steps[1] * d;
            }
        }
    }
}

/// Zeroes the derivative where the ReLU's result is 0 and adds what is left to the bias's gradient.
fn mask_and_sum(value: &Image, d_output: &mut Image, d_bias: &mut [f32]) {
    // Row by row: a single sum over a plane would lose digits.
    let mut line = vec![0.0_f32; d_bias.len()];
    for y in 0..value.height {
        let d_row = d_output.row_mut(y);
        dense::mask(value.row(y), d_row);
        line.fill(0.0);
        for d in d_row.chunks_exact(line.len()) {
            for (sum, d) in line.iter_mut().zip(d) {
                *sum += d;
            }
        }
        for (sum, d) in d_bias.iter_mut().zip(&line) {
            *sum += d;
        }
    }
}
