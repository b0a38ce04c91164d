//! Nearest-neighbour doubling and a 3x3 convolution, as one 2x2 convolution to four phases.
//!
//! Output pixel `(2 i + a, 2 j + b)` sees the 2x2 window number `(i + a, j + b)` of the small image
//! padded by one; see [`crate::layers::UpsampleConv2d`].

use rayon::prelude::*;

use super::{Product, Windows, weight_slot};
use crate::host::layer::{Backward, HostLayer, rows_per_part, sized, sum_rows};
use crate::host::slot::Slot;
use crate::layers::{ImageShape, window_row};

/// Doubling, convolution and bias.
#[derive(Debug)]
pub(crate) struct UpsampleConv {
    height: usize,
    width: usize,
    inputs: usize,
    outputs: usize,
    /// 2x2 windows to `4 * outputs` channels, phase by phase.
    product: Product,
    /// `[3, 3, in, out]`
    weight: Slot,
    bias: Slot,
    /// The weight as phases, `[2, 2, in, 4, out]`, and its gradient.
    phases: Vec<f32>,
    d_phases: Vec<f32>,
    /// Output of the product, `[batch, height + 1, width + 1, 4, out]`, and its derivative.
    grid: Vec<f32>,
    d_grid: Vec<f32>,
}

impl UpsampleConv {
    pub(crate) fn new(path: &str, [inputs, height, width]: ImageShape, outputs: usize) -> Self {
        let windows = Windows {
            height,
            width,
            channels: inputs,
            kernel: 2,
            stride: 1,
            padding: 1,
        };
        Self {
            height,
            width,
            inputs,
            outputs,
            product: Product::new(windows, 4 * outputs),
            weight: weight_slot(path, [inputs, outputs, 3]),
            bias: Slot::vector(format!("{path}.bias"), outputs),
            phases: vec![0.0; 16 * inputs * outputs],
            d_phases: vec![0.0; 16 * inputs * outputs],
            grid: Vec::new(),
            d_grid: Vec::new(),
        }
    }

    /// Visits the pairs of positions, in the weight and in its phases, that go together: runs of
    /// `outputs` entries.
    fn for_each_pair(inputs: usize, outputs: usize, mut visit: impl FnMut(usize, usize)) {
        for phase in 0..4 {
            for tap in 0..9 {
                let [row, column] =
                    [(phase / 2, tap / 3), (phase % 2, tap % 3)].map(|(p, t)| window_row(p, t));
                for c in 0..inputs {
                    let from = (tap * inputs + c) * outputs;
                    let to = (((row * 2 + column) * inputs + c) * 4 + phase) * outputs;
                    visit(from, to);
                }
            }
        }
    }

    /// Visits the pairs of positions, in an output image and in its grid, that go together: runs
    /// of `outputs` entries.
    fn for_each_pixel([height, width, outputs]: [usize; 3], mut visit: impl FnMut(usize, usize)) {
        for y in 0..2 * height {
            let (i, a) = (y / 2, y % 2);
            for x in 0..2 * width {
                let (j, b) = (x / 2, x % 2);
                let cell = (i + a) * (width + 1) + j + b;
                visit(
                    (y * 2 * width + x) * outputs,
                    (cell * 4 + 2 * a + b) * outputs,
                );
            }
        }
    }

    fn grid_dim(&self) -> usize {
        (self.height + 1) * (self.width + 1) * 4 * self.outputs
    }
}

impl HostLayer for UpsampleConv {
    fn output_dim(&self) -> usize {
        4 * self.height * self.width * self.outputs
    }

    fn forward(&mut self, batch: usize, input: &[f32], output: &mut [f32]) {
        let (grid_dim, output_dim, rows) =
            (self.grid_dim(), self.output_dim(), rows_per_part(batch));
        let Self {
            height,
            width,
            inputs,
            outputs,
            product,
            weight,
            bias,
            phases,
            grid,
            ..
        } = self;
        let outputs = *outputs;
        phases.fill(0.0);
        Self::for_each_pair(*inputs, outputs, |from, to| {
            for o in 0..outputs {
                phases[to + o] += weight.value[from + o];
            }
        });
        let grid = sized(grid, batch * grid_dim);
        product.forward(batch, input, phases, grid, |_| ());
        let (size, bias) = ([*height, *width, outputs], &bias.value);
        output
            .par_chunks_mut(rows * output_dim)
            .zip(grid.par_chunks(rows * grid_dim))
            .for_each(|(output, grid)| {
                for (output, grid) in output
                    .chunks_exact_mut(output_dim)
                    .zip(grid.chunks_exact(grid_dim))
                {
                    Self::for_each_pixel(size, |to, from| {
                        let (to, from) = (&mut output[to..][..outputs], &grid[from..][..outputs]);
                        for ((out, value), bias) in to.iter_mut().zip(from).zip(bias) {
                            *out = value + bias;
                        }
                    });
                }
            });
    }

    fn backward(&mut self, pass: Backward<'_>) {
        let (grid_dim, output_dim) = (self.grid_dim(), self.output_dim());
        let Self {
            height,
            width,
            inputs,
            outputs,
            product,
            weight,
            bias,
            ..
        } = self;
        let (outputs, rows) = (*outputs, rows_per_part(pass.batch));
        sum_rows(pass.d_output, &mut bias.gradient);
        // Cells of the grid that no pixel uses stay 0 from the start.
        let d_grid = sized(&mut self.d_grid, pass.batch * grid_dim);
        let size = [*height, *width, outputs];
        d_grid
            .par_chunks_mut(rows * grid_dim)
            .zip(pass.d_output.par_chunks(rows * output_dim))
            .for_each(|(d_grid, d_output)| {
                for (d_grid, d_output) in d_grid
                    .chunks_exact_mut(grid_dim)
                    .zip(d_output.chunks_exact(output_dim))
                {
                    Self::for_each_pixel(size, |from, to| {
                        d_grid[to..][..outputs].copy_from_slice(&d_output[from..][..outputs]);
                    });
                }
            });
        product.backward(
            pass.batch,
            &self.phases,
            d_grid,
            &mut self.d_phases,
            pass.d_input,
        );
        let (d_phases, gradient) = (&self.d_phases, &mut weight.gradient);
        gradient.fill(0.0);
        Self::for_each_pair(*inputs, outputs, |to, from| {
            for o in 0..outputs {
                gradient[to + o] += d_phases[from + o];
            }
        });
    }

    fn slots(&self) -> Vec<&Slot> {
        vec![&self.weight, &self.bias]
    }

    fn slots_mut(&mut self) -> Vec<&mut Slot> {
        vec![&mut self.weight, &mut self.bias]
    }
}
