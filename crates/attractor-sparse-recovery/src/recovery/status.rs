//! What is known of an answer.

use attractor_core::Outcome;
use serde::{Deserialize, Serialize};

use crate::subspace::Evidence;

/// What was verified about a recovered error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The cue fulfils the constraints: it is returned bit for bit.
    Stored,
    /// The error fulfils the constraints, a dual certificate shows that no other has a smaller sum of absolute
    /// values, and at most half as many entries as there are constraints are wrong, so that in general
    /// position no other error has as few.
    Exact,
    /// The error has the smallest sum of absolute values, certified, but it cannot be claimed to be the
    /// sparsest: it has too many entries, or other entries could stand in for them.
    L1Optimal,
    /// The error fulfils the constraints with at most half as many entries as there are constraints; no
    /// certificate was found.
    Consistent,
    /// The same as `Exact` with noise: the smallest sum of absolute values within the allowed residual.
    WithinNoise,
    /// The known entries determine the answer, and none is left over to check it by.
    Interpolated,
    /// The known entries, or the lack of constraints, leave the answer open.
    Underdetermined,
    /// An answer was found, but the constraints that it rests on are not settled by what they were learned from:
    /// see [`crate::subspace::Evidence`].
    Unsettled,
    /// The solver ended without an error that it can vouch for.
    Unverified,
}

impl Status {
    /// The outcome of a row that ended so.
    pub fn outcome(self) -> Outcome {
        match self {
            Self::Stored | Self::Interpolated => Outcome::SinglePass,
            Self::Exact | Self::WithinNoise | Self::Consistent => Outcome::Converged,
            Self::L1Optimal => Outcome::Rejected,
            Self::Underdetermined | Self::Unsettled => Outcome::Underdetermined,
            Self::Unverified => Outcome::MaxSteps,
        }
    }

    /// What may be claimed where constraints were learned from samples that say `evidence`, with noise or
    /// without. Samples without noise fulfil them whatever their number; a cut without a gap, or one within the
    /// noise of as many samples as dimensions, breaks patterns that are none of its business.
    pub(crate) fn given(self, evidence: Evidence, noisy: bool) -> Self {
        let settled = match evidence {
            Evidence::Settled => true,
            Evidence::Growing => !noisy,
            Evidence::NoGap => false,
        };
        match self {
            Self::Exact | Self::WithinNoise | Self::Consistent | Self::Interpolated if !settled => {
                Self::Unsettled
            }
            status => status,
        }
    }

    /// Whether the answer is a point of the subspace that few errors explain.
    pub fn is_recalled(self) -> bool {
        matches!(
            self,
            Self::Stored | Self::Exact | Self::Consistent | Self::WithinNoise
        )
    }
}

/// The error found in one cue.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Found {
    /// The error, n entries: cue minus error is the answer.
    pub error: Vec<f64>,
    /// Where it is not 0, rising.
    pub support: Vec<usize>,
    /// What was verified.
    pub status: Status,
    /// Iterations of the solver.
    pub iterations: usize,
    /// Length of what the constraints are missed by.
    pub residual: f64,
    /// Largest `|Q^T lambda|` beside the support, if a certificate was found: below 1.
    pub certificate: Option<f64>,
}

impl Found {
    /// Nothing to correct.
    pub fn nothing(width: usize, status: Status, residual: f64) -> Self {
        Self {
            error: vec![0.0; width],
            support: Vec::new(),
            status,
            iterations: 0,
            residual,
            certificate: None,
        }
    }

    /// Sum of absolute values of the error.
    pub fn l1(&self) -> f64 {
        crate::linalg::l1(&self.error)
    }
}
