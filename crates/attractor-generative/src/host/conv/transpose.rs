//! Transposed convolution: the adjoint of a convolution, plus a bias.

use rayon::prelude::*;

use super::Windows;
use crate::host::layer::{
    Backward, HostLayer, add_bias, parts, rows_per_part, sized, sum_parts, sum_rows,
};
use crate::host::slot::Slot;
use attractor_core::matmul::{Matrix, matmul};

/// Transposed convolution without padding.
#[derive(Debug)]
pub(crate) struct ConvTranspose {
    inputs: usize,
    /// Windows over the output images.
    windows: Windows,
    /// `[in, kernel, kernel, out]`
    weight: Slot,
    bias: Slot,
    columns: Vec<f32>,
    partial: Vec<f32>,
}

impl ConvTranspose {
    /// `windows` lie over the output.
    pub(crate) fn new(path: &str, inputs: usize, windows: Windows) -> Self {
        let Windows {
            kernel,
            channels: outputs,
            ..
        } = windows;
        let area = kernel * kernel;
        let order = (0..inputs)
            .flat_map(|i| {
                (0..area).flat_map(move |k| (0..outputs).map(move |o| (i * outputs + o) * area + k))
            })
            .collect();
        let shape = vec![inputs, outputs, kernel, kernel];
        Self {
            inputs,
            windows,
            weight: Slot::new(vec![(format!("{path}.weight"), shape)], order),
            bias: Slot::vector(format!("{path}.bias"), outputs),
            columns: Vec::new(),
            partial: Vec::new(),
        }
    }
}

impl HostLayer for ConvTranspose {
    fn output_dim(&self) -> usize {
        self.windows.image()
    }

    fn forward(&mut self, batch: usize, input: &[f32], output: &mut [f32]) {
        let Self {
            inputs,
            windows,
            weight,
            bias,
            columns,
            ..
        } = self;
        let (count, entries, rows) = (windows.count(), windows.entries(), rows_per_part(batch));
        let weight = Matrix::new(&weight.value, *inputs, entries);
        sized(columns, batch * count * entries)
            .par_chunks_mut(rows * count * entries)
            .zip(input.par_chunks(rows * count * *inputs))
            .zip(output.par_chunks_mut(rows * windows.image()))
            .for_each(|((columns, input), output)| {
                let input = Matrix::new(input, input.len() / *inputs, *inputs);
                matmul(columns, input, weight, 1.0, false);
                windows.add_back(columns, output);
                add_bias(output, &bias.value);
            });
    }

    fn backward(&mut self, pass: Backward<'_>) {
        let Self {
            inputs,
            windows,
            weight,
            bias,
            columns,
            partial,
        } = self;
        let Slot {
            value, gradient, ..
        } = weight;
        let Backward {
            batch,
            input,
            d_output,
            d_input,
            ..
        } = pass;
        sum_rows(d_output, &mut bias.gradient);
        let (count, entries, rows) = (windows.count(), windows.entries(), rows_per_part(batch));
        let (columns_part, input_part) = (rows * count * entries, rows * count * *inputs);
        sized(columns, batch * count * entries)
            .par_chunks_mut(columns_part)
            .zip(sized(partial, parts(batch) * gradient.len()).par_chunks_mut(gradient.len()))
            .zip(input.par_chunks(input_part))
            .zip(d_output.par_chunks(rows * windows.image()))
            .for_each(|(((columns, partial), input), d_output)| {
                windows.extract(d_output, columns);
                let columns = Matrix::new(columns, columns.len() / entries, entries);
                let input = Matrix::new(input, input.len() / *inputs, *inputs);
                matmul(partial, input.t(), columns, 1.0, false);
            });
        sum_parts(partial, gradient);
        let Some(d_input) = d_input else { return };
        let weight = Matrix::new(value, *inputs, entries);
        columns
            .par_chunks(columns_part)
            .zip(d_input.par_chunks_mut(input_part))
            .for_each(|(columns, d_input)| {
                let columns = Matrix::new(columns, columns.len() / entries, entries);
                matmul(d_input, columns, weight.t(), 1.0, false);
            });
    }

    fn slots(&self) -> Vec<&Slot> {
        vec![&self.weight, &self.bias]
    }

    fn slots_mut(&mut self) -> Vec<&mut Slot> {
        vec![&mut self.weight, &mut self.bias]
    }
}
