//! Safetensors with the published names, in PyTorch's layout.

use std::path::Path;

use attractor_core::Result;
use attractor_core::weights::Weights;
use burn::tensor::Device;

use super::{MnistVae, MnistVaeConfig};
use crate::nn::weights as nn;

impl MnistVae {
    /// Parameters and running statistics by name.
    ///
    /// # Errors
    /// [`attractor_core::Error::Device`] if a parameter cannot be read back.
    pub fn to_weights(&self) -> Result<Weights> {
        nn::export(self)
    }

    /// The model that `weights` hold; the sizes follow from the shapes.
    ///
    /// # Errors
    /// [`attractor_core::Error::Weights`] if a parameter is missing or has the wrong shape.
    pub fn from_weights(weights: &Weights, device: &Device) -> Result<Self> {
        let [features, ..] = nn::shape::<4>(weights, "encoder.c1.weight")?;
        let [_, code] = nn::shape::<2>(weights, "decoder.linear.weight")?;
        let model = MnistVaeConfig { features, code }.init(0, device)?;
        nn::import(model, weights, device)
    }

    /// Reads a safetensors file.
    ///
    /// # Errors
    /// As [`MnistVae::from_weights`], and if the file is missing or corrupt.
    pub fn read(path: &Path, device: &Device) -> Result<Self> {
        Self::from_weights(&Weights::read(path)?, device)
    }

    /// Writes a safetensors file.
    ///
    /// # Errors
    /// [`attractor_core::Error::Weights`] if the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        self.to_weights()?.write(path)
    }
}
