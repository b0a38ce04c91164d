//! When which unit is updated, and how often.

use attractor_core::error::require_nonzero;
use attractor_core::{Result, rng};
use serde::{Deserialize, Serialize};

/// Which units are updated together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Update {
    /// One unit after the other, each seeing the flips before it: always settles.
    #[default]
    Asynchronous,
    /// All units from one snapshot: fewer passes, may run in a circle.
    Synchronous,
}

/// Order and number of updates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Schedule {
    /// Which units are updated together. Default asynchronous.
    pub update: Update,
    /// Asynchronous only: a new random order in every sweep, the same for every cue, instead of the
    /// order of the entries. Default false.
    pub shuffled: bool,
    /// Seed of those orders.
    pub seed: u64,
    /// Sweeps over all units at most. Default 100.
    pub max_sweeps: usize,
}

impl Default for Schedule {
    fn default() -> Self {
        Self {
            update: Update::Asynchronous,
            shuffled: false,
            seed: 0,
            max_sweeps: 100,
        }
    }
}

impl Schedule {
    /// At least one sweep.
    ///
    /// # Errors
    /// [`attractor_core::Error::Config`].
    pub fn validate(&self) -> Result<()> {
        require_nonzero("Schedule.max_sweeps", self.max_sweeps)
    }

    /// The units in the order of one sweep.
    pub(super) fn order(&self, sweep: usize, dim: usize) -> Vec<usize> {
        match self.shuffled {
            false => (0..dim).collect(),
            true => {
                let mut rng = rng::indexed_stream(self.seed, "sweep order", sweep as u64);
                rng::permutation(&mut rng, dim)
            }
        }
    }
}
