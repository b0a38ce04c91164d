//! The component decoder on one slot of one image.

use super::broadcast::Shared;
#[cfg(test)]
use super::exact::Gate;
use super::parameters::{Adjoints, Parameters};
use super::{Gradients, PLANES};
use crate::host::image::{Image, Start, add_weight_gradient, convolve, dense};
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

/// Which units of the four hidden images were open.
#[derive(Debug, Clone, Default)]
pub(crate) struct Open(Vec<Vec<bool>>);

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

impl Work {
    /// Fills the derivative with respect to a code, given that with respect to its planes; the
    /// parameters are constants.
    pub(super) fn pull_back(
        &mut self,
        parameters: &Parameters,
        (adjoints, shared): (&Adjoints, &Shared),
        open: &Open,
        d_planes: &[f32],
        d_code: &mut [f32],
    ) {
        let ids = &parameters.ids.decoder;
        planes_to_hidden(d_planes, adjoints.get(ids[4].weight), &mut self.hidden[3]);
        for i in (1..4).rev() {
            let (before, after) = self.hidden.split_at_mut(i);
            close(&open.0[i], &mut after[0]);
            let flipped = adjoints.get(ids[i].weight);
            convolve(
                &after[0],
                2,
                flipped,
                Start::Zero,
                false,
                &mut before[i - 1],
            );
        }
        close(&open.0[0], &mut self.hidden[0]);
        shared.pull_back(&self.hidden[0], d_code);
    }
}

/// Fills the derivative with respect to the last hidden image.
fn planes_to_hidden(d_planes: &[f32], transposed: &[f32], d_hidden: &mut Image) {
    let width = d_hidden.width * PLANES;
    for (y, d) in d_planes.chunks_exact(width).enumerate() {
        dense::input_gradient_padded(d, (4, PLANES), transposed, d_hidden.row_mut(y));
    }
}

/// Zeroes the derivative of closed units.
fn close(open: &[bool], d_output: &mut Image) {
    let width = d_output.width * d_output.channels;
    for (y, open) in open.chunks_exact(width).enumerate() {
        for (d, open) in d_output.row_mut(y).iter_mut().zip(open) {
            *d = if *open { *d } else { 0.0 };
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

    /// Which units [`Decoder::forward`] left open.
    pub(super) fn open(&self) -> Open {
        let each = self.hidden.iter();
        Open(
            each.map(|image| image.flat().iter().map(|value| *value > 0.0).collect())
                .collect(),
        )
    }

    /// Which units are open after [`Decoder::forward`], in its order.
    #[cfg(test)]
    pub(super) fn gates(&self) -> Vec<Gate> {
        let images = self.hidden.iter();
        images
            .map(|image| {
                let shape = [1, image.height, image.width, image.channels];
                Gate::of(shape, image.flat())
            })
            .collect()
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
        planes_to_hidden(d_planes, adjoints.get(ids[4].weight), &mut hidden[3]);
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
