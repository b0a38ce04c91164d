//! The component encoder on all slots of one image.

#[cfg(test)]
use super::exact::Gate;
use super::parameters::{Adjoints, Parameters};
use super::{Gradients, pair};
use crate::host::conv::{Product, Windows};
use crate::host::image::dense;
use crate::host::layer::{add_bias, sized, sum_rows};
use crate::monet::MonetConfig;

/// Activations and derivatives; the slots are the rows of a batch.
#[derive(Debug)]
pub(super) struct Encoder {
    slots: usize,
    convolutions: Vec<Product>,
    /// Input, then the output of each convolution behind its ReLU.
    values: Vec<Vec<f32>>,
    derivatives: Vec<Vec<f32>>,
    hidden: Vec<f32>,
    d_hidden: Vec<f32>,
    /// Means and log-variances, `[slots, 2 * code]`.
    pub(super) heads: Vec<f32>,
    pub(super) d_heads: Vec<f32>,
    /// Gradients of one image.
    weight: Vec<f32>,
    bias: Vec<f32>,
}

impl Encoder {
    pub(super) fn new(config: &MonetConfig) -> Self {
        let slots = config.slots;
        let mut values = vec![vec![0.0; slots * 4 * MonetConfig::SIDE * MonetConfig::SIDE]];
        let mut convolutions = Vec::new();
        let (mut channels, mut side) = (4, MonetConfig::SIDE);
        for outputs in MonetConfig::ENCODER_CHANNELS {
            let windows = Windows {
                height: side,
                width: side,
                channels,
                kernel: 3,
                stride: 2,
                padding: 1,
            };
            convolutions.push(Product::new(windows, outputs));
            (channels, side) = (outputs, side / 2);
            values.push(vec![0.0; slots * channels * side * side]);
        }
        let zeros = |width: usize| vec![0.0; slots * width];
        Self {
            slots,
            convolutions,
            derivatives: values.clone(),
            values,
            hidden: zeros(MonetConfig::ENCODER_HIDDEN),
            d_hidden: zeros(MonetConfig::ENCODER_HIDDEN),
            heads: zeros(2 * config.code),
            d_heads: zeros(2 * config.code),
            weight: Vec::new(),
            bias: Vec::new(),
        }
    }

    /// Fills the heads for an image `[h, w, 3]` and the logarithms of its masks `[slots, h, w]`.
    pub(super) fn forward(&mut self, parameters: &Parameters, image: &[f32], log_masks: &[f32]) {
        let ids = &parameters.ids;
        let pixels = MonetConfig::SIDE * MonetConfig::SIDE;
        let inputs = self.values[0].chunks_exact_mut(4 * pixels);
        for (input, mask) in inputs.zip(log_masks.chunks_exact(pixels)) {
            let colours = image.chunks_exact(3);
            for ((pixel, colour), mask) in input.chunks_exact_mut(4).zip(colours).zip(mask) {
                pixel[..3].copy_from_slice(colour);
                pixel[3] = *mask;
            }
        }
        for (i, (product, ids)) in self.convolutions.iter_mut().zip(&ids.encoder).enumerate() {
            let (before, after) = self.values.split_at_mut(i + 1);
            let [weight, bias] = [ids.weight, ids.bias].map(|id| parameters.value(id));
            product.forward(self.slots, &before[i], weight, &mut after[0], |output| {
                add_bias(output, bias);
                for value in output {
                    *value = value.max(0.0);
                }
            });
        }
        let features = &self.values[self.convolutions.len()];
        let layer = |i: usize| {
            let ids = ids.heads[i];
            (parameters.value(ids.weight), parameters.value(ids.bias))
        };
        let (weight, bias) = layer(0);
        dense::forward(features, weight, bias, true, &mut self.hidden);
        let (weight, bias) = layer(1);
        dense::forward(&self.hidden, weight, bias, false, &mut self.heads);
    }

    /// Which units are open after [`Encoder::forward`], in its order.
    #[cfg(test)]
    pub(super) fn gates(&self) -> Vec<Gate> {
        let mut side = MonetConfig::SIDE;
        let channels = MonetConfig::ENCODER_CHANNELS;
        let images = self.values[1..].iter().zip(channels).map(|(values, c)| {
            side /= 2;
            Gate::of([self.slots, side, side, c], values)
        });
        let mut gates: Vec<Gate> = images.collect();
        let width = MonetConfig::ENCODER_HIDDEN;
        gates.push(Gate::of([self.slots, 1, 1, width], &self.hidden));
        gates
    }

    /// Adds the gradients, given `d_heads`, and the derivatives with respect to the logarithms of
    /// the masks.
    pub(super) fn backward(
        &mut self,
        parameters: &Parameters,
        adjoints: &Adjoints,
        gradients: &mut Gradients,
        d_log_masks: &mut [f32],
    ) {
        let ids = &parameters.ids;
        let count = self.convolutions.len();
        let [d_weight, d_bias] = pair(gradients, ids.heads[1].weight, ids.heads[1].bias);
        dense::add_gradients(&self.hidden, &self.d_heads, d_weight, d_bias);
        let transposed = adjoints.get(ids.heads[1].weight);
        let width = self.d_heads.len() / self.slots;
        dense::input_gradient(&self.d_heads, width, transposed, &mut self.d_hidden);
        dense::mask(&self.hidden, &mut self.d_hidden);
        let [d_weight, d_bias] = pair(gradients, ids.heads[0].weight, ids.heads[0].bias);
        dense::add_gradients(&self.values[count], &self.d_hidden, d_weight, d_bias);
        let transposed = adjoints.get(ids.heads[0].weight);
        let width = self.d_hidden.len() / self.slots;
        dense::input_gradient(
            &self.d_hidden,
            width,
            transposed,
            &mut self.derivatives[count],
        );

        for i in (0..count).rev() {
            let (before, after) = self.derivatives.split_at_mut(i + 1);
            let d_output = &mut after[0];
            dense::mask(&self.values[i + 1], d_output);
            let ids = ids.encoder[i];
            let weight = parameters.value(ids.weight);
            let bias = sized(&mut self.bias, parameters.value(ids.bias).len());
            sum_rows(d_output, bias);
            let gradient = sized(&mut self.weight, weight.len());
            self.convolutions[i].backward(
                self.slots,
                weight,
                d_output,
                gradient,
                Some(&mut before[i]),
            );
            for (id, own) in [(ids.weight, &*gradient), (ids.bias, &*bias)] {
                for (sum, value) in gradients[id].iter_mut().zip(own) {
                    *sum += value;
                }
            }
        }
        for (sum, pixel) in d_log_masks
            .iter_mut()
            .zip(self.derivatives[0].chunks_exact(4))
        {
            *sum += pixel[3];
        }
    }
}
