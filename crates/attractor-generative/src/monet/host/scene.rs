//! One image through the whole network, forward and back.

use super::attention::{Pass, Work as AttentionWork};
use super::broadcast::Shared;
use super::decoder::{Decoder, Work as DecoderWork};
use super::encoder::Encoder;
#[cfg(test)]
use super::exact::Gate;
use super::loss::{Pixel, Sum, log_sigmoid};
use super::parameters::{Adjoints, Parameters};
use super::{Gradients, PLANES};
use crate::monet::{MonetConfig, MonetObjective};

const PIXELS: usize = MonetConfig::SIDE * MonetConfig::SIDE;

/// Activations, derivatives and gradients of a part of a batch; images pass one after the other.
#[derive(Debug)]
pub(super) struct Scene {
    passes: Vec<Pass>,
    attention: AttentionWork,
    encoder: Encoder,
    decoders: Vec<Decoder>,
    decoder: DecoderWork,
    /// Channels-last, in the network's range.
    image: Vec<f32>,
    /// `[slots, h, w]`
    log_scopes: Vec<f32>,
    log_masks: Vec<f32>,
    d_log_masks: Vec<f32>,
    d_planes: Vec<Vec<f32>>,
    d_logits: Vec<f32>,
    d_log_scope: Vec<f32>,
    d_code: Vec<f32>,
    /// Sums over the part's images, by parameter.
    pub(super) gradients: Gradients,
}

/// What all images of a step share.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step<'a> {
    pub(super) parameters: &'a Parameters,
    pub(super) adjoints: &'a Adjoints,
    pub(super) shared: &'a Shared,
    pub(super) objective: &'a MonetObjective,
    /// Weight of one image in the batch's loss.
    pub(super) weight: f32,
}

impl Scene {
    pub(super) fn new(config: &MonetConfig, parameters: &Parameters) -> Self {
        let slots = config.slots;
        let planes = vec![0.0; slots * PIXELS];
        Self {
            passes: (1..slots).map(|_| Pass::new(config)).collect(),
            attention: AttentionWork::new(config),
            encoder: Encoder::new(config),
            decoders: (0..slots).map(|_| Decoder::new(config)).collect(),
            decoder: DecoderWork::new(config),
            image: vec![0.0; 3 * PIXELS],
            log_scopes: planes.clone(),
            log_masks: planes.clone(),
            d_log_masks: planes,
            d_planes: vec![vec![0.0; PIXELS * PLANES]; slots],
            d_logits: vec![0.0; PIXELS],
            d_log_scope: vec![0.0; PIXELS],
            d_code: vec![0.0; config.code],
            gradients: parameters
                .slots
                .iter()
                .map(|slot| vec![0.0; slot.value.len()])
                .collect(),
        }
    }

