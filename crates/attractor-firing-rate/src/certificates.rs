//! Conditions for stability that need the constants of a design alone.

use serde::{Deserialize, Serialize};

use crate::{Gains, Levels};

/// Conditions at a memory for ideal independent memories (overlap r = q), with `a = alpha q (1 - r)`,
/// `d0 = Phi'(I0)`, `d1 = Phi'(I1)`. Each is sufficient for what it says; between them a design is
/// undecided.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Certificates {
    /// `max(d0, d1) max(a, gamma)`: below 1 all memories are stable.
    pub norm: f64,
    /// `q (gamma - a)(d1 - d0) - (1 - d1 a)(1 - d0 gamma)`: above 0 they are unstable, in the plane of the
    /// memory and the homogeneous state.
    pub determinant: f64,
    /// `d1 ((1 - q) a + q gamma) - 1`: above 0 they are unstable, along their active units. The authors'
    /// program has `q d1 (..) - 1`, which is weaker.
    pub active: f64,
    /// `a ((1 - q) d0 + q d1) - 1`: above 0 they are unstable, along the other memories. It holds in the
    /// mean over these and is part of neither verdict below.
    pub others: f64,
    /// The published form of `active`, with its factor q.
    pub active_as_published: f64,
}

impl Certificates {
    /// Those of a design for patterns of activity `q`.
    pub fn of(levels: &Levels, gains: &Gains, q: f64) -> Self {
        let (d0, d1) = (levels.low_slope, levels.high_slope);
        let (a, gamma) = (gains.normalised, gains.gamma);
        let along = d1 * ((1.0 - q) * a + q * gamma);
        Self {
            norm: d0.max(d1) * a.max(gamma),
            determinant: q * (gamma - a) * (d1 - d0) - (1.0 - d1 * a) * (1.0 - d0 * gamma),
            active: along - 1.0,
            others: a * ((1.0 - q) * d0 + q * d1) - 1.0,
            active_as_published: q * along - 1.0,
        }
    }

    /// Whether stability is certain.
    pub fn stable(&self) -> bool {
        self.norm < 1.0
    }

    /// Whether instability is certain.
    pub fn unstable(&self) -> bool {
        self.determinant > 0.0 || self.active > 0.0
    }

    /// Whether it is by the published conditions.
    pub fn unstable_as_published(&self) -> bool {
        self.determinant > 0.0 || self.active_as_published > 0.0
    }
}
