use attractor_core::error::require_nonzero;
use attractor_core::{Error, Result};
use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::DenseHopfield;
use crate::binary::Schedule;

/// Entries of the longest pattern.
const MOST: usize = 1 << 24;

/// The separation F of overlaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum BinarySeparation {
    /// `z^power`, or `max(z, 0)^power`.
    Polynomial {
        /// n, at least 2.
        power: u32,
        /// Count positive overlaps alone.
        #[serde(default)]
        rectified: bool,
    },
    /// `exp(z)`.
    Exponential,
}

/// What decides the value of a unit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum UpdateRule {
    /// The energies of the two values.
    #[default]
    Difference,
    /// The slope of F between them: an approximation, for comparison.
    Gradient,
}

/// How a [`DenseHopfield`] is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DenseHopfieldConfig {
    /// Entries of a pattern, D.
    pub dim: usize,
    /// The separation.
    pub separation: BinarySeparation,
    /// What decides the value of a unit. Default the exact difference.
    #[serde(default)]
    pub rule: UpdateRule,
    /// Order and number of updates.
    #[serde(default)]
    pub schedule: Schedule,
}

impl DenseHopfieldConfig {
    /// `z^power`, asynchronous, for patterns of `dim` entries.
    pub fn polynomial(dim: usize, power: u32) -> Self {
        Self {
            separation: BinarySeparation::Polynomial {
                power,
                rectified: false,
            },
            ..Self::exponential(dim)
        }
    }

    /// `exp(z)`, asynchronous, for patterns of `dim` entries.
    pub fn exponential(dim: usize) -> Self {
        Self {
            dim,
            separation: BinarySeparation::Exponential,
            rule: UpdateRule::default(),
            schedule: Schedule::default(),
        }
    }

    /// At least one entry, one sweep and a power of 2.
    ///
    /// # Errors
    /// [`Error::Config`] naming the field.
    pub fn validate(&self) -> Result<()> {
        require_nonzero("DenseHopfieldConfig.dim", self.dim)?;
        if self.dim > MOST {
            let rule = "must be at most 16777216: each entry has a list of its own";
            return Err(Error::config("DenseHopfieldConfig.dim", rule, self.dim));
        }
        if let BinarySeparation::Polynomial { power, .. } = self.separation
            && power < 2
        {
            let what = "BinarySeparation::Polynomial.power";
            return Err(Error::config(what, "must be at least 2", power));
        }
        self.schedule.validate()
    }

    /// An empty memory whose states are put on `device`.
    ///
    /// # Errors
    /// As [`Self::validate`].
    pub fn init(self, device: &Device) -> Result<DenseHopfield> {
        self.validate()?;
        Ok(DenseHopfield::new(self, device))
    }
}
