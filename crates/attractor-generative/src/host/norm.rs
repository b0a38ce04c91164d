//! Batch normalisation, with ReLU in the same pass if asked.

use rayon::prelude::*;

use super::layer::{Backward, HostLayer, parts, rows_per_part, sized, sum_parts};
use super::slot::Slot;
use crate::nn::{EPSILON, MOMENTUM};

/// `(x - mean) * scale + shift` with the statistics of the batch, or the larger of that and 0.
#[derive(Debug)]
pub(crate) struct BatchNorm {
    /// Entries of a row.
    dim: usize,
    relu: bool,
    weight: Slot,
    bias: Slot,
    running_mean: Slot,
    running_var: Slot,
    mean: Vec<f32>,
    inverse_std: Vec<f32>,
    partial: Vec<f32>,
    sums: Vec<f32>,
}

impl BatchNorm {
    pub(crate) fn new(path: &str, dim: usize, channels: usize, relu: bool) -> Self {
        let slot = |name: &str| Slot::vector(format!("{path}.{name}"), channels);
        Self {
            dim,
            relu,
            weight: slot("weight"),
            bias: slot("bias"),
            running_mean: slot("running_mean").untrained(),
            running_var: slot("running_var").untrained(),
            mean: vec![0.0; channels],
            inverse_std: vec![0.0; channels],
            partial: Vec::new(),
            sums: vec![0.0; 2 * channels],
        }
    }

    /// Sums over rows of two quantities for each channel, by parts.
    fn reduce(
        &mut self,
        batch: usize,
        slices: [&[f32]; 2],
        add: impl Fn([&[f32]; 2], &Statistics<'_>, &mut [f32], &mut [f32]) + Sync,
    ) {
        let channels = self.mean.len();
        let chunk = rows_per_part(batch) * self.dim;
        let statistics = Statistics {
            mean: &self.mean,
            inverse_std: &self.inverse_std,
        };
        sized(&mut self.partial, parts(batch) * 2 * channels)
            .par_chunks_mut(2 * channels)
            .zip(slices[0].par_chunks(chunk))
            .zip(slices[1].par_chunks(chunk))
            .for_each(|((partial, a), b)| {
                partial.fill(0.0);
                let (first, second) = partial.split_at_mut(channels);
                for (a, b) in a.chunks_exact(channels).zip(b.chunks_exact(channels)) {
                    add([a, b], &statistics, first, second);
                }
            });
        sum_parts(&self.partial, &mut self.sums);
    }
}

/// Of the batch, for each channel.
struct Statistics<'a> {
    mean: &'a [f32],
    inverse_std: &'a [f32],
}

impl HostLayer for BatchNorm {
    fn output_dim(&self) -> usize {
        self.dim
    }

    fn forward(&mut self, batch: usize, input: &[f32], output: &mut [f32]) {
        let channels = self.mean.len();
        let count = (input.len() / channels) as f32;
        // Two passes: the variance from centred values, which loses no digits to a large mean.
        self.reduce(batch, [input; 2], |[x, _], _, sum, _| {
            for (sum, x) in sum.iter_mut().zip(x) {
                *sum += x;
            }
        });
        for (mean, sum) in self.mean.iter_mut().zip(&self.sums) {
            *mean = sum / count;
        }
        self.reduce(batch, [input; 2], |[x, _], statistics, sum, _| {
            for ((sum, x), mean) in sum.iter_mut().zip(x).zip(statistics.mean) {
                *sum += (x - mean) * (x - mean);
            }
        });
        let momentum = MOMENTUM as f32;
        for c in 0..channels {
            let variance = self.sums[c] / count;
            self.inverse_std[c] = 1.0 / (variance + EPSILON as f32).sqrt();
            let unbiased = self.sums[c] / (count - 1.0).max(1.0);
            for (running, new) in [
                (&mut self.running_mean.value[c], self.mean[c]),
                (&mut self.running_var.value[c], unbiased),
            ] {
                *running += momentum * (new - *running);
            }
        }
        let chunk = rows_per_part(batch) * self.dim;
        let least = if self.relu { 0.0 } else { f32::NEG_INFINITY };
        let Self {
            weight,
            bias,
            mean,
            inverse_std,
            ..
        } = self;
        let scale: Vec<f32> = weight
            .value
            .iter()
            .zip(&*inverse_std)
            .map(|(w, s)| w * s)
            .collect();
        let shift: Vec<f32> = bias
            .value
            .iter()
            .zip(&*mean)
            .zip(&scale)
            .map(|((b, m), s)| b - m * s)
            .collect();
        output
            .par_chunks_mut(chunk)
            .zip(input.par_chunks(chunk))
            .for_each(|(output, input)| {
                for (out, x) in output
                    .chunks_exact_mut(channels)
                    .zip(input.chunks_exact(channels))
                {
                    for (((out, x), scale), shift) in out.iter_mut().zip(x).zip(&scale).zip(&shift)
                    {
                        *out = (x * scale + shift).max(least);
                    }
                }
            });
    }

