//! A whole autoencoder: forward, loss, backward, Adam.

use attractor_core::Result;
use attractor_core::weights::Weights;
use rayon::prelude::*;

use super::chain::Chain;
use super::conv::{Conv, ConvTranspose, UpsampleConv, Windows};
use super::layer::{HostLayer, Relu};
use super::linear::{Linear, channel_major};
use super::norm::BatchNorm;
use super::slot::Slot;
use crate::layers::{ImageShape, entries};
use crate::train::{AdamConfig, Objective};
use crate::vae::{Map, Plan, Step, Then};

/// The layers of `steps` from an image of that shape.
fn chain(steps: &[Step], mut shape: ImageShape) -> Chain {
    let input_dim = entries(shape);
    let mut layers: Vec<Box<dyn HostLayer>> = Vec::with_capacity(steps.len());
    for step in steps {
        let [channels, height, width] = shape;
        let output = step.map.output(shape);
        layers.push(match &step.map {
            Map::Conv {
                path,
                outputs,
                kernel,
                stride,
                padding,
                bias,
            } => {
                let windows = Windows {
                    height,
                    width,
                    channels,
                    kernel: *kernel,
                    stride: *stride,
                    padding: *padding,
                };
                Box::new(Conv::new(path, windows, *outputs, *bias))
            }
            Map::UpsampleConv { path, outputs } => {
                Box::new(UpsampleConv::new(path, shape, *outputs))
            }
            Map::ConvTranspose {
                path,
                outputs,
                kernel,
                stride,
            } => {
                let windows = Windows {
                    height: output[1],
                    width: output[2],
                    channels: *outputs,
                    kernel: *kernel,
                    stride: *stride,
                    padding: 0,
                };
                Box::new(ConvTranspose::new(path, channels, windows))
            }
            Map::Linear { paths, output } => Box::new(Linear::new(paths, shape, *output)),
        });
        shape = output;
        let dim = entries(shape);
        match &step.then {
            Then::Nothing => {}
            Then::Relu => layers.push(Box::new(Relu { dim })),
            Then::BatchNormRelu(path) => {
                layers.push(Box::new(BatchNorm::new(path, dim, shape[0], true)));
            }
        }
    }
    Chain::new(layers, input_dim)
}

/// A training step's inputs as channel-major rows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rows<'a> {
    pub(crate) batch: usize,
    pub(crate) input: &'a [f32],
    pub(crate) target: &'a [f32],
    /// `[batch, code]`, or none to take the means for codes.
    pub(crate) noise: Option<&'a [f32]>,
}

/// Encoder, decoder and optimiser in host memory.
#[derive(Debug)]
pub(crate) struct Network {
    encoder: Chain,
    decoder: Chain,
    code: usize,
    /// Channel-major position of each entry of an image.
    order: Vec<usize>,
}

impl Network {
    /// A network with the parameters of `weights`.
    pub(crate) fn new(plan: &Plan, weights: &Weights) -> Result<Self> {
        let mut network = Self {
            encoder: chain(&plan.encoder, plan.image),
            decoder: chain(&plan.decoder, [plan.code, 1, 1]),
            code: plan.code,
            order: channel_major(plan.image),
        };
        network.import(weights)?;
        Ok(network)
    }

    fn slots(&self) -> impl Iterator<Item = &Slot> {
        self.encoder.slots().chain(self.decoder.slots())
    }

    fn slots_mut(&mut self) -> impl Iterator<Item = &mut Slot> {
        let Self {
            encoder, decoder, ..
        } = self;
        encoder.slots_mut().chain(decoder.slots_mut())
    }

    /// Takes parameters and running statistics.
    pub(crate) fn import(&mut self, weights: &Weights) -> Result<()> {
        self.slots_mut().try_for_each(|slot| slot.import(weights))
    }

    /// Takes the optimiser's moments.
    pub(crate) fn import_moments(&mut self, weights: &Weights) -> Result<()> {
        self.slots_mut()
            .try_for_each(|slot| slot.import_moments(weights))
    }

