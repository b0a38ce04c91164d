use attractor_core::error::{require_non_negative, require_nonzero, require_positive};
use attractor_core::{Error, Result};
use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::DenseClassifier;

/// How a [`DenseClassifier`] is built.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DenseClassifierConfig {
    /// Entries of an image, N.
    pub dim: usize,
    /// Classes, C.
    pub classes: usize,
    /// Memories, K. Default 100.
    #[serde(default = "default_memories")]
    pub memories: usize,
    /// n, at least 2. Default 20.
    #[serde(default = "default_power")]
    pub power: u32,
    /// T, what overlaps are divided by. Default 540.
    #[serde(default = "default_temperature")]
    pub temperature: f64,
    /// m of the loss, half its power. Default 30.
    #[serde(default = "default_loss_power")]
    pub loss_power: u32,
    /// Mean of the first memories' entries. Default -0.3.
    #[serde(default = "default_mean")]
    pub start_mean: f64,
    /// Standard deviation of the first memories' entries. Default 0.3.
    #[serde(default = "default_deviation")]
    pub start_deviation: f64,
    /// Seed of the first memories.
    #[serde(default)]
    pub seed: u64,
}

fn default_memories() -> usize {
    100
}

fn default_power() -> u32 {
    20
}

fn default_temperature() -> f64 {
    540.0
}

fn default_loss_power() -> u32 {
    30
}

fn default_mean() -> f64 {
    -0.3
}

fn default_deviation() -> f64 {
    0.3
}

impl DenseClassifierConfig {
    /// The published values for images of `dim` entries, which were chosen for 784.
    pub fn new(dim: usize, classes: usize) -> Self {
        Self {
            dim,
            classes,
            memories: default_memories(),
            power: default_power(),
            temperature: default_temperature(),
            loss_power: default_loss_power(),
            start_mean: default_mean(),
            start_deviation: default_deviation(),
            seed: 0,
        }
    }

    /// At least one entry, memory and loss power, two classes, a power of 2; a temperature above 0,
    /// a finite start.
    ///
    /// # Errors
    /// [`Error::Config`] naming the field.
    pub fn validate(&self) -> Result<()> {
        require_nonzero("DenseClassifierConfig.dim", self.dim)?;
        require_nonzero("DenseClassifierConfig.memories", self.memories)?;
        require_nonzero("DenseClassifierConfig.loss_power", self.loss_power as usize)?;
        require_positive("DenseClassifierConfig.temperature", self.temperature)?;
        let deviation = "DenseClassifierConfig.start_deviation";
        require_non_negative(deviation, self.start_deviation)?;
        let two = |what, found: usize| match found < 2 {
            true => Err(Error::config(what, "must be at least 2", found)),
            false => Ok(()),
        };
        two("DenseClassifierConfig.classes", self.classes)?;
        two("DenseClassifierConfig.power", self.power as usize)?;
        match self.start_mean.is_finite() {
            true => Ok(()),
            false => Err(Error::config(
                "DenseClassifierConfig.start_mean",
                "must be finite",
                self.start_mean,
            )),
        }
    }

    /// A classifier with its first memories, whose scores are put on `device`.
    ///
    /// # Errors
    /// As [`Self::validate`].
    pub fn init(self, device: &Device) -> Result<DenseClassifier> {
        self.validate()?;
        Ok(DenseClassifier::new(self, device))
    }
}

/// How a [`DenseClassifier`] is trained.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DenseTrainingConfig {
    /// Passes over the images. Default 300.
    pub epochs: usize,
    /// Images of one step. Default 1000.
    pub batch: usize,
    /// Largest change of an entry of a memory in the first epoch. Default 0.04.
    pub rate: f64,
    /// Factor of the rate from epoch to epoch. Default 0.998.
    pub decay: f64,
    /// Share of the last update that is kept, below 1. Default 0.6.
    pub momentum: f64,
    /// Seed of the order of images.
    pub seed: u64,
}

impl Default for DenseTrainingConfig {
    fn default() -> Self {
        Self {
            epochs: 300,
            batch: 1000,
            rate: 0.04,
            decay: 0.998,
            momentum: 0.6,
            seed: 0,
        }
    }
}

impl DenseTrainingConfig {
    /// At least one epoch and one image a step, rate and decay above 0, momentum in [0, 1).
    ///
    /// # Errors
    /// [`Error::Config`] naming the field.
    pub fn validate(&self) -> Result<()> {
        require_nonzero("DenseTrainingConfig.epochs", self.epochs)?;
        require_nonzero("DenseTrainingConfig.batch", self.batch)?;
        require_positive("DenseTrainingConfig.rate", self.rate)?;
        require_positive("DenseTrainingConfig.decay", self.decay)?;
        match (0.0..1.0).contains(&self.momentum) {
            true => Ok(()),
            false => Err(Error::config(
                "DenseTrainingConfig.momentum",
                "must be at least 0 and below 1",
                self.momentum,
            )),
        }
    }
}
