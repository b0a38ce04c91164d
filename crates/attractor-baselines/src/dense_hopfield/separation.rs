//! F on the whole numbers that overlaps are, and what a unit's vote is made of.
//!
//! A unit of value s among patterns with entries x and overlaps m votes with weights w of the overlap
//! without it: `sum_k x_k w(m_k - x_k s)`. As x is 1 or -1, that is
//!
//! ```text
//! sum_k x_k pull(m_k) + s sum_k lean(m_k)
//! pull(m) = (w(m - 1) + w(m + 1)) / 2        lean(m) = (w(m - 1) - w(m + 1)) / 2
//! ```
//!
//! in which nothing but x depends on the unit: between two flips a unit's vote is one dot product.

use super::{BinarySeparation, UpdateRule};

/// Values of F, and of both parts of a vote.
#[derive(Debug, Clone)]
pub(super) enum Table {
    /// At `m + D` for m from -D to D: F, pull, lean.
    Polynomial {
        value: Vec<f64>,
        pull: Vec<f64>,
        lean: Vec<f64>,
    },
    /// At k = 0 .. 2 D, below the largest overlap: `exp(-k)`, pull, lean, all over `exp(top)`.
    Exponential {
        decay: Vec<f64>,
        pull: Vec<f64>,
        lean: Vec<f64>,
    },
}

impl Table {
    pub(super) fn new(separation: BinarySeparation, rule: UpdateRule, dim: usize) -> Self {
        let halves = |below: f64, above: f64| (0.5 * (below + above), 0.5 * (below - above));
        let (power, rectified) = match separation {
            BinarySeparation::Exponential => {
                let decay: Vec<f64> = (0..=2 * dim).map(|k| (-(k as f64)).exp()).collect();
                // Both values of the unit count `2 sinh(1) exp(h)`: the factor is left out.
                let parts = (0..=2 * dim)
                    .map(|k| halves((-(k as f64) - 1.0).exp(), (1.0 - k as f64).exp()));
                let (pull, lean) = parts.unzip();
                return Self::Exponential { decay, pull, lean };
            }
            BinarySeparation::Polynomial { power, rectified } => (power, rectified),
        };
        // A power of 2 scales without rounding, so that small powers stay exact, ties included.
        let scale = 1.0 / dim.next_power_of_two() as f64;
        let exponent = power.min(i32::MAX as u32) as i32;
        let raise = |z: i64, exponent: i32| match rectified && z < 0 {
            true => 0.0,
            false => (z as f64 * scale).powi(exponent),
        };
        let reach = dim as i64;
        let weight = |h: i64| match rule {
            // Beyond D there is no overlap without a unit: that half of a vote is never used.
            _ if h.abs() > reach => 0.0,
            UpdateRule::Difference => raise(h + 1, exponent) - raise(h - 1, exponent),
            UpdateRule::Gradient => 2.0 * f64::from(power) * scale * raise(h, exponent - 1),
        };
        let parts = (-reach..=reach).map(|m| halves(weight(m - 1), weight(m + 1)));
        let (pull, lean) = parts.unzip();
        Self::Polynomial {
            value: (-reach..=reach).map(|z| raise(z, exponent)).collect(),
            pull,
            lean,
        }
    }

    /// The energy of overlaps.
    pub(super) fn energy(&self, overlaps: &[i32], dim: usize) -> f64 {
        let reach = dim as i32;
        match self {
            Self::Polynomial { value, .. } => {
                let terms = overlaps.iter().map(|&m| value[(m + reach) as usize]);
                -terms.sum::<f64>()
            }
            Self::Exponential { decay, .. } => {
                let max = overlaps.iter().copied().max().unwrap_or(0);
                let terms = overlaps.iter().map(|&m| decay[(max - m) as usize]);
                -(f64::from(max) + terms.sum::<f64>().ln())
            }
        }
    }

    /// Fills `pulls` for all patterns; returns the sum of their leans and the size of everything that
    /// a vote sums.
    pub(super) fn parts(&self, overlaps: &[i32], dim: usize, pulls: &mut Vec<f64>) -> (f64, f64) {
        let (pull, lean, sign, shift) = match self {
            Self::Polynomial { pull, lean, .. } => (pull, lean, 1, dim as i32),
            Self::Exponential { pull, lean, .. } => {
                let top = overlaps.iter().copied().max().unwrap_or(0);
                (pull, lean, -1, top)
            }
        };
        let (mut leans, mut size) = (0.0, 0.0);
        pulls.clear();
        pulls.extend(overlaps.iter().map(|&m| {
            let at = (shift + sign * m) as usize;
            let (pull, lean) = (pull[at], lean[at]);
            leans += lean;
            size += pull.abs() + lean.abs();
            pull
        }));
        (leans, size)
    }
}
