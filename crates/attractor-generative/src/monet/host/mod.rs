//! Training steps of a MONet.
//!
//! No quantity of one image depends on another, so a part of a batch passes through the whole
//! network image by image, in buffers that stay in the caches, and parts run side by side. The
//! number of parts depends on the batch alone and their gradients are added in order: results do
//! not depend on the number of threads.

mod attention;
mod broadcast;
mod decoder;
mod encoder;
#[cfg(test)]
mod exact;
mod inference;
mod joints;
mod loss;
mod parameters;
mod scene;
#[cfg(test)]
mod tests;

use attractor_core::weights::Weights;
use attractor_core::{Error, Result};
use rayon::prelude::*;

pub(crate) use self::inference::{Encoded, MonetInference};

use self::broadcast::Shared;
use self::loss::Sum;
use self::parameters::{Adjoints, Id, Parameters};
use self::scene::{Scene, Step};
use crate::host::layer::{parts, rows_per_part};
use crate::monet::{MonetConfig, MonetLoss, MonetObjective, MonetTrainerConfig};
use crate::train::Optimiser;

/// Padded width of the decoder's four outputs: products take columns by eight.
const PLANES: usize = 8;

/// Arrays by parameter.
type Gradients = Vec<Vec<f32>>;

/// Two different arrays, the first before the second.
fn pair(gradients: &mut Gradients, first: Id, second: Id) -> [&mut Vec<f32>; 2] {
    let (before, after) = gradients.split_at_mut(second);
    [&mut before[first], &mut after[0]]
}

/// A batch: channel-major rows in `[0, 1]` and noise `[batch, slots * code]`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SceneRows<'a> {
    pub(crate) batch: usize,
    pub(crate) images: &'a [f32],
    pub(crate) noise: &'a [f32],
}

/// A MONet and its optimiser in host memory.
#[derive(Debug)]
pub(crate) struct MonetNetwork {
    config: MonetConfig,
    parameters: Parameters,
    scenes: Vec<Scene>,
}

impl MonetNetwork {
    /// A network with the parameters of `weights`, which bear the published names.
    pub(crate) fn new(config: MonetConfig, weights: &Weights) -> Result<Self> {
        Ok(Self {
            config,
            parameters: Parameters::new(&config, weights)?,
            scenes: Vec::new(),
        })
    }

    /// The parameters by their published names: averages if training keeps them.
    pub(crate) fn export(&self) -> Weights {
        let mut weights = Weights::new();
        for slot in &self.parameters.slots {
            slot.export_average(&mut weights);
        }
        weights
    }

    /// Adds the rest of the state: the optimiser's moments and, beside averages, the last values.
    pub(crate) fn export_state(&self, weights: &mut Weights) {
        for slot in &self.parameters.slots {
            slot.export_last(weights);
            slot.export_moments(weights);
        }
    }

    /// Takes parameters, moments and, if training keeps them, averages.
    pub(crate) fn import(&mut self, weights: &Weights, averaged: bool) -> Result<()> {
        for slot in &mut self.parameters.slots {
            if averaged {
                slot.import_average(weights)?;
            } else {
                slot.import(weights)?;
            }
            slot.import_moments(weights)?;
        }
        Ok(())
    }

    #[cfg(test)]
    pub(super) fn export_gradients(&self) -> Weights {
        let mut weights = Weights::new();
        for slot in &self.parameters.slots {
            slot.export_gradient(&mut weights);
        }
        weights
    }

    /// Which ReLUs' units were open for the last image of each part, in the order of the forward
    /// pass.
    #[cfg(test)]
    fn gates(&self) -> Vec<Vec<exact::Gate>> {
        self.scenes.iter().map(Scene::gates).collect()
    }

    /// Mean loss of the batch; fills the gradients.
    pub(crate) fn loss_and_gradients(
        &mut self,
        rows: SceneRows<'_>,
        objective: &MonetObjective,
    ) -> Result<MonetLoss> {
        let SceneRows {
            batch,
            images,
            noise,
        } = rows;
        let parameters = &self.parameters;
        let adjoints = Adjoints::new(parameters);
        let shared = Shared::new(parameters);
        let step = Step {
            parameters,
            adjoints: &adjoints,
            shared: &shared,
            objective,
            weight: 1.0 / batch as f32,
        };
        let (config, parts) = (self.config, parts(batch));
        while self.scenes.len() < parts {
            self.scenes.push(Scene::new(&config, parameters));
        }
        let (dim, width) = (images.len() / batch, noise.len() / batch);
        let count = rows_per_part(batch);
        let losses: Vec<Vec<Sum>> = self.scenes[..parts]
            .par_iter_mut()
            .zip(images.par_chunks(count * dim))
            .zip(noise.par_chunks(count * width))
            .map(|((scene, images), noise)| {
                for gradient in &mut scene.gradients {
                    gradient.fill(0.0);
                }
                images
                    .chunks_exact(dim)
                    .zip(noise.chunks_exact(width))
                    .map(|(image, noise)| scene.image(step, image, noise))
                    .collect()
            })
            .collect();
        let mut sum = Sum::default();
        for (row, loss) in losses.iter().flatten().enumerate() {
            let terms = [loss.likelihood, loss.codes, loss.masks];
            if let Some(column) = terms.iter().position(|term| !term.is_finite()) {
                return Err(Error::NonFinite {
                    what: "loss of an image (reconstruction, codes, masks)",
                    row,
                    column,
                    value: terms[column].to_string(),
                });
            }
            sum.add(loss);
        }
        let scenes = &self.scenes[..parts];
        self.parameters
            .slots
            .par_iter_mut()
            .enumerate()
            .for_each(|(id, slot)| {
                slot.gradient.copy_from_slice(&scenes[0].gradients[id]);
                for scene in &scenes[1..] {
                    for (sum, value) in slot.gradient.iter_mut().zip(&scene.gradients[id]) {
                        *sum += value;
                    }
                }
            });
        Ok(sum.mean(batch, objective))
    }

    /// One optimisation step, counted from 1; returns the mean loss before it. Without a finite
    /// loss the parameters stay as they are.
    pub(crate) fn step(
        &mut self,
        rows: SceneRows<'_>,
        config: &MonetTrainerConfig,
        step: u64,
    ) -> Result<MonetLoss> {
        let loss = self.loss_and_gradients(rows, &config.objective)?;
        let optimiser = config.optimiser.scaled(config.schedule.factor(step));
        let young = (1.0 + step as f64) / (10.0 + step as f64);
        self.parameters.slots.par_iter_mut().for_each(|slot| {
            match &optimiser {
                Optimiser::Adam(adam) => slot.update(adam, step),
                Optimiser::RmsProp(config) => slot.update_rms_prop(config),
            }
            if let Some(decay) = config.averaging {
                slot.average(decay.min(young));
            }
        });
        Ok(loss)
    }
}
