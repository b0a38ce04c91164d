//! The component decoder on one slot of one image.

use super::super::dense;
use super::super::direct::Start;
use super::super::image::{Image, add_weight_gradient, convolve};
use super::broadcast::Shared;
use super::parameters::{Adjoints, Parameters};
use super::{Gradients, PLANES};
use crate::monet::MonetConfig;

/// Activations of one slot.
#[derive(Debug)]
pub(super) struct Decoder {
    code: Vec<f32>,
    /// Outputs of the four 3x3 convolutions behind their ReLUs.
    hidden: Vec<Image>,
    /// Three colours, a mask logit and padding for each pixel, `[h, w, PLANES]`.
    pub(super) planes: Vec<f32>,
}

/// Derivatives, shared by all slots.
#[derive(Debug)]
pub(super) struct Work {
    hidden: Vec<Image>,
    weight: Vec<f32>,
    bias: Vec<f32>,
}

fn hidden(config: &MonetConfig, ring: usize) -> Vec<Image> {
    (1..=4)
        .map(|i| {
            let side = MonetConfig::BROADCAST_SIDE - 2 * i;
            Image::new([side, side, config.decoder_channels], ring)
        })
        .collect()
}

impl Work {
    pub(super) fn new(config: &MonetConfig) -> Self {
        Self {
            // The ring of zeros turns the adjoint of a valid convolution into a convolution.
            hidden: hidden(config, 2),
            weight: vec![0.0; config.decoder_channels * PLANES],
            bias: vec![0.0; PLANES],
        }
    }
}

impl Decoder {
    pub(super) fn new(config: &MonetConfig) -> Self {
        Self {
            code: vec![0.0; config.code],
            hidden: hidden(config, 0),
            planes: vec![0.0; MonetConfig::SIDE * MonetConfig::SIDE * PLANES],
        }
    }

    /// Fills the planes of a code.
    pub(super) fn forward(&mut self, parameters: &Parameters, shared: &Shared, code: &[f32]) {
        self.code.copy_from_slice(code);
        let ids = &parameters.ids.decoder;
        shared.forward(parameters.value(ids[0].bias), code, &mut self.hidden[0]);
        for i in 1..4 {
            let (before, after) = self.hidden.split_at_mut(i);
            let [weight, bias] = [ids[i].weight, ids[i].bias].map(|id| parameters.value(id));
            convolve(
                &before[i - 1],
                0,
                weight,
                Start::Bias(bias),
                true,
                &mut after[0],
            );
        }
        let last = self.hidden[3].flat();
        dense::forward(last, &shared.weight, &shared.bias, false, &mut self.planes);
    }

    /// Adds the gradients and fills the derivative with respect to the code, given that with
    /// respect to the planes, whose padding must be 0.
    pub(super) fn backward(
        &self,
        parameters: &Parameters,
        (adjoints, shared): (&Adjoints, &Shared),
        d_planes: &[f32],
        work: &mut Work,
        gradients: &mut Gradients,
        d_code: &mut [f32],
    ) {
        let ids = &parameters.ids.decoder;
        let Work {
            hidden,
            weight,
            bias,
        } = work;
        weight.fill(0.0);
        bias.fill(0.0);
        dense::add_gradients(self.hidden[3].flat(), d_planes, weight, bias);
        for (id, padded) in [(ids[4].weight, &*weight), (ids[4].bias, &*bias)] {
            let rows = gradients[id].chunks_exact_mut(4);
            for (row, padded) in rows.zip(padded.chunks_exact(PLANES)) {
                for (sum, value) in row.iter_mut().zip(padded) {
                    *sum += value;
                }
            }
        }
        let transposed = adjoints.get(ids[4].weight);
        let last = &mut hidden[3];
        for y in 0..last.height {
            let width = last.width * PLANES;
            let d = &d_planes[y * width..][..width];
            dense::input_gradient_padded(d, (4, PLANES), transposed, last.row_mut(y));
        }
        for i in (1..4).rev() {
            let (before, after) = hidden.split_at_mut(i);
            let (d_output, value) = (&mut after[0], &self.hidden[i]);
            mask_and_sum(value, d_output, &mut gradients[ids[i].bias]);
            let gradient = &mut gradients[ids[i].weight];
            add_weight_gradient(&self.hidden[i - 1], 0, d_output, gradient);
            let flipped = adjoints.get(ids[i].weight);
            convolve(d_output, 2, flipped, Start::Zero, false, &mut before[i - 1]);
        }
        let value = &self.hidden[0];
        let sums = [ids[0].weight, ids[0].bias];
        shared.backward(sums, (&self.code, value), &mut hidden[0], gradients, d_code);
    }
}

/// Zeroes the derivative where the ReLU's result is 0 and adds what is left to the bias's gradient.
fn mask_and_sum(value: &Image, d_output: &mut Image, d_bias: &mut [f32]) {
    // Row by row: a single sum over a plane would lose digits.
    let mut line = vec![0.0_f32; d_bias.len()];
    for y in 0..value.height {
        let d_row = d_output.row_mut(y);
        dense::mask(value.row(y), d_row);
        line.fill(0.0);
        for d in d_row.chunks_exact(line.len()) {
            for (sum, d) in line.iter_mut().zip(d) {
                *sum += d;
            }
        }
        for (sum, d) in d_bias.iter_mut().zip(&line) {
            *sum += d;
        }
    }
}
