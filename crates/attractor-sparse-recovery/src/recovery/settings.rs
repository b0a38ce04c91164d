//! Which solver, and what all of them share.

use attractor_core::error::{require_non_negative, require_nonzero};
use attractor_core::{Error, Result};
use serde::{Deserialize, Serialize};

use super::real::Precision;

/// How errors are found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Solver {
    /// [Alternating directions](super::admm), the default.
    #[default]
    Admm,
    /// A [linear program](super::linear).
    LinearProgram,
    /// [Bregman iteration](super::bregman).
    Bregman,
    /// Its linearised form.
    LinearisedBregman,
    /// [Reweighted least squares](super::irls).
    Irls,
    /// [Iterative hard thresholding](super::thresholding) for so many errors; 0 sweeps their number.
    HardThresholding(usize),
    /// Hard thresholding pursuit for so many errors; 0 sweeps their number.
    Pursuit(usize),
    /// [Approximate message passing](super::amp); where it diverges, alternating directions.
    MessagePassing,
}

/// What all solvers share.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Length of a syndrome that counts as 0, in units of the cue's length. Default 1e-11; numbers rounded to
    /// single precision need 1e-6.
    pub tolerance: f64,
    /// Residual that an error may leave, in the units of the cues; above 0 only for [`Solver::Admm`].
    /// Default 0.
    pub noise: f64,
    /// Iterations at most. Default 5000.
    pub max_iterations: usize,
    /// Iterations of alternating directions at most that look for the certificate of another solver's
    /// answer. Default 500.
    pub certificate_iterations: usize,
    /// Numbers of the iterations. Default double.
    pub precision: Precision,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            tolerance: 1e-11,
            noise: 0.0,
            max_iterations: 5000,
            certificate_iterations: 500,
            precision: Precision::Double,
        }
    }
}

impl Settings {
    /// Checks the numbers.
    ///
    /// # Errors
    /// [`Error::Config`] naming the field.
    pub fn validate(&self, solver: &Solver) -> Result<()> {
        require_non_negative("Settings.tolerance", self.tolerance)?;
        require_non_negative("Settings.noise", self.noise)?;
        require_nonzero("Settings.max_iterations", self.max_iterations)?;
        if self.noise > 0.0 && *solver != Solver::Admm {
            let rule = "must be 0 for every solver but `admm`";
            return Err(Error::config("Settings.noise", rule, self.noise));
        }
        Ok(())
    }
}