    fn backward(&mut self, pass: Backward<'_>) {
        let Backward {
            batch,
            input,
            output,
            d_output,
            d_input,
        } = pass;
        let channels = self.mean.len();
        let chunk = rows_per_part(batch) * self.dim;
        // From here on `d_output` is the derivative behind the ReLU.
        if self.relu {
            d_output
                .par_chunks_mut(chunk)
                .zip(output.par_chunks(chunk))
                .for_each(|(d, out)| {
                    for (d, out) in d.iter_mut().zip(out) {
                        *d = if *out > 0.0 { *d } else { 0.0 };
                    }
                });
        }
        self.reduce(
            batch,
            [input, &*d_output],
            |[x, d], statistics, sum, dot| {
                let Statistics { mean, inverse_std } = statistics;
                for c in 0..sum.len().min(x.len()).min(d.len()) {
                    sum[c] += d[c];
                    dot[c] += d[c] * (x[c] - mean[c]) * inverse_std[c];
                }
            },
        );
        let (sum, dot) = self.sums.split_at(channels);
        self.bias.gradient.copy_from_slice(sum);
        self.weight.gradient.copy_from_slice(dot);
        let Some(d_input) = d_input else { return };
        // dx = scale * (d - mean(d) - normalised * mean(d * normalised)) = a d + b x + c.
        let count = (input.len() / channels) as f32;
        let coefficients: Vec<[f32; 3]> = (0..channels)
            .map(|c| {
                let a = self.weight.value[c] * self.inverse_std[c];
                let b = -a * self.inverse_std[c] * dot[c] / count;
                [a, b, -a * sum[c] / count - b * self.mean[c]]
            })
            .collect();
        let [a, b, c]: [Vec<f32>; 3] =
            std::array::from_fn(|which| coefficients.iter().map(|row| row[which]).collect());
        d_input
            .par_chunks_mut(chunk)
            .zip(input.par_chunks(chunk))
            .zip(d_output.par_chunks(chunk))
            .for_each(|((d_input, input), d_output)| {
                let rows = d_input
                    .chunks_exact_mut(channels)
                    .zip(input.chunks_exact(channels))
                    .zip(d_output.chunks_exact(channels));
                for ((d_input, x), d) in rows {
                    let terms = x.iter().zip(d).zip(a.iter().zip(&b).zip(&c));
                    for (d_in, ((x, d), ((a, b), c))) in d_input.iter_mut().zip(terms) {
                        *d_in = a * d + b * x + c;
                    }
                }
            });
    }

    fn slots(&self) -> Vec<&Slot> {
        let statistics = [&self.running_mean, &self.running_var];
        [&self.weight, &self.bias]
            .into_iter()
            .chain(statistics)
            .collect()
    }

    fn slots_mut(&mut self) -> Vec<&mut Slot> {
        let statistics = [&mut self.running_mean, &mut self.running_var];
        let trained = [&mut self.weight, &mut self.bias];
        trained.into_iter().chain(statistics).collect()
    }
}
