//! Maxima of windows that lie side by side.

use rayon::prelude::*;

use super::layer::{Backward, HostLayer, rows_per_part};
use crate::layers::{ImageShape, entries};

/// The largest entry of each window of a channel; windows at the far borders are cut short.
#[derive(Debug)]
pub(crate) struct MaxPool {
    input: ImageShape,
    window: [usize; 2],
    /// Where in its image each output's entry lies; the first of equal ones.
    chosen: Vec<u32>,
}

impl MaxPool {
    pub(crate) fn new(input: ImageShape, window: [usize; 2]) -> Self {
        Self {
            input,
            window,
            chosen: Vec::new(),
        }
    }
}

impl HostLayer for MaxPool {
    fn output_dim(&self) -> usize {
        let [channels, height, width] = self.input;
        channels * height.div_ceil(self.window[0]) * width.div_ceil(self.window[1])
    }

    fn forward(&mut self, batch: usize, input: &[f32], output: &mut [f32]) {
        let (image, pooled) = (entries(self.input), self.output_dim());
        let Self {
            input: [channels, height, width],
            window: [down, across],
            ref mut chosen,
        } = *self;
        let rows = rows_per_part(batch);
        chosen.resize(batch * pooled, 0);
        let whole = |(chosen, (input, output)): (&mut [u32], (&[f32], &mut [f32]))| {
            let mut windows = chosen
                .chunks_exact_mut(channels)
                .zip(output.chunks_exact_mut(channels));
            for top in (0..height).step_by(down) {
                for left in (0..width).step_by(across) {
                    let Some((chosen, best)) = windows.next() else {
                        return;
                    };
                    for y in top..(top + down).min(height) {
                        for x in left..(left + across).min(width) {
                            let start = (y * width + x) * channels;
                            let first = (y, x) == (top, left);
                            let values = input[start..start + channels].iter().enumerate();
                            for (c, &value) in values {
                                if first || value > best[c] {
                                    best[c] = value;
                                    chosen[c] = (start + c) as u32;
                                }
                            }
                        }
                    }
                }
            }
        };
        chosen
            .par_chunks_mut(rows * pooled)
            .zip(input.par_chunks(rows * image))
            .zip(output.par_chunks_mut(rows * pooled))
            .for_each(|((chosen, input), output)| {
                let images = input
                    .chunks_exact(image)
                    .zip(output.chunks_exact_mut(pooled));
                chosen.chunks_exact_mut(pooled).zip(images).for_each(whole);
            });
    }

    fn backward(&mut self, pass: Backward<'_>) {
        let Some(d_input) = pass.d_input else { return };
        let (image, pooled) = (entries(self.input), self.output_dim());
        let rows = rows_per_part(pass.batch);
        d_input
            .par_chunks_mut(rows * image)
            .zip(pass.d_output.par_chunks(rows * pooled))
            .zip(self.chosen.par_chunks(rows * pooled))
            .for_each(|((d_input, d_output), chosen)| {
                d_input.fill(0.0);
                let images = d_output
                    .chunks_exact(pooled)
                    .zip(chosen.chunks_exact(pooled));
                for (d_input, (d_output, chosen)) in d_input.chunks_exact_mut(image).zip(images) {
                    for (d, &at) in d_output.iter().zip(chosen) {
                        d_input[at as usize] += d;
                    }
                }
            });
    }
}
