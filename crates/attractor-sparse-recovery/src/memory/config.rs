//! Configuration.

use attractor_core::error::require_nonzero;
use attractor_core::{Error, Result};
use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::SparseRecovery;
use crate::dictionary::ErSpud;
use crate::expander::Decoder;
use crate::recovery::{Settings, Solver};
use crate::subspace::RankRule;

/// How a [`SparseRecovery`] is built.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SparseRecoveryConfig {
    /// Entries of a pattern.
    pub dim: usize,
    /// The first so many entries are keys of pairs, the others values; 0, the default, if there are no pairs.
    pub keys: usize,
    /// Where the spectrum of the patterns ends. Default: at what rounding to single precision amounts to.
    pub rank: RankRule,
    /// Whether the subspace goes through the patterns' mean rather than through 0. Default no.
    pub centred: bool,
    /// Noise of a cue beside its errors, in units of what the rank rule cut off from a pattern (root mean
    /// square); the solver must be `admm` then. Default 0: none.
    pub noise: f64,
    /// How errors are found.
    pub solver: Solver,
    /// What solvers share. Its `tolerance` is 1e-6 by default, for numbers of single precision; its `noise` is
    /// added to what the field above amounts to.
    pub settings: Settings,
    /// Whether sparse constraints are learned and decoded on first. Default no.
    pub sparse: bool,
    /// How they are learned.
    pub dictionary: ErSpud,
    /// How is decoded on them.
    pub decoder: Decoder,
}

impl SparseRecoveryConfig {
    /// Basis pursuit on patterns of `dim` entries in single precision.
    pub fn new(dim: usize) -> Self {
        Self {
            dim,
            keys: 0,
            rank: RankRule::Rounded,
            centred: false,
            noise: 0.0,
            solver: Solver::Admm,
            settings: Settings {
                tolerance: 1e-6,
                ..Settings::default()
            },
            sparse: false,
            dictionary: ErSpud::default(),
            decoder: Decoder::default(),
        }
    }

    /// Checks the rules.
    ///
    /// # Errors
    /// [`Error::Config`] naming the field.
    pub fn validate(&self) -> Result<()> {
        require_nonzero("SparseRecoveryConfig.dim", self.dim)?;
        if self.keys >= self.dim {
            let rule = "must leave entries for values";
            return Err(Error::config("SparseRecoveryConfig.keys", rule, self.keys));
        }
        attractor_core::error::require_non_negative("SparseRecoveryConfig.noise", self.noise)?;
        if self.noise > 0.0 && self.solver != Solver::Admm {
            let rule = "must be 0 for every solver but `admm`";
            return Err(Error::config(
                "SparseRecoveryConfig.noise",
                rule,
                self.noise,
            ));
        }
        self.rank.validate()?;
        self.settings.validate(&self.solver)?;
        require_nonzero("Decoder.max_rounds", self.decoder.max_rounds)?;
        require_nonzero("ErSpud.max_iterations", self.dictionary.max_iterations)
    }

    /// An empty memory; answers are on `device`, work is done on the host in double precision.
    ///
    /// # Errors
    /// As [`SparseRecoveryConfig::validate`].
    pub fn init(&self, device: &Device) -> Result<SparseRecovery> {
        SparseRecovery::new(*self, device)
    }
}
