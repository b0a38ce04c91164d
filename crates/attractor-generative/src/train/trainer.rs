//! The loop over epochs and steps.

use std::ops::ControlFlow;

use attractor_core::{Result, check, rng, spans};
use burn::tensor::{Device, Tensor};

use super::checkpoint::Counters;
use super::data::draw_order;
use super::engine::{AnyEngine, Rows};
use super::{Batch, Batches, Objective, TrainerConfig};
use crate::vae::Vae;

/// What the callback of an epoch hears.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Progress<L = f64> {
    /// Epoch, counted from 0.
    pub epoch: usize,
    /// Steps done in this epoch.
    pub step: usize,
    /// Steps in an epoch.
    pub steps: usize,
    /// Of an autoencoder: the step losses of this epoch so far over the images they saw. Of a MONet:
    /// the mean over the step's images, before the step.
    pub loss: L,
}

/// One pass over the data.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct EpochReport<L = f64> {
    /// Epoch, counted from 0.
    pub epoch: usize,
    /// Steps done.
    pub steps: usize,
    /// Images seen.
    pub images: usize,
    /// Sum of the losses of all steps over `images`, each as in [`crate::train`] or
    /// [`mod@crate::monet`], before its step.
    pub loss: L,
    /// False if the callback broke off. The weights are then those of an unfinished epoch, which
    /// cannot be resumed exactly: go back to the last checkpoint.
    pub finished: bool,
}

/// Trains one autoencoder.
#[derive(Debug)]
pub struct Trainer<V> {
    pub(super) config: TrainerConfig,
    pub(super) engine: AnyEngine<V>,
    pub(super) device: Device,
    pub(super) counters: Counters,
    data_dim: usize,
    latent_dim: usize,
}

impl<V: Vae> Trainer<V> {
    /// A trainer of `model`, which lives on `device`.
    ///
    /// # Errors
    /// As [`TrainerConfig::validate`]; [`attractor_core::Error::Unsupported`] if the host engine
    /// is asked for and the model has no plan for it.
    pub fn new(model: V, config: TrainerConfig, device: &Device) -> Result<Self> {
        config.validate()?;
        let device = device.clone().without_autodiff();
        Ok(Self {
            config,
            data_dim: model.data_dim(),
            latent_dim: model.latent_dim(),
            engine: AnyEngine::new(model, &config, &device)?,
            device,
            counters: Counters::default(),
        })
    }

    /// The configuration.
    pub fn config(&self) -> &TrainerConfig {
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

    /// The model as trained so far, on the plain device.
    ///
    /// # Errors
    /// [`attractor_core::Error::Device`] if the parameters cannot be gathered.
    pub fn model(&self) -> Result<V> {
        self.engine.model(&self.device)
    }

    /// One optimisation step. Returns the loss of the batch before it, `[1]`, without waiting for
    /// the device.
    ///
    /// # Errors
    /// [`attractor_core::Error::Width`] or [`attractor_core::Error::EmptyBatch`] if the shapes are
    /// wrong, [`attractor_core::Error::Rows`] if inputs and targets do not pair.
    pub fn step(&mut self, batch: impl Into<Batch>) -> Result<Tensor<1>> {
        let Batch { input, target } = batch.into();
        let input = input.without_autodiff();
        check::shape("training input", &input, self.data_dim)?;
        let target = target.map_or_else(|| input.clone(), Tensor::without_autodiff);
        check::shape("training target", &target, self.data_dim)?;
        let rows = input.dims()[0];
        let _span = spans::train("autoencoder", rows, self.data_dim);
        if target.dims()[0] != rows {
            return Err(attractor_core::Error::Rows {
                what: "training target",
                expected: rows,
                found: target.dims()[0],
            });
        }
        let noise = match self.config.objective {
            Objective::Reconstruction => None,
            Objective::Variational { .. } => {
                let mut rng =
                    rng::indexed_stream(self.config.seed, "training/noise", self.counters.step);
                Some(rng::normal(&mut rng, [rows, self.latent_dim], &self.device))
            }
        };
        self.counters.step += 1;
        let rows = Rows {
            input,
            target,
            noise,
        };
        self.engine.step(rows, &self.config, self.counters.step)
    }

    /// One epoch over `data` in a random order. Every `every` steps (and after the last) the losses
    /// are read back from the device and `progress` hears of them; it can break off.
    ///
    /// # Errors
    /// [`attractor_core::Error::EmptyBatch`] without data, and the errors of [`Trainer::step`] and
    /// of `data`.
    pub fn run_epoch(
        &mut self,
        data: &mut dyn Batches,
        every: usize,
        progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<EpochReport> {
        let epoch = self.epoch();
        let number = self.config.order.stream(epoch);
        let order = draw_order(data, self.data_dim, self.config.seed, number)?;
        let steps = order.len().div_ceil(self.config.batch_size);
        let mut pending = Vec::new();
        let (mut total, mut images, mut done) = (0.0, 0_usize, 0_usize);
        for indices in order.chunks(self.config.batch_size) {
            pending.push(self.step(data.batch(epoch, indices)?)?);
            images += indices.len();
            done += 1;
            if done.is_multiple_of(every.max(1)) || done == steps {
                let losses = check::to_host(Tensor::cat(std::mem::take(&mut pending), 0))?;
                total += losses.into_iter().map(f64::from).sum::<f64>();
                let flow = progress(Progress {
                    epoch,
                    step: done,
                    steps,
                    loss: total / images as f64,
                });
                if flow.is_break() {
                    break;
                }
            }
        }
        let finished = done == steps;
        self.counters.epoch += usize::from(finished);
        Ok(EpochReport {
            epoch,
            steps: done,
            images,
            loss: total / images as f64,
            finished,
        })
    }
}
