//! Configuration of the control.

use attractor_core::Result;
use attractor_core::error::require_nonzero;
use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::EncoderOnly;

/// How an [`EncoderOnly`] is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EncoderOnlyConfig {
    /// Entries of a pattern.
    pub dim: usize,
}

impl EncoderOnlyConfig {
    /// For patterns of `dim` entries.
    pub fn new(dim: usize) -> Self {
        Self { dim }
    }

    /// Checks the rule: at least one entry.
    ///
    /// # Errors
    /// [`attractor_core::Error::Config`] naming the field.
    pub fn validate(&self) -> Result<()> {
        require_nonzero("EncoderOnlyConfig.dim", self.dim)
    }

    /// An empty memory on `device`.
    ///
    /// # Errors
    /// As [`EncoderOnlyConfig::validate`].
    pub fn init(&self, device: &Device) -> Result<EncoderOnly> {
        EncoderOnly::new(*self, device)
    }
}