    /// Adds the gradients of one image, a channel-major row in `[0, 1]`, with noise
    /// `[slots * code]`; returns its loss.
    pub(super) fn image(&mut self, step: Step<'_>, row: &[f32], noise: &[f32]) -> Sum {
        let [low, high] = MonetConfig::RANGE;
        for (p, pixel) in self.image.chunks_exact_mut(3).enumerate() {
            for (c, value) in pixel.iter_mut().enumerate() {
                *value = low + (high - low) * row[c * PIXELS + p];
            }
        }
        self.masks(step.parameters);
        let Self {
            encoder,
            decoders,
            decoder,
            d_code,
            ..
        } = self;
        encoder.forward(step.parameters, &self.image, &self.log_masks);
        let slots = decoders.len();
        let code = noise.len() / slots;
        let mut values = vec![0.0; code];
        for (k, decoder) in decoders.iter_mut().enumerate() {
            let heads = &encoder.heads[k * 2 * code..][..2 * code];
            for (j, value) in values.iter_mut().enumerate() {
                *value = heads[j] + noise[k * code + j] * (0.5 * heads[code + j]).exp();
            }
            decoder.forward(step.parameters, step.shared, &values);
        }

        let planes: Vec<&[f32]> = decoders.iter().map(|d| d.planes.as_slice()).collect();
        let weights = (step.objective.gamma as f32, step.weight);
        let mut pixel = Pixel::new(slots, step.objective);
        let [likelihood, masks] = pixel.image(
            &self.image,
            &self.log_masks,
            &planes,
            weights,
            &mut self.d_planes,
            &mut self.d_log_masks,
        );
        let mut codes = 0.0;
        let beta = step.weight * step.objective.beta as f32;
        for (k, slot) in decoders.iter().enumerate() {
            let shared = (step.adjoints, step.shared);
            let d_planes = &self.d_planes[k];
            slot.backward(
                step.parameters,
                shared,
                d_planes,
                decoder,
                &mut self.gradients,
                d_code,
            );
            let at = k * 2 * code;
            for j in 0..code {
                let (mean, log_variance) = (encoder.heads[at + j], encoder.heads[at + code + j]);
                let variance = log_variance.exp();
                codes += 0.5 * f64::from(mean * mean + variance - 1.0 - log_variance);
                let spread = noise[k * code + j] * (0.5 * log_variance).exp();
                encoder.d_heads[at + j] = d_code[j] + beta * mean;
                encoder.d_heads[at + code + j] =
                    0.5 * (d_code[j] * spread + beta * (variance - 1.0));
            }
        }
        encoder.backward(
            step.parameters,
            step.adjoints,
            &mut self.gradients,
            &mut self.d_log_masks,
        );
        self.attention_backward(step);
        Sum {
            likelihood,
            codes,
            masks,
        }
    }

    /// Which ReLUs' units are open after [`Scene::image`], in the order of the forward pass.
    #[cfg(test)]
    pub(super) fn gates(&self) -> Vec<Gate> {
        let passes = self.passes.iter().flat_map(Pass::gates);
        let decoders = self.decoders.iter().flat_map(Decoder::gates);
        passes.chain(self.encoder.gates()).chain(decoders).collect()
    }

    /// Fills scopes and masks, slot by slot.
    fn masks(&mut self, parameters: &Parameters) {
        self.log_scopes[..PIXELS].fill(0.0);
        for (k, pass) in self.passes.iter_mut().enumerate() {
            let (before, after) = self.log_scopes.split_at_mut((k + 1) * PIXELS);
            let scope = &before[k * PIXELS..];
            pass.forward(parameters, &self.image, scope);
            let masks = &mut self.log_masks[k * PIXELS..][..PIXELS];
            let results = masks.iter_mut().zip(after);
            for ((mask, next), (scope, logit)) in results.zip(scope.iter().zip(&pass.logits)) {
                *mask = scope + log_sigmoid(*logit);
                *next = *mask - logit;
            }
        }
        let last = self.passes.len() * PIXELS;
        self.log_masks[last..].copy_from_slice(&self.log_scopes[last..]);
    }

    /// Back through the recursion; `d_log_scope` holds the derivative with respect to what a slot
    /// leaves to the next.
    fn attention_backward(&mut self, step: Step<'_>) {
        let last = self.passes.len() * PIXELS;
        self.d_log_scope.copy_from_slice(&self.d_log_masks[last..]);
        for (k, pass) in self.passes.iter().enumerate().rev() {
            let d_masks = &self.d_log_masks[k * PIXELS..][..PIXELS];
            let known = pass.logits.iter().zip(d_masks);
            let filled = self.d_logits.iter_mut().zip(&mut self.d_log_scope);
            for ((logit, d_mask), (d_logit, d_scope)) in known.zip(filled) {
                // log sigmoid has the derivative 1 - sigmoid, log(1 - sigmoid) has -sigmoid.
                let sigmoid = 1.0 / (1.0 + (-logit).exp());
                *d_logit = d_mask * (1.0 - sigmoid) - *d_scope * sigmoid;
                *d_scope += d_mask;
            }
            pass.backward(
                step.parameters,
                step.adjoints,
                &self.d_logits,
                &mut self.attention,
                &mut self.gradients,
                (k > 0).then_some(self.d_log_scope.as_mut_slice()),
            );
        }
    }
}
