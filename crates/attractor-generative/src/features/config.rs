use attractor_core::Result;
use attractor_core::error::{require_non_negative, require_nonzero};
use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::ClassAutoencoder;
use crate::train::AdamConfig;

/// How a [`ClassAutoencoder`] is built and trained.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassAutoencoderConfig {
    /// Pixels of an image.
    pub dim: usize,
    /// Units of each hidden layer. Default 256.
    pub hidden: usize,
    /// Features. Default 64.
    pub code: usize,
    /// Classes. Default 10.
    pub classes: usize,
    /// Weight of the mean squared error of a pixel beside the cross-entropy. Default 10.
    pub reconstruction: f64,
    /// Passes over the images. Default 10.
    pub epochs: usize,
    /// Images of a step. Default 100.
    pub batch: usize,
    /// The optimiser. Default rate 1e-3.
    pub adam: AdamConfig,
    /// Of first weights and orders. Default 0.
    pub seed: u64,
}

impl ClassAutoencoderConfig {
    /// The defaults for images of `dim` pixels.
    pub fn new(dim: usize) -> Self {
        Self {
            dim,
            hidden: 256,
            code: 64,
            classes: 10,
            reconstruction: 10.0,
            epochs: 10,
            batch: 100,
            adam: AdamConfig {
                learning_rate: 1e-3,
                ..AdamConfig::default()
            },
            seed: 0,
        }
    }

    /// Checks the rules of every field.
    ///
    /// # Errors
    /// [`attractor_core::Error::Config`] naming the field.
    pub fn validate(&self) -> Result<()> {
        require_nonzero("ClassAutoencoderConfig.dim", self.dim)?;
        require_nonzero("ClassAutoencoderConfig.hidden", self.hidden)?;
        require_nonzero("ClassAutoencoderConfig.code", self.code)?;
        require_nonzero("ClassAutoencoderConfig.classes", self.classes)?;
        require_nonzero("ClassAutoencoderConfig.epochs", self.epochs)?;
        require_nonzero("ClassAutoencoderConfig.batch", self.batch)?;
        require_non_negative("ClassAutoencoderConfig.reconstruction", self.reconstruction)?;
        self.adam.validate()
    }

    /// A network with its first weights.
    ///
    /// # Errors
    /// As [`Self::validate`].
    pub fn init(&self, device: &Device) -> Result<ClassAutoencoder> {
        self.validate()?;
        Ok(ClassAutoencoder::new(self, device))
    }
}
