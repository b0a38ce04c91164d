//! Configuration.

use attractor_core::error::require_nonzero;
use attractor_core::{Error, Result};
use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::SubspaceUnion;
use crate::recovery::{Settings, Solver};

/// Entries of the widest pattern: far beyond what a matrix of it would take.
const WIDEST: usize = (1 << 31) - 1;
const MOST_RESTARTS: usize = 10_000;

/// How a [`SubspaceUnion`] is built.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubspaceUnionConfig {
    /// Entries of a pattern.
    pub dim: usize,
    /// Subspaces at most. Default 2.
    pub subspaces: usize,
    /// Dimension of each at most. Default 4.
    pub rank: usize,
    /// Whether each goes through the mean of its patterns rather than through 0. Default no.
    pub centred: bool,
    /// Starts of the split. Default 10.
    pub restarts: usize,
    /// Names the starts.
    pub seed: u64,
    /// How errors are found.
    pub solver: Solver,
    /// What solvers share.
    pub settings: Settings,
}

impl SubspaceUnionConfig {
    /// Two subspaces of four dimensions, for patterns of `dim` entries.
    pub fn new(dim: usize) -> Self {
        Self {
            dim,
            subspaces: 2,
            rank: 4,
            centred: false,
            restarts: 10,
            seed: 0,
            solver: Solver::Admm,
            settings: Settings {
                tolerance: 1e-6,
                ..Settings::default()
            },
        }
    }

    /// Checks the rules.
    ///
    /// # Errors
    /// [`attractor_core::Error::Config`] naming the field.
    pub fn validate(&self) -> Result<()> {
        for (what, value) in [
            ("SubspaceUnionConfig.dim", self.dim),
            ("SubspaceUnionConfig.subspaces", self.subspaces),
            ("SubspaceUnionConfig.rank", self.rank),
            ("SubspaceUnionConfig.restarts", self.restarts),
        ] {
            require_nonzero(what, value)?;
        }
        if self.dim > WIDEST {
            let rule = "must be below 2^31";
            return Err(Error::config("SubspaceUnionConfig.dim", rule, self.dim));
        }
        if self.restarts > MOST_RESTARTS {
            let rule = "must be at most 10000: patterns are split anew whenever a memory is loaded";
            let what = "SubspaceUnionConfig.restarts";
            return Err(Error::config(what, rule, self.restarts));
        }
        self.settings.validate(&self.solver)
    }

    /// An empty memory.
    ///
    /// # Errors
    /// As [`SubspaceUnionConfig::validate`].
    pub fn init(&self, device: &Device) -> Result<SubspaceUnion> {
        SubspaceUnion::new(*self, device)
    }
}
