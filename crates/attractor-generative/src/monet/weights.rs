//! Safetensors with the published names, in PyTorch's layout.

use std::path::Path;

use attractor_core::Result;
use attractor_core::weights::Weights;
use burn::tensor::Device;

use super::{Monet, MonetConfig};
use crate::nn::weights as nn;

/// The published name of a module's parameter. There, layers without parameters take numbers too,
/// and up blocks count from 2.
pub(crate) fn published(name: &str) -> String {
    let mut parts = name.splitn(4, '.');
    let (Some(net), Some(list), Some(index)) = (parts.next(), parts.next(), parts.next()) else {
        return name.to_owned();
    };
    let rest = parts.next().unwrap_or_default();
    let Ok(number) = index.parse::<usize>() else {
        // `attention.output.weight`
        return format!("netAttn.{list}.{index}");
    };
    let convolutions = MonetConfig::ENCODER_CHANNELS.len();
    match (net, list) {
        ("attention", "down") => format!("netAttn.downblock{}.{rest}", number + 1),
        ("attention", "up") => format!("netAttn.upblock{}.{rest}", number + 2),
        ("attention", _) => format!("netAttn.{list}.{}.{rest}", 2 * number),
        (_, "heads") => format!("netCVAE.encoder.{}.{rest}", 2 * (convolutions + number) + 1),
        _ => format!("netCVAE.{list}.{}.{rest}", 2 * number),
    }
}

impl Monet {
    /// Parameters by their published names.
    ///
    /// # Errors
    /// [`attractor_core::Error::Device`] if a parameter cannot be read back.
    pub fn to_weights(&self) -> Result<Weights> {
        let own = nn::export(self)?;
        let pairs: Vec<_> = own.names().map(|n| (n.to_owned(), published(n))).collect();
        own.renamed(&pairs)
    }

    /// This model with the parameters of `weights`, which bear the published names.
    ///
    /// # Errors
    /// [`attractor_core::Error::Weights`] if a parameter is missing or has the wrong shape.
    pub(crate) fn with_weights(self, weights: &Weights, device: &Device) -> Result<Self> {
        let own = nn::export(&self)?;
        let pairs: Vec<_> = own.names().map(|n| (published(n), n.to_owned())).collect();
        // Here, so that messages bear the names in the file.
        weights.require(pairs.iter().map(|(name, _)| name.as_str()))?;
        for (name, own_name) in &pairs {
            weights.check(name, own.shape(own_name)?)?;
        }
        nn::import(self, &weights.renamed(&pairs)?, device)
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
        config.init(0, device)?.with_weights(weights, device)
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
