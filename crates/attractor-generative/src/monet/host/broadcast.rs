//! The decoder's first layer: a code on every pixel of a plane, beside the plane's coordinates.

use super::parameters::{Id, Parameters};
use super::{Gradients, PLANES, pair};
use crate::host::image::{Image, dense};
use crate::monet::MonetConfig;

/// What all slots of a step share: the first layer's response to coordinates, and the last layer's
/// weight with columns of zeros.
#[derive(Debug, Default)]
pub(super) struct Shared {
    /// Sums of the first kernels, `[code + 2, out]`.
    sums: Vec<f32>,
    /// What a step along a kernel's columns and rows adds, `[2, out]`, in units of the spacing.
    moments: [Vec<f32>; 2],
    /// The last layer's weight `[in, PLANES]`.
    pub(super) weight: Vec<f32>,
    /// Its bias, `[PLANES]`.
    pub(super) bias: Vec<f32>,
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

    /// Fills the first layer's output behind its ReLU.
    pub(super) fn forward(&self, bias: &[f32], code: &[f32], output: &mut Image) {
        let mut constant = bias.to_vec();
        let outputs = constant.len();
        for (sums, z) in self.sums.chunks_exact(outputs).zip(code) {
            for (constant, sum) in constant.iter_mut().zip(sums) {
                *constant += z * sum;
            }
        }
        let (across, down) = self.sums[code.len() * outputs..].split_at(outputs);
        for ((constant, x), y) in constant
            .iter_mut()
            .zip(&self.moments[0])
            .zip(&self.moments[1])
        {
            *constant += SPACING * (x + y);
        }
        let mut line = constant.clone();
        for y in 0..output.height {
            let at = coordinate(y);
            for ((line, constant), down) in line.iter_mut().zip(&constant).zip(down) {
                *line = constant + at * down;
            }
            for (x, pixel) in output.row_mut(y).chunks_exact_mut(outputs).enumerate() {
                let at = coordinate(x);
                for ((value, line), across) in pixel.iter_mut().zip(&line).zip(across) {
                    *value = (line + at * across).max(0.0);
                }
            }
        }
    }

    /// The derivative with respect to the code from the sums over the plane of that with respect to
    /// the output before its ReLU.
    fn to_code(&self, total: &[f32], d_code: &mut [f32]) {
        for (sums, d_code) in self.sums.chunks_exact(total.len()).zip(d_code) {
            *d_code = sums.iter().zip(total).map(|(sum, d)| sum * d).sum();
        }
    }

    /// Fills the derivative with respect to the code, given that with respect to the output before
    /// its ReLU; the parameters are constants.
    pub(super) fn pull_back(&self, d_output: &Image, d_code: &mut [f32]) {
        let mut total = vec![0.0_f32; d_output.channels];
        let mut line = total.clone();
        for row in d_output.rows() {
            // Row by row: a single sum over a plane would lose digits.
            line.fill(0.0);
            for d in row.chunks_exact(line.len()) {
                for (sum, d) in line.iter_mut().zip(d) {
                    *sum += d;
                }
            }
            for (total, line) in total.iter_mut().zip(&line) {
                *total += line;
            }
        }
        self.to_code(&total, d_code);
    }

    /// Adds the gradients of weight and bias and fills the derivative with respect to the code;
    /// `d_output` is lost. Three sums for each channel suffice: of the derivative, and of the
    /// derivative times either coordinate.
    pub(super) fn backward(
        &self,
        [weight, bias]: [Id; 2],
        (code, value): (&[f32], &Image),
        d_output: &mut Image,
        gradients: &mut Gradients,
        d_code: &mut [f32],
    ) {
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
        self.to_code(&total, d_code);
        let [d_weight, d_bias] = pair(gradients, weight, bias);
        for (sum, d) in d_bias.iter_mut().zip(&total) {
            *sum += d;
        }
        let inputs = code.len() + 2;
        for (tap, d_weight) in d_weight.chunks_exact_mut(inputs * outputs).enumerate() {
            let (codes, planes) = d_weight.split_at_mut(code.len() * outputs);
            for (row, z) in codes.chunks_exact_mut(outputs).zip(code) {
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
