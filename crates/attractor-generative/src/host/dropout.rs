//! Dropout: of single entries, or of whole channels.

use attractor_core::rng::{self, Rng};

use super::layer::{Backward, HostLayer};

/// Factors of `count` channels: 0 for a `share` of them, else what keeps the mean.
pub(crate) fn mask(rng: &mut Rng, count: usize, share: f64) -> Vec<f32> {
    let kept = (1.0 / (1.0 - share)) as f32;
    let factor = |draw: f32| if f64::from(draw) < share { 0.0 } else { kept };
    let draws = rng::uniform_vec(rng, count, 0.0, 1.0);
    draws.into_iter().map(factor).collect()
}

/// Every channel of an image times its factor; a vector is an image of one pixel.
#[derive(Debug)]
pub(crate) struct Dropout {
    channels: usize,
    pixels: usize,
    share: f64,
    /// `[batch, channels]`
    factors: Vec<f32>,
}

impl Dropout {
    pub(crate) fn new([channels, pixels]: [usize; 2], share: f64) -> Self {
        Self {
            channels,
            pixels,
            share,
            factors: Vec::new(),
        }
    }

    fn scale(&self, from: &[f32], to: &mut [f32]) {
        let image = self.channels * self.pixels;
        let images = from.chunks_exact(image).zip(to.chunks_exact_mut(image));
        for ((from, to), factors) in images.zip(self.factors.chunks_exact(self.channels)) {
            let pixels = from
                .chunks_exact(self.channels)
                .zip(to.chunks_exact_mut(self.channels));
            for (from, to) in pixels {
                for ((to, from), factor) in to.iter_mut().zip(from).zip(factors) {
                    *to = from * factor;
                }
            }
        }
    }
}

impl HostLayer for Dropout {
    fn output_dim(&self) -> usize {
        self.channels * self.pixels
    }

    fn draw(&mut self, batch: usize, rng: &mut Rng) {
        self.factors = mask(rng, batch * self.channels, self.share);
    }

    fn forward(&mut self, _batch: usize, input: &[f32], output: &mut [f32]) {
        self.scale(input, output);
    }

    fn backward(&mut self, pass: Backward<'_>) {
        if let Some(d_input) = pass.d_input {
            self.scale(pass.d_output, d_input);
        }
    }
}
