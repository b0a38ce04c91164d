//! Fully connected layer between images or vectors.

use super::layer::{Backward, HostLayer, add_bias, sum_rows};
use super::slot::Slot;
use crate::layers::{ImageShape, entries};
use attractor_core::matmul::{Matrix, parallel_matmul, transpose};

/// `x W + b`, with heads side by side in the columns of `W`.
#[derive(Debug)]
pub(crate) struct Linear {
    inputs: usize,
    outputs: usize,
    /// `[in, out]`
    weight: Slot,
    bias: Slot,
    /// The weight's transpose, for the backward pass.
    transposed: Vec<f32>,
}

/// Channel-major position of each channels-last entry.
pub(crate) fn channel_major([channels, height, width]: ImageShape) -> Vec<usize> {
    let pixels = height * width;
    (0..pixels)
        .flat_map(|pixel| (0..channels).map(move |c| c * pixels + pixel))
        .collect()
}

/// Weight `[in, out]` and bias of the layers at `paths`, side by side, between images.
pub(crate) fn weight_and_bias(
    paths: &[String],
    input: ImageShape,
    output: ImageShape,
) -> (Slot, Slot) {
    let (inputs, outputs) = (entries(input), entries(output));
    let (rows, columns) = (channel_major(input), channel_major(output));
    let order = rows
        .iter()
        .flat_map(|row| columns.iter().map(move |column| column * inputs + row))
        .collect();
    let width = outputs / paths.len().max(1);
    let name = |kind: &str, shape: Vec<usize>| -> Vec<(String, Vec<usize>)> {
        paths
            .iter()
            .map(|path| (format!("{path}.{kind}"), shape.clone()))
            .collect()
    };
    (
        Slot::new(name("weight", vec![width, inputs]), order),
        Slot::new(name("bias", vec![width]), columns),
    )
}

impl Linear {
    pub(crate) fn new(paths: &[String], input: ImageShape, output: ImageShape) -> Self {
        let (weight, bias) = weight_and_bias(paths, input, output);
        Self {
            inputs: entries(input),
            outputs: entries(output),
            weight,
            bias,
            transposed: Vec::new(),
        }
    }
}

impl HostLayer for Linear {
    fn output_dim(&self) -> usize {
        self.outputs
    }

    fn forward(&mut self, batch: usize, input: &[f32], output: &mut [f32]) {
        let weight = Matrix::new(&self.weight.value, self.inputs, self.outputs);
        parallel_matmul(
            output,
            Matrix::new(input, batch, self.inputs),
            weight,
            1.0,
            false,
        );
        add_bias(output, &self.bias.value);
    }

    fn backward(&mut self, pass: Backward<'_>) {
        let d_output = Matrix::new(pass.d_output, pass.batch, self.outputs);
        let input = Matrix::new(pass.input, pass.batch, self.inputs);
        parallel_matmul(&mut self.weight.gradient, input.t(), d_output, 1.0, false);
        sum_rows(pass.d_output, &mut self.bias.gradient);
        if let Some(d_input) = pass.d_input {
            let (inputs, outputs) = (self.inputs, self.outputs);
            transpose(&self.weight.value, inputs, outputs, &mut self.transposed);
            let weight = Matrix::new(&self.transposed, outputs, inputs);
            parallel_matmul(d_input, d_output, weight, 1.0, false);
        }
    }

    fn slots(&self) -> Vec<&Slot> {
        vec![&self.weight, &self.bias]
    }

    fn slots_mut(&mut self) -> Vec<&mut Slot> {
        vec![&mut self.weight, &mut self.bias]
    }
}
