//! Convolutions as products of windows and weights.

mod transpose;
mod upsample;
mod windows;

pub(crate) use transpose::ConvTranspose;
pub(crate) use upsample::UpsampleConv;
pub(crate) use windows::Windows;

use rayon::prelude::*;

use super::layer::{
    Backward, HostLayer, add_bias, parts, rows_per_part, sized, sum_parts, sum_rows,
};
use super::slot::Slot;
use attractor_core::matmul::{Matrix, matmul, transpose};

/// The products of a convolution, without parameters of its own.
#[derive(Debug)]
pub(crate) struct Product {
    pub(crate) windows: Windows,
    /// Output channels.
    pub(crate) outputs: usize,
    /// Windows of the last forward pass, `[batch * count, entries]`.
    columns: Vec<f32>,
    /// Weight gradient of each part.
    partial: Vec<f32>,
    /// Derivative with respect to the windows.
    d_columns: Vec<f32>,
    /// The weight's transpose, for the backward pass.
    transposed: Vec<f32>,
}

impl Product {
    pub(crate) fn new(windows: Windows, outputs: usize) -> Self {
        let (columns, partial, d_columns, transposed) = Default::default();
        Self {
            windows,
            outputs,
            columns,
            partial,
            d_columns,
            transposed,
        }
    }

    /// `output [batch * count, outputs] = windows(input) weight`, `weight [entries, outputs]`;
    /// `finish` then sees each part of the output.
    pub(crate) fn forward(
        &mut self,
        batch: usize,
        input: &[f32],
        weight: &[f32],
        output: &mut [f32],
        finish: impl Fn(&mut [f32]) + Sync,
    ) {
        let Self {
            windows,
            outputs,
            columns,
            ..
        } = self;
        let (count, entries, rows) = (windows.count(), windows.entries(), rows_per_part(batch));
        let weight = Matrix::new(weight, entries, *outputs);
        sized(columns, batch * count * entries)
            .par_chunks_mut(rows * count * entries)
            .zip(output.par_chunks_mut(rows * count * *outputs))
            .zip(input.par_chunks(rows * windows.image()))
            .for_each(|((columns, output), input)| {
                windows.extract(input, columns);
                let columns = Matrix::new(columns, columns.len() / entries, entries);
                matmul(output, columns, weight, 1.0, false);
                finish(output);
            });
    }

    /// Fills the gradient of the weight and, if wanted, the derivative with respect to the input.
    pub(crate) fn backward(
        &mut self,
        batch: usize,
        weight: &[f32],
        d_output: &[f32],
        gradient: &mut [f32],
        d_input: Option<&mut [f32]>,
    ) {
        let Self {
            windows,
            outputs,
            columns,
            partial,
            d_columns,
            transposed,
        } = self;
        let (count, entries, rows) = (windows.count(), windows.entries(), rows_per_part(batch));
        let (columns_part, output_part) = (rows * count * entries, rows * count * *outputs);
        sized(partial, parts(batch) * gradient.len())
            .par_chunks_mut(gradient.len())
            .zip(columns.par_chunks(columns_part))
            .zip(d_output.par_chunks(output_part))
            .for_each(|((partial, columns), d_output)| {
                let columns = Matrix::new(columns, columns.len() / entries, entries);
                let d_output = Matrix::new(d_output, d_output.len() / *outputs, *outputs);
                matmul(partial, columns.t(), d_output, 1.0, false);
            });
        sum_parts(partial, gradient);
        let Some(d_input) = d_input else { return };
        transpose(weight, entries, *outputs, transposed);
        let weight = Matrix::new(transposed, *outputs, entries);
        sized(d_columns, batch * count * entries)
            .par_chunks_mut(columns_part)
            .zip(d_output.par_chunks(output_part))
            .zip(d_input.par_chunks_mut(rows * windows.image()))
            .for_each(|((d_columns, d_output), d_input)| {
                let d_output = Matrix::new(d_output, d_output.len() / *outputs, *outputs);
                matmul(d_columns, d_output, weight, 1.0, false);
                windows.add_back(d_columns, d_input);
            });
    }
}

/// The weight `[kernel, kernel, in, out]` of the convolution at `path`, from `[in, out, kernel]`.
pub(crate) fn weight_slot(path: &str, [channels, outputs, kernel]: [usize; 3]) -> Slot {
    let area = kernel * kernel;
    let order = (0..area)
        .flat_map(|k| {
            (0..channels)
                .flat_map(move |c| (0..outputs).map(move |o| (o * channels + c) * area + k))
        })
        .collect();
    let shape = vec![outputs, channels, kernel, kernel];
    Slot::new(vec![(format!("{path}.weight"), shape)], order)
}

/// Convolution with an optional bias.
#[derive(Debug)]
pub(crate) struct Conv {
    product: Product,
    /// `[kernel, kernel, in, out]`
    weight: Slot,
    bias: Option<Slot>,
}

impl Conv {
    pub(crate) fn new(path: &str, windows: Windows, outputs: usize, bias: bool) -> Self {
        Self {
            product: Product::new(windows, outputs),
            weight: weight_slot(path, [windows.channels, outputs, windows.kernel]),
            bias: bias.then(|| Slot::vector(format!("{path}.bias"), outputs)),
        }
    }
}

impl HostLayer for Conv {
    fn output_dim(&self) -> usize {
        self.product.windows.count() * self.product.outputs
    }

    fn forward(&mut self, batch: usize, input: &[f32], output: &mut [f32]) {
        let bias = self.bias.as_ref();
        self.product
            .forward(batch, input, &self.weight.value, output, |output| {
                if let Some(bias) = bias {
                    add_bias(output, &bias.value);
                }
            });
    }

    fn backward(&mut self, pass: Backward<'_>) {
        if let Some(bias) = &mut self.bias {
            sum_rows(pass.d_output, &mut bias.gradient);
        }
        let Slot {
            value, gradient, ..
        } = &mut self.weight;
        self.product
            .backward(pass.batch, value, pass.d_output, gradient, pass.d_input);
    }

    fn slots(&self) -> Vec<&Slot> {
        std::iter::once(&self.weight).chain(&self.bias).collect()
    }

    fn slots_mut(&mut self) -> Vec<&mut Slot> {
        std::iter::once(&mut self.weight)
            .chain(&mut self.bias)
            .collect()
    }
}
