//! Configuration of the content-based read.

use attractor_core::error::require_nonzero;
use attractor_core::{Error, Result};
use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::Ntm;

/// How many sharpening strengths there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Sharpening {
    /// One for each head, with its own bias: the definition.
    #[default]
    PerHead,
    /// One for each of the D entries of a cue, all with one bias and one key: a slip of shapes in
    /// the authors' experiments, kept for reproduction.
    ReferencePerDimension,
}

/// How an [`Ntm`] is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NtmConfig {
    /// Entries of a pattern, D.
    pub dim: usize,
    /// Read heads, each with its own key.
    #[serde(default = "default_heads")]
    pub heads: usize,
    /// Sharpening strengths.
    #[serde(default)]
    pub sharpening: Sharpening,
}

fn default_heads() -> usize {
    1
}

impl NtmConfig {
    /// One head with one sharpening, for patterns of `dim` entries.
    pub fn new(dim: usize) -> Self {
        Self {
            dim,
            heads: default_heads(),
            sharpening: Sharpening::default(),
        }
    }

    /// Checks the rules: at least one entry, at least one head, and exactly one with
    /// [`Sharpening::ReferencePerDimension`].
    ///
    /// # Errors
    /// [`Error::Config`] naming the field.
    pub fn validate(&self) -> Result<()> {
        require_nonzero("NtmConfig.dim", self.dim)?;
        require_nonzero("NtmConfig.heads", self.heads)?;
        if self.sharpening == Sharpening::ReferencePerDimension && self.heads != 1 {
            let rule = "must be 1 with the sharpening `reference_per_dimension`";
            return Err(Error::config("NtmConfig.heads", rule, self.heads));
        }
        Ok(())
    }

    /// Number of sharpening strengths, and thus of reads that are averaged.
    pub fn sharpenings(&self) -> usize {
        match self.sharpening {
            Sharpening::PerHead => self.heads,
            Sharpening::ReferencePerDimension => self.dim,
        }
    }

    /// Sides of the largest array of weights.
    pub(super) fn largest(&self) -> [usize; 3] {
        [self.heads, self.dim, self.dim]
    }

    /// An empty memory with the initial weights on `device`.
    ///
    /// # Errors
    /// As [`NtmConfig::validate`].
    pub fn init(&self, device: &Device) -> Result<Ntm> {
        Ntm::new(*self, device)
    }
}