    /// Parameters and running statistics.
    pub(crate) fn export(&self) -> Weights {
        let mut weights = Weights::new();
        self.slots().for_each(|slot| slot.export(&mut weights));
        weights
    }

    /// Adds the optimiser's moments.
    pub(crate) fn export_moments(&self, weights: &mut Weights) {
        self.slots().for_each(|slot| slot.export_moments(weights));
    }

    #[cfg(test)]
    pub(crate) fn export_gradients(&self) -> Weights {
        let mut weights = Weights::new();
        self.slots()
            .for_each(|slot| slot.export_gradient(&mut weights));
        weights
    }

    /// Loss of the batch; fills the gradients.
    pub(crate) fn loss_and_gradients(&mut self, rows: Rows<'_>, objective: Objective) -> f32 {
        let Rows {
            batch,
            input,
            target,
            noise,
        } = rows;
        let (code, dim) = (self.code, self.order.len());
        let order = &self.order;
        let images = self.encoder.input(batch).chunks_exact_mut(dim);
        for (image, row) in images.zip(input.chunks_exact(dim)) {
            for (entry, &at) in image.iter_mut().zip(order) {
                *entry = row[at];
            }
        }
        self.encoder.forward(batch);
        let (heads, d_heads) = self.encoder.output();
        let codes = self.decoder.input(batch);
        for (i, heads) in heads.chunks_exact(2 * code).enumerate() {
            for j in 0..code {
                let spread = noise.map_or(0.0, |n| n[i * code + j] * (0.5 * heads[code + j]).exp());
                codes[i * code + j] = heads[j] + spread;
            }
        }
        self.decoder.forward(batch);

        // The sums run in double precision: they add tens of thousands of small terms.
        let mut error = 0.0;
        let (pre, d_pre) = self.decoder.output();
        let images = pre.chunks_exact(dim).zip(d_pre.chunks_exact_mut(dim));
        for ((pre, d_pre), row) in images.zip(target.chunks_exact(dim)) {
            let mut sum = 0.0_f32;
            for ((pre, d_pre), &at) in pre.iter().zip(d_pre).zip(order) {
                let value = 1.0 / (1.0 + (-pre).exp());
                let difference = value - row[at];
                sum += difference * difference;
                *d_pre = 2.0 * difference * value * (1.0 - value);
            }
            error += f64::from(sum);
        }
        let d_codes = self.decoder.backward(batch, true);

        let weight = match objective {
            Objective::Reconstruction => 0.0,
            Objective::Variational { beta } => beta / batch as f64,
        };
        let mut divergence = 0.0;
        for (i, heads) in heads.chunks_exact(2 * code).enumerate() {
            let d_heads = &mut d_heads[i * 2 * code..][..2 * code];
            for j in 0..code {
                let (mean, log_variance) = (heads[j], heads[code + j]);
                let d_code = d_codes[i * code + j];
                let variance = log_variance.exp();
                divergence += 0.5 * f64::from(mean * mean + variance - 1.0 - log_variance);
                let weight = weight as f32;
                d_heads[j] = d_code + weight * mean;
                let spread = noise.map_or(0.0, |n| n[i * code + j] * (0.5 * log_variance).exp());
                d_heads[code + j] = 0.5 * (d_code * spread + weight * (variance - 1.0));
            }
        }
        self.encoder.backward(batch, false);
        (error + weight * divergence) as f32
    }

    /// One optimisation step, counted from 1; returns the loss before it.
    pub(crate) fn step(
        &mut self,
        rows: Rows<'_>,
        objective: Objective,
        adam: &AdamConfig,
        step: u64,
    ) -> f32 {
        let loss = self.loss_and_gradients(rows, objective);
        let slots: Vec<&mut Slot> = self.slots_mut().collect();
        slots
            .into_par_iter()
            .for_each(|slot| slot.update(adam, step));
        loss
    }
}
