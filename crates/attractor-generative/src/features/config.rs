use attractor_core::error::{require_non_negative, require_nonzero};
use attractor_core::{Error, Result};
use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::ClassAutoencoder;
use super::plan::{self, Plan};
use crate::layers::{ImageShape, entries};
use crate::train::{AdamConfig, Engine};

/// How a [`ClassAutoencoder`] is built and trained.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassAutoencoderConfig {
    /// Shape of an image, `[channels, height, width]`; height and width are multiples of 4.
    pub image: ImageShape,
    /// Features, and channels of the last convolutions. Default 64.
    pub code: usize,
    /// Classes. Default 10.
    pub classes: usize,
    /// Weight of the mean cross-entropy of a pixel beside that of the class. Default 3.
    pub reconstruction: f64,
    /// Factor of the published shares that are dropped in training, from 0 (none) to 1. Default 0.25.
    pub dropout: f64,
    /// Passes over the images. Default 10.
    pub epochs: usize,
    /// Images of a step. Default 50.
    pub batch: usize,
    /// The optimiser. Default rate 2e-3.
    pub adam: AdamConfig,
    /// How a step is computed. Default [`Engine::Auto`].
    pub engine: Engine,
    /// Of first weights, orders and what is dropped. Default 0.
    pub seed: u64,
}

impl ClassAutoencoderConfig {
    /// The defaults for images of that shape.
    pub fn new(image: ImageShape) -> Self {
        Self {
            image,
            code: 64,
            classes: 10,
            reconstruction: 3.0,
            dropout: 0.25,
            epochs: 10,
            batch: 50,
            adam: AdamConfig {
                learning_rate: 2e-3,
                ..AdamConfig::default()
            },
            engine: Engine::Auto,
            seed: 0,
        }
    }

    /// Pixels of an image, channels included.
    pub fn dim(&self) -> usize {
        entries(self.image)
    }

    /// Checks the rules of every field.
    ///
    /// # Errors
    /// [`Error::Config`] naming the field.
    pub fn validate(&self) -> Result<()> {
        let [channels, height, width] = self.image;
        require_nonzero("ClassAutoencoderConfig.image", channels)?;
        for size in [height, width] {
            require_nonzero("ClassAutoencoderConfig.image", size)?;
            if size % 4 != 0 {
                let rule = "height and width must be multiples of 4";
                return Err(Error::config("ClassAutoencoderConfig.image", rule, size));
            }
        }
        require_nonzero("ClassAutoencoderConfig.code", self.code)?;
        require_nonzero("ClassAutoencoderConfig.classes", self.classes)?;
        require_nonzero("ClassAutoencoderConfig.epochs", self.epochs)?;
        require_nonzero("ClassAutoencoderConfig.batch", self.batch)?;
        require_non_negative("ClassAutoencoderConfig.reconstruction", self.reconstruction)?;
        if !(0.0..=1.0).contains(&self.dropout) {
            let rule = "must be from 0 to 1";
            return Err(Error::config(
                "ClassAutoencoderConfig.dropout",
                rule,
                self.dropout,
            ));
        }
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

    /// Encoder, decoder, classifier.
    pub(super) fn plans(&self) -> [Plan; 3] {
        let Self {
            image,
            code,
            classes,
            dropout,
            ..
        } = *self;
        [
            plan::encoder(image, code, dropout),
            plan::decoder(image, code, dropout),
            plan::classifier(code, classes, dropout),
        ]
    }
}
