//! A training step in host memory.

use attractor_core::Result;
use attractor_core::rng::Rng;
use attractor_core::weights::Weights;
use rayon::prelude::*;

use super::plan::{Link, Plan};
use crate::host::Chain;
use crate::host::conv::{Conv, ConvTranspose, Windows};
use crate::host::dropout::Dropout;
use crate::host::layer::{HostLayer, Relu};
use crate::host::linear::{Linear, channel_major};
use crate::host::norm::BatchNorm;
use crate::host::pool::MaxPool;
use crate::host::slot::Slot;
use crate::host::standardise::Standardise;
use crate::layers::{ImageShape, entries};
use crate::train::AdamConfig;

fn layer(link: &Link, input: ImageShape) -> Box<dyn HostLayer> {
    let ([channels, height, width], dim) = (input, entries(input));
    let windows = |[channels, height, width]: ImageShape, stride| Windows {
        height,
        width,
        channels,
        kernel: 3,
        stride,
        padding: 1,
    };
    match link {
        Link::Conv { path, outputs } => {
            Box::new(Conv::new(path, windows(input, 1), *outputs, true))
        }
        Link::Growing { path, .. } => {
            let windows = windows(link.output(input), 2);
            Box::new(ConvTranspose::new(path, channels, windows))
        }
        Link::Linear { path, output } => {
            Box::new(Linear::new(std::slice::from_ref(path), input, *output))
        }
        Link::Relu => Box::new(Relu { dim }),
        Link::Norm { path } => Box::new(BatchNorm::new(path, dim, channels, false)),
        Link::Pool { window } => Box::new(MaxPool::new(input, *window)),
        Link::Dropout { share } => Box::new(Dropout::new([channels, height * width], *share)),
        Link::Standardise => Box::new(Standardise::new(dim)),
    }
}

fn chain(plan: &Plan) -> Chain {
    let mut shape = plan.input;
    let layer = |link: &Link| {
        let layer = layer(link, shape);
        shape = link.output(shape);
        layer
    };
    Chain::new(plan.links.iter().map(layer).collect(), entries(plan.input))
}

/// Encoder, decoder, classifier and optimiser.
#[derive(Debug)]
pub(super) struct HostNetwork {
    encoder: Chain,
    decoder: Chain,
    classifier: Chain,
    /// Channel-major position of each entry of an image.
    order: Vec<usize>,
    classes: usize,
}

impl HostNetwork {
    /// The networks of three plans with the parameters of `weights`.
    pub(super) fn new(plans: &[Plan; 3], weights: &Weights) -> Result<Self> {
        let [encoder, decoder, classifier] = plans;
        let mut network = Self {
            encoder: chain(encoder),
            decoder: chain(decoder),
            classifier: chain(classifier),
            order: channel_major(encoder.input),
            classes: classifier.width(),
        };
        let mut slots = network.slots_mut();
        slots.try_for_each(|slot| slot.import(weights))?;
        drop(slots);
        Ok(network)
    }

    fn slots_mut(&mut self) -> impl Iterator<Item = &mut Slot> {
        let chains = [&mut self.encoder, &mut self.decoder, &mut self.classifier];
        chains.into_iter().flat_map(Chain::slots_mut)
    }

    fn slots(&self) -> impl Iterator<Item = &Slot> {
        let chains = [&self.encoder, &self.decoder, &self.classifier];
        chains.into_iter().flat_map(Chain::slots)
    }

    /// Parameters and running statistics.
    pub(super) fn export(&self) -> Weights {
        let mut weights = Weights::new();
        self.slots().for_each(|slot| slot.export(&mut weights));
        weights
    }

    #[cfg(test)]
    pub(super) fn export_gradients(&self) -> Weights {
        let mut weights = Weights::new();
        self.slots()
            .for_each(|slot| slot.export_gradient(&mut weights));
        weights
    }

    /// Loss of the batch, channel-major rows with their classes; fills the gradients.
    pub(super) fn loss_and_gradients(
        &mut self,
        images: &[f32],
        labels: &[u32],
        weight: f64,
        rng: &mut Rng,
    ) -> f64 {
        let (batch, dim, classes) = (labels.len(), self.order.len(), self.classes);
        self.encoder.draw(batch, rng);
        self.decoder.draw(batch, rng);
        self.classifier.draw(batch, rng);
        let rows = self.encoder.input(batch).chunks_exact_mut(dim);
        for (image, row) in rows.zip(images.chunks_exact(dim)) {
            for (entry, &at) in image.iter_mut().zip(&self.order) {
                *entry = row[at];
            }
        }
        self.encoder.forward(batch);
        let (features, d_features) = self.encoder.output();
        for chain in [&mut self.decoder, &mut self.classifier] {
            chain.input(batch).copy_from_slice(features);
            chain.forward(batch);
        }

        let per_pixel = weight / (batch * dim) as f64;
        let mut error = 0.0;
        let (pre, d_pre) = self.decoder.output();
        let rows = pre.chunks_exact(dim).zip(d_pre.chunks_exact_mut(dim));
        for ((pre, d_pre), row) in rows.zip(images.chunks_exact(dim)) {
            let mut sum = 0.0_f32;
            for ((pre, d_pre), &at) in pre.iter().zip(d_pre).zip(&self.order) {
                let value = 1.0 / (1.0 + (-pre).exp());
                sum += pre.max(0.0) - pre * row[at] + (-pre.abs()).exp().ln_1p();
                *d_pre = per_pixel as f32 * (value - row[at]);
            }
            error += f64::from(sum);
        }

        let mut surprise = 0.0;
        let (logits, d_logits) = self.classifier.output();
        let rows = logits
            .chunks_exact(classes)
            .zip(d_logits.chunks_exact_mut(classes));
        for ((logits, d_logits), &label) in rows.zip(labels) {
            let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let sum: f32 = logits.iter().map(|logit| (logit - most).exp()).sum();
            surprise += f64::from(sum.ln() + most - logits[label as usize]);
            for (class, (d, logit)) in d_logits.iter_mut().zip(logits).enumerate() {
                let wanted = f32::from(u8::from(class == label as usize));
                *d = ((logit - most).exp() / sum - wanted) / batch as f32;
            }
        }

        let drawn = self.decoder.backward(batch, true);
        let named = self.classifier.backward(batch, true);
        for (d, (a, b)) in d_features.iter_mut().zip(drawn.iter().zip(named)) {
            *d = a + b;
        }
        self.encoder.backward(batch, false);
        surprise / batch as f64 + per_pixel * error
    }

    /// One step of the optimiser along the gradients; `step` counts from 1.
    pub(super) fn update(&mut self, adam: &AdamConfig, step: u64) {
        let slots: Vec<&mut Slot> = self.slots_mut().collect();
        slots
            .into_par_iter()
            .for_each(|slot| slot.update(adam, step));
    }
}
