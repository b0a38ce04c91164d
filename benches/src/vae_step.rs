//! One training step of the published CIFAR-10 autoencoder, batch 20.

use attractor_core::{check, rng};
use attractor_generative::{CifarVae, CifarVaeConfig, Trainer, TrainerConfig};
use burn::tensor::{Device, Tensor};

use crate::Result;

/// Multiply-adds of the forward pass of one image, times 2 for operations and 3 for the backward
/// pass, times the batch: what the plain convolutions would cost.
pub const OPERATIONS: f64 = 12_900_000.0 * 2.0 * 3.0 * BATCH as f64;
/// Images of a step.
pub const BATCH: usize = 20;

/// A trainer and its batch.
pub struct Step {
    trainer: Trainer<CifarVae>,
    images: Tensor<2>,
}

impl Step {
    /// A fresh model on `device`.
    ///
    /// # Errors
    /// None that the published configuration could cause.
    pub fn new(device: &Device) -> Result<Self> {
        let model = CifarVaeConfig::default().init(0, device)?;
        let mut stream = rng::stream(0, "images");
        Ok(Self {
            trainer: Trainer::new(model, TrainerConfig::default(), device)?,
            images: rng::uniform(&mut stream, [BATCH, 3072], 0.0, 1.0, device),
        })
    }

    /// One step; the loss, read back from the device.
    ///
    /// # Errors
    /// Those of the device.
    pub fn run(&mut self) -> Result<f32> {
        Ok(check::to_host(self.trainer.step(self.images.clone())?)?[0])
    }
}
