use attractor_core::error::require_nonzero;
use attractor_core::{Error, Result};
use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::ClassicalHopfield;
use crate::binary::Schedule;

/// Entries of the longest pattern: 2^32 weights.
const MOST: usize = 1 << 16;

/// How patterns become weights.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LearningRule {
    /// Sum of outer products: local, exact to undo.
    #[default]
    Hebb,
    /// Projection on the span of the patterns: every linearly independent set is stable.
    PseudoInverse,
    /// Outer products less what the network knows already: local, in between the two.
    Storkey,
}

/// How a [`ClassicalHopfield`] is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassicalHopfieldConfig {
    /// Entries of a pattern, D.
    pub dim: usize,
    /// How patterns become weights. Default Hebb.
    #[serde(default)]
    pub rule: LearningRule,
    /// Pseudo-inverse only: keep the diagonal of the projection. It makes states stick to what they
    /// are, which narrows the basins. Default false. The other rules have no diagonal.
    #[serde(default)]
    pub keep_diagonal: bool,
    /// Order and number of updates.
    #[serde(default)]
    pub schedule: Schedule,
}

impl ClassicalHopfieldConfig {
    /// Hebb's rule, asynchronous, for patterns of `dim` entries.
    pub fn new(dim: usize) -> Self {
        Self {
            dim,
            rule: LearningRule::default(),
            keep_diagonal: false,
            schedule: Schedule::default(),
        }
    }

    /// At least one entry and one sweep.
    ///
    /// # Errors
    /// [`attractor_core::Error::Config`] naming the field.
    pub fn validate(&self) -> Result<()> {
        require_nonzero("ClassicalHopfieldConfig.dim", self.dim)?;
        if self.dim > MOST {
            let rule = "must be at most 65536: there is a weight between any two entries";
            return Err(Error::config("ClassicalHopfieldConfig.dim", rule, self.dim));
        }
        self.schedule.validate()
    }

    /// An empty memory whose states are put on `device`.
    ///
    /// # Errors
    /// As [`Self::validate`].
    pub fn init(self, device: &Device) -> Result<ClassicalHopfield> {
        self.validate()?;
        Ok(ClassicalHopfield::new(self, device))
    }
}
