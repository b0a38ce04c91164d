//! Instance normalisation and ReLU of one image.

use super::Image;
use crate::nn::EPSILON;

/// `max(0, (x - mean) / sqrt(variance + 1e-5) * weight + bias)` with the statistics of each channel
/// over the image's own pixels. D. Ulyanov, A. Vedaldi, V. Lempitsky, arXiv:1607.08022.
#[derive(Debug, Clone)]
pub(crate) struct InstanceNormRelu {
    mean: Vec<f32>,
    inverse_std: Vec<f32>,
}

impl InstanceNormRelu {
    pub(crate) fn new(channels: usize) -> Self {
        Self {
            mean: vec![0.0; channels],
            inverse_std: vec![0.0; channels],
        }
    }

    /// Fills `output`, an image of the size of `input`.
    pub(crate) fn forward(
        &mut self,
        input: &Image,
        weight: &[f32],
        bias: &[f32],
        output: &mut Image,
    ) {
        let channels = self.mean.len();
        let count = (input.height * input.width) as f32;
        self.mean.fill(0.0);
        for row in input.rows() {
            for x in row.chunks_exact(channels) {
                for (sum, x) in self.mean.iter_mut().zip(x) {
                    *sum += x;
                }
            }
        }
        for mean in &mut self.mean {
            *mean /= count;
        }
        // Two passes: the variance from centred values, which loses no digits to a large mean.
        self.inverse_std.fill(0.0);
        for row in input.rows() {
            for x in row.chunks_exact(channels) {
                for ((sum, x), mean) in self.inverse_std.iter_mut().zip(x).zip(&self.mean) {
                    *sum += (x - mean) * (x - mean);
                }
            }
        }
        for value in &mut self.inverse_std {
            *value = 1.0 / (*value / count + EPSILON as f32).sqrt();
        }
        let scale: Vec<f32> = weight
            .iter()
            .zip(&self.inverse_std)
            .map(|(w, s)| w * s)
            .collect();
        let shift: Vec<f32> = (0..channels)
            .map(|c| bias[c] - self.mean[c] * scale[c])
            .collect();
        for y in 0..input.height {
            let pairs = output
                .row_mut(y)
                .chunks_exact_mut(channels)
                .zip(input.row(y).chunks_exact(channels));
            for (out, x) in pairs {
                for (((out, x), scale), shift) in out.iter_mut().zip(x).zip(&scale).zip(&shift) {
                    *out = (x * scale + shift).max(0.0);
                }
            }
        }
    }

    /// Adds the gradients of weight and bias and fills the derivative with respect to `input`;
    /// `d_output` is lost.
    pub(crate) fn backward(
        &self,
        input: &Image,
        [weight, bias]: [&[f32]; 2],
        d_output: &mut Image,
        [d_weight, d_bias]: [&mut [f32]; 2],
        d_input: &mut Image,
    ) {
        let channels = self.mean.len();
        let scale: Vec<f32> = weight
            .iter()
            .zip(&self.inverse_std)
            .map(|(w, s)| w * s)
            .collect();
        let shift: Vec<f32> = (0..channels)
            .map(|c| bias[c] - self.mean[c] * scale[c])
            .collect();
        // Sums of the derivative behind the ReLU and of its product with the centred input.
        let (mut sum, mut dot) = (vec![0.0_f32; channels], vec![0.0_f32; channels]);
        for y in 0..input.height {
            let pairs = d_output
                .row_mut(y)
                .chunks_exact_mut(channels)
                .zip(input.row(y).chunks_exact(channels));
            for (d, x) in pairs {
                let terms = scale.iter().zip(&shift).zip(&self.mean);
                let sums = sum.iter_mut().zip(&mut dot);
                for (((d, x), ((scale, shift), mean)), (sum, dot)) in
                    d.iter_mut().zip(x).zip(terms).zip(sums)
                {
                    *d = if x * scale + shift > 0.0 { *d } else { 0.0 };
                    *sum += *d;
                    *dot += *d * (x - mean);
                }
            }
        }
        let count = (input.height * input.width) as f32;
        let mut slope = vec![0.0; channels];
        let mut offset = vec![0.0; channels];
        for c in 0..channels {
            d_bias[c] += sum[c];
            d_weight[c] += dot[c] * self.inverse_std[c];
            slope[c] = -scale[c] * self.inverse_std[c] * self.inverse_std[c] * dot[c] / count;
            offset[c] = -scale[c] * sum[c] / count - slope[c] * self.mean[c];
        }
        for y in 0..input.height {
            let rows = d_input
                .row_mut(y)
                .chunks_exact_mut(channels)
                .zip(input.row(y).chunks_exact(channels))
                .zip(d_output.row(y).chunks_exact(channels));
            for ((d_in, x), d) in rows {
                let terms = scale.iter().zip(&slope).zip(&offset);
                for (((d_in, x), d), ((scale, slope), offset)) in
                    d_in.iter_mut().zip(x).zip(d).zip(terms)
                {
                    *d_in = scale * d + slope * x + offset;
                }
            }
        }
    }
}
