//! F and its slope on the whole numbers that overlaps are.

use super::{BinarySeparation, UpdateRule};

/// Values of F at -D .. D, and of what a unit's vote is weighted with.
#[derive(Debug, Clone)]
pub(super) enum Table {
    /// `value[z + D]`, `vote[h + D]`.
    Polynomial { value: Vec<f64>, vote: Vec<f64> },
    /// `exp(-k)` for k = 0 .. 2 D + 1: overlaps are taken from their maximum.
    Exponential { decay: Vec<f64> },
}

impl Table {
    pub(super) fn new(separation: BinarySeparation, rule: UpdateRule, dim: usize) -> Self {
        let (power, rectified) = match separation {
            BinarySeparation::Exponential => {
                let decay = (0..=2 * dim + 1).map(|k| (-(k as f64)).exp()).collect();
                return Self::Exponential { decay };
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
        let vote = |h: i64| match rule {
            UpdateRule::Difference => raise(h + 1, exponent) - raise(h - 1, exponent),
            UpdateRule::Gradient => 2.0 * f64::from(power) * scale * raise(h, exponent - 1),
        };
        Self::Polynomial {
            value: (-reach..=reach).map(|z| raise(z, exponent)).collect(),
            vote: (-reach..=reach).map(vote).collect(),
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
            Self::Exponential { decay } => {
                let max = overlaps.iter().copied().max().unwrap_or(0);
                let terms = overlaps.iter().map(|&m| decay[(max - m) as usize]);
                -(f64::from(max) + terms.sum::<f64>().ln())
            }
        }
    }

    /// The vote of all patterns for +1 over -1 at a unit whose column of entries is `column` and
    /// whose value is `own`, and the size of what was summed. `top` is the largest overlap.
    pub(super) fn vote(
        &self,
        overlaps: &[i32],
        column: &[i8],
        own: i8,
        (dim, top): (usize, i32),
    ) -> (f64, f64) {
        let reach = dim as i32;
        let own = i32::from(own);
        let (mut sum, mut size) = (0.0, 0.0);
        for (&overlap, &entry) in overlaps.iter().zip(column) {
            let entry = i32::from(entry);
            let without = overlap - entry * own;
            let weight = match self {
                Self::Polynomial { vote, .. } => vote[(without + reach) as usize],
                Self::Exponential { decay } => decay[(top + 1 - without) as usize],
            };
            sum += f64::from(entry) * weight;
            size += weight.abs();
        }
        (sum, size)
    }
}
