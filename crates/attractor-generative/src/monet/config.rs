//! Size of a MONet.

use attractor_core::error::require_nonzero;
use attractor_core::{Error, Result};
use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::Monet;

/// Size of a MONet; the default is [`MonetConfig::paper`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MonetConfig {
    /// Channels of the attention network's first block, a multiple of 8; they double from block to
    /// block up to eight times as many.
    pub attention_width: usize,
    /// Resolutions of the attention network, 2 to 6; each halves the one before.
    pub blocks: usize,
    /// Channels of the component decoder, a multiple of 8.
    pub decoder_channels: usize,
    /// Slots, at least 2; slot 0 is the background.
    pub slots: usize,
    /// Width of the code of one slot, a multiple of 4.
    pub code: usize,
}

impl Default for MonetConfig {
    fn default() -> Self {
        Self::paper()
    }
}

impl MonetConfig {
    /// Side of an image, in pixels.
    pub const SIDE: usize = 64;
    /// Range of the pixels inside the network; rows outside are in `[0, 1]`, so that a row `x`
    /// enters as `2 x - 1` and a result `y` leaves as `(y + 1) / 2`.
    pub const RANGE: [f32; 2] = [-1.0, 1.0];
    /// Side of the plane on which the component decoder starts: four valid 3x3 convolutions lead
    /// from there to [`MonetConfig::SIDE`].
    pub const BROADCAST_SIDE: usize = Self::SIDE + 8;
    /// Width of the attention network's fully connected layers.
    pub const ATTENTION_HIDDEN: usize = 128;
    /// Channels of the component encoder's convolutions.
    pub const ENCODER_CHANNELS: [usize; 4] = [32, 32, 64, 64];
    /// Width of the component encoder's fully connected layer.
    pub const ENCODER_HIDDEN: usize = 256;

    /// The published size for CLEVR images of three objects: attention channels 64 to 512 in five
    /// blocks, 32 decoder channels, 4 slots of 16.
    pub const fn paper() -> Self {
        Self {
            attention_width: 64,
            blocks: 5,
            decoder_channels: 32,
            slots: 4,
            code: 16,
        }
    }

    /// The published structure with an eighth of the attention channels and half of the decoder's:
    /// a small part of the arithmetic, for training on a few CPU cores.
    pub const fn small() -> Self {
        Self {
            attention_width: 8,
            decoder_channels: 16,
            ..Self::paper()
        }
    }

    /// Checks every field.
    ///
    /// # Errors
    /// [`Error::Config`] naming the field.
    pub fn validate(&self) -> Result<()> {
        for (what, value, unit, rule) in [
            (
                "MonetConfig.attention_width",
                self.attention_width,
                8,
                "must be a multiple of 8",
            ),
            (
                "MonetConfig.decoder_channels",
                self.decoder_channels,
                8,
                "must be a multiple of 8",
            ),
            ("MonetConfig.code", self.code, 4, "must be a multiple of 4"),
        ] {
            require_nonzero(what, value)?;
            if !value.is_multiple_of(unit) {
                return Err(Error::config(what, rule, value));
            }
        }
        if !(2..=6).contains(&self.blocks) {
            return Err(Error::config(
                "MonetConfig.blocks",
                "must be from 2 to 6",
                self.blocks,
            ));
        }
        if self.slots < 2 {
            return Err(Error::config(
                "MonetConfig.slots",
                "must be at least 2",
                self.slots,
            ));
        }
        Ok(())
    }

    /// A model with the initial weights of `seed`, equal on every device.
    ///
    /// # Errors
    /// As [`MonetConfig::validate`].
    pub fn init(&self, seed: u64, device: &Device) -> Result<Monet> {
        self.validate()?;
        Ok(Monet::new(*self, seed, device))
    }

    /// Output channels of the attention network's contracting blocks.
    pub(crate) fn attention_channels(&self) -> Vec<usize> {
        (0..self.blocks)
            .map(|i| self.attention_width << i.min(3))
            .collect()
    }

    /// Side of the attention network's coarsest images.
    pub(crate) fn smallest_side(&self) -> usize {
        Self::SIDE >> (self.blocks - 1)
    }
}
