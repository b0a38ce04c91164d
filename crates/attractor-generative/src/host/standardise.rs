//! Layer normalisation without parameters.

use super::layer::{Backward, HostLayer};
use crate::nn::EPSILON;

/// Every row to mean 0 and variance 1.
#[derive(Debug)]
pub(crate) struct Standardise {
    dim: usize,
    /// Of each row.
    inverse_std: Vec<f32>,
}

impl Standardise {
    pub(crate) fn new(dim: usize) -> Self {
        Self {
            dim,
            inverse_std: Vec::new(),
        }
    }
}

impl HostLayer for Standardise {
    fn output_dim(&self) -> usize {
        self.dim
    }

    fn forward(&mut self, _batch: usize, input: &[f32], output: &mut [f32]) {
        let count = self.dim as f32;
        self.inverse_std.clear();
        let rows = input.chunks_exact(self.dim);
        for (row, out) in rows.zip(output.chunks_exact_mut(self.dim)) {
            let mean = row.iter().sum::<f32>() / count;
            let variance = row.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / count;
            let inverse = 1.0 / (variance + EPSILON as f32).sqrt();
            for (out, x) in out.iter_mut().zip(row) {
                *out = (x - mean) * inverse;
            }
            self.inverse_std.push(inverse);
        }
    }

    fn backward(&mut self, pass: Backward<'_>) {
        let Some(d_input) = pass.d_input else { return };
        let count = self.dim as f32;
        let rows = d_input.chunks_exact_mut(self.dim).zip(&self.inverse_std);
        let given = pass.output.chunks_exact(self.dim);
        let given = given.zip(pass.d_output.chunks_exact(self.dim));
        for ((d_input, inverse), (output, d_output)) in rows.zip(given) {
            // dx = (d - mean(d) - y mean(d y)) / std.
            let mean = d_output.iter().sum::<f32>() / count;
            let dots = d_output.iter().zip(output).map(|(d, y)| d * y);
            let along = dots.sum::<f32>() / count;
            for ((d_in, d), y) in d_input.iter_mut().zip(d_output).zip(output) {
                *d_in = (d - mean - y * along) * inverse;
            }
        }
    }
}
