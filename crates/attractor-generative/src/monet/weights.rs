//! Safetensors with the published names, in PyTorch's layout.

use std::path::Path;

use attractor_core::file::Loading;
use attractor_core::weights::Weights;
use attractor_core::{Persist, Restore, Result};
use burn::tensor::Device;

use super::{FrozenMonet, Monet, MonetConfig};
use crate::nn::weights as nn;

impl Monet {
    /// Parameters by their published names.
    ///
    /// # Errors
    /// [`attractor_core::Error::Device`] if a parameter cannot be read back.
    pub fn to_weights(&self) -> Result<Weights> {
        nn::export(self)
    }

    /// The model that `weights` hold; the sizes follow from the shapes. The shapes do not tell the
    /// number of slots, which share all parameters.
    ///
    /// # Errors
    /// [`attractor_core::Error::Weights`] if a parameter is missing or has the wrong shape,
    /// [`attractor_core::Error::Config`] if the sizes or `slots` are not those of a
    /// [`MonetConfig`].
    pub fn from_weights(weights: &Weights, slots: usize, device: &Device) -> Result<Self> {
        let [attention_width, ..] = nn::shape::<4>(weights, "netAttn.downblock1.conv.weight")?;
        let [decoder_channels, channels, ..] = nn::shape::<4>(weights, "netCVAE.decoder.0.weight")?;
        let named = |i: &usize| weights.contains(&format!("netAttn.downblock{i}.conv.weight"));
        let config = MonetConfig {
            attention_width,
            blocks: (1..).take_while(named).count(),
            decoder_channels,
            slots,
            code: channels.saturating_sub(2),
        };
        nn::import(config.init(0, device)?, weights, device)
    }

    /// Reads a safetensors file.
    ///
    /// # Errors
    /// As [`Monet::from_weights`], and if the file is missing or corrupt.
    pub fn read(path: &Path, slots: usize, device: &Device) -> Result<Self> {
        Self::from_weights(&Weights::read(path)?, slots, device)
    }

    /// Writes a safetensors file.
    ///
    /// # Errors
    /// [`attractor_core::Error::Weights`] if the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        self.to_weights()?.write(path)
    }
}

/// The section of the parameters, under their published names.
const NETWORK: &str = "network";

impl Persist for FrozenMonet {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn pack(&self) -> Result<Weights> {
        let mut file = Weights::new();
        file.set_config(&self.config())?;
        file.insert_section(NETWORK, self.network.to_weights()?);
        Ok(file)
    }
}

impl Restore for FrozenMonet {
    const KIND: &'static str = "monet";

    fn restore(file: &Weights, loading: &Loading<'_>) -> Result<Self> {
        let config: MonetConfig = file.config()?;
        let network = file.section(NETWORK)?;
        let model = Monet::from_weights(&network, config.slots, loading.device())?;
        if model.config() != config {
            let found = model.config();
            return Err(file.fail(format!(
                "expected weights of {config:?}, found those of {found:?}"
            )));
        }
        model.freeze().map_err(|error| file.refuse(error))
    }
}
