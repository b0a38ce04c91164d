//! Synaptic design: from currents, activity and overlap to the gains of the connectivity.

use attractor_core::{Error, Result};
use serde::{Deserialize, Serialize};

use crate::activation::{Activation, MOST_CURRENT, Shape};

/// The input current of a silent and of an active unit in a memory, `I0 < I1`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Currents {
    /// I0. Below `-r I1 / (1 - r)`, for independent memories of activity r, the homogeneous term inhibits.
    pub low: f64,
    /// I1.
    pub high: f64,
}

impl Default for Currents {
    /// The authors' inhibitory design: -0.3 and 0.95.
    fn default() -> Self {
        Self {
            low: -0.3,
            high: 0.95,
        }
    }
}

impl Currents {
    /// Finite, and the low one below the high one.
    ///
    /// # Errors
    /// [`Error::Config`].
    pub fn validate(&self) -> Result<()> {
        let Self { low, high } = *self;
        if low < high && low.abs() <= MOST_CURRENT && high.abs() <= MOST_CURRENT {
            return Ok(());
        }
        let rule = "must have low < high, both between -1e6 and 1e6";
        Err(Error::config("Currents", rule, format!("{low} and {high}")))
    }

    /// `I0 + (I1 - I0) bit`.
    pub fn at(&self, active: bool) -> f64 {
        if active { self.high } else { self.low }
    }
}

/// Rates and slopes at the two currents of a memory.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Levels {
    /// Phi0 = Phi(I0): the rate of silent units.
    pub low: f64,
    /// Phi1 = Phi(I1): the rate of active units.
    pub high: f64,
    /// d0 = Phi'(I0).
    pub low_slope: f64,
    /// d1 = Phi'(I1).
    pub high_slope: f64,
}

/// Rates of silent and active units must differ by this.
const LEAST_RANGE: f64 = 1e-6;

impl Levels {
    /// Without a check, for maps over parameters.
    pub(crate) fn unchecked(activation: &Activation, currents: &Currents) -> Self {
        Self {
            low: activation.rate(currents.low),
            high: activation.rate(currents.high),
            low_slope: activation.derivative(currents.low),
            high_slope: activation.derivative(currents.high),
        }
    }

    /// Levels that a memory can be made of.
    ///
    /// # Errors
    /// [`Error::Config`] if the two rates differ by less than 1e-6, or if a current lies on the kink of the
    /// rectified tanh, where it has no derivative.
    pub fn new(activation: &Activation, currents: &Currents) -> Result<Self> {
        let kinked = activation.shape == Shape::RectifiedTanh
            && [currents.low, currents.high].contains(&activation.threshold);
        if kinked {
            let rule = "must not lie on the kink of the rectified tanh, at its threshold";
            return Err(Error::config("Currents", rule, activation.threshold));
        }
        let levels = Self::unchecked(activation, currents);
        if levels.apart() {
            return Ok(levels);
        }
        let rule = "must have rates Phi(high) - Phi(low) of at least 1e-6";
        let found = format!("{:e} - {:e}", levels.high, levels.low);
        Err(Error::config("Currents", rule, found))
    }

    /// Whether silent and active units have rates of their own.
    pub(crate) fn apart(&self) -> bool {
        self.range() >= LEAST_RANGE
    }

    /// Phi1 - Phi0.
    pub fn range(&self) -> f64 {
        self.high - self.low
    }

    /// The rate above which a unit is called active, `(Phi0 + Phi1) / 2`.
    pub fn threshold(&self) -> f64 {
        0.5 * (self.low + self.high)
    }
}

/// The gains of the connectivity (Betteti et al. 2025):
///
/// ```text
/// W = alpha / N sum_mu (xi^mu - beta 1)(xi^mu - beta 1)^T + gamma / N 1 1^T, the diagonal included
///
/// alpha = (I1 - I0) / (q (1 - r) (Phi1 - Phi0))
/// beta  = q ((1 - r) Phi0 + r Phi1) / M,   M = (1 - q) Phi0 + q Phi1
/// gamma = ((1 - beta) I0 + beta I1) / M
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Gains {
    /// Of the term that is specific to the memories.
    pub alpha: f64,
    /// What is subtracted from every pattern.
    pub beta: f64,
    /// Of the homogeneous term: excitatory above 0, inhibitory below.
    pub gamma: f64,
    /// `alpha q (1 - r) = (I1 - I0) / (Phi1 - Phi0)`, the gain that stability depends on.
    pub normalised: f64,
}

impl Gains {
    /// Without a check, for maps over parameters.
    pub(crate) fn unchecked(levels: &Levels, currents: &Currents, q: f64, r: f64) -> Self {
        let mean = (1.0 - q) * levels.low + q * levels.high;
        let normalised = (currents.high - currents.low) / levels.range();
        let beta = q * ((1.0 - r) * levels.low + r * levels.high) / mean;
        Self {
            alpha: normalised / (q * (1.0 - r)),
            beta,
            gamma: ((1.0 - beta) * currents.low + beta * currents.high) / mean,
            normalised,
        }
    }

    /// The gains for patterns of activity q of which two share the part r.
    ///
    /// # Errors
    /// [`Error::Config`] unless `0 < q < 1` and `0 <= r < 1`: patterns that share all their units are one
    /// pattern.
    pub fn new(levels: &Levels, currents: &Currents, q: f64, r: f64) -> Result<Self> {
        if !(q > 0.0 && q < 1.0) {
            let rule = "must lie between 0 and 1";
            return Err(Error::config("activity q of the patterns", rule, q));
        }
        if !(0.0..1.0).contains(&r) {
            let rule = "must be at least 0 and below 1, where all patterns are the same";
            return Err(Error::config("overlap r of the patterns", rule, r));
        }
        Ok(Self::unchecked(levels, currents, q, r))
    }
}
