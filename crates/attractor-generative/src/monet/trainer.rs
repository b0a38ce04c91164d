//! Training of a MONet, deterministic given its seed.

use std::ops::ControlFlow;

use attractor_core::{Error, Result, check, rng, spans};
use burn::tensor::Device;

use super::host::{MonetNetwork, SceneRows};
use super::{Monet, MonetConfig, MonetLoss, MonetTrainerConfig};
use crate::nn::weights as nn;
use crate::train::checkpoint::Counters;
use crate::train::{Batch, Batches, EpochReport, Progress, draw_order};

/// Entries of an image.
const DATA_DIM: usize = 3 * MonetConfig::SIDE * MonetConfig::SIDE;
/// Kind of model in a checkpoint.
pub(super) const KIND: &str = "monet";

/// Trains one MONet with hand-written gradients on the CPU, whatever device the data come from.
///
/// The order of every epoch and the noise of every step come from host streams named by the seed,
/// the epoch and the step: a run resumed at an epoch boundary continues exactly as it would have,
/// on any number of threads.
#[derive(Debug)]
pub struct MonetTrainer {
    pub(super) config: MonetTrainerConfig,
    /// Gives the module's structure; its values are stale.
    pub(super) template: Monet,
    pub(super) network: MonetNetwork,
    pub(super) counters: Counters,
}

impl MonetTrainer {
    /// A trainer of `model`.
    ///
    /// # Errors
    /// As [`MonetTrainerConfig::validate`]; [`Error::Device`] if a parameter cannot be read back.
    pub fn new(model: Monet, config: MonetTrainerConfig) -> Result<Self> {
        config.validate()?;
        let network = MonetNetwork::new(model.config(), &model.to_weights()?)?;
        Ok(Self {
            config,
            template: model,
            network,
            counters: Counters::default(),
        })
    }

    /// The configuration.
    pub fn config(&self) -> &MonetTrainerConfig {
        &self.config
    }

    /// Epochs finished.
    pub fn epoch(&self) -> usize {
        self.counters.epoch
    }

    /// Steps taken.
    pub fn steps(&self) -> u64 {
        self.counters.step
    }

    /// The model as trained so far, on `device`: the averaged one if the configuration asks for
    /// averaging.
    ///
    /// # Errors
    /// [`Error::Weights`] if the parameters do not fit the model, which a trainer rules out.
    pub fn model(&self, device: &Device) -> Result<Monet> {
        nn::import(self.template.clone(), &self.network.export(), device)
    }

    /// One optimisation step on rows `[n, 3 * 64 * 64]` in `[0, 1]`; returns the mean loss before
    /// it.
    ///
    /// # Errors
    /// [`Error::Width`] or [`Error::EmptyBatch`] if the shape is wrong, [`Error::Unsupported`] for
    /// a target, [`Error::NonFinite`] for rows or a loss that are not finite numbers. Then nothing
    /// is changed.
    pub fn step(&mut self, batch: impl Into<Batch>) -> Result<MonetLoss> {
        let Batch { input, target } = batch.into();
        if target.is_some() {
            return Err(Error::Unsupported {
                what: "a training target",
                capability: "denoising",
                part: KIND.into(),
            });
        }
        check::shape("training input", &input, DATA_DIM)?;
        let batch = input.dims()[0];
        let _span = spans::train("monet", batch, DATA_DIM);
        let images = check::to_host(input.without_autodiff())?;
        check::finite("training input", &images, DATA_DIM)?;
        let MonetConfig { slots, code, .. } = self.template.config();
        let mut stream =
            rng::indexed_stream(self.config.seed, "training/noise", self.counters.step);
        let noise = rng::normal_vec(&mut stream, batch * slots * code);
        let rows = SceneRows {
            batch,
            images: &images,
            noise: &noise,
        };
        let loss = self
            .network
            .step(rows, &self.config, self.counters.step + 1)?;
        self.counters.step += 1;
        Ok(loss)
    }

    /// One epoch over `data` in a random order. `progress` hears of every step and can break off.
    ///
    /// # Errors
    /// [`Error::EmptyBatch`] without data, and the errors of [`MonetTrainer::step`] and of `data`.
    pub fn run_epoch(
        &mut self,
        data: &mut dyn Batches,
        progress: &mut dyn FnMut(Progress<MonetLoss>) -> ControlFlow<()>,
    ) -> Result<EpochReport<MonetLoss>> {
        let epoch = self.epoch();
        let order = draw_order(data, DATA_DIM, self.config.seed, epoch as u64)?;
        let steps = order.len().div_ceil(self.config.batch_size);
        let mut sum = MonetLoss::default();
        let (mut images, mut done) = (0, 0);
        for indices in order.chunks(self.config.batch_size) {
            let loss = self.step(data.batch(epoch, indices)?)?;
            images += indices.len();
            done += 1;
            let weight = indices.len() as f64;
            for (sum, value) in [
                (&mut sum.total, loss.total),
                (&mut sum.reconstruction, loss.reconstruction),
                (&mut sum.codes, loss.codes),
                (&mut sum.masks, loss.masks),
            ] {
                *sum += weight * value;
            }
            let heard = Progress {
                epoch,
                step: done,
                steps,
                loss,
            };
            if progress(heard).is_break() {
                break;
            }
        }
        let finished = done == steps;
        self.counters.epoch += usize::from(finished);
        let [total, reconstruction, codes, masks] =
            [sum.total, sum.reconstruction, sum.codes, sum.masks].map(|sum| sum / images as f64);
        Ok(EpochReport {
            epoch,
            steps: done,
            images,
            loss: MonetLoss {
                total,
                reconstruction,
                codes,
                masks,
            },
            finished,
        })
    }
}

#[cfg(test)]
#[path = "trainer_tests.rs"]
mod tests;
