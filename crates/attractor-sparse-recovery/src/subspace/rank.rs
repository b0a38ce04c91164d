//! Where a spectrum ends.

use attractor_core::{Error, Result};
use serde::{Deserialize, Serialize};

/// How many singular values, falling, belong to the patterns; what is below is taken for noise or rounding.
///
/// Too many leave fewer constraints, which corrects less; too few add constraints that patterns break.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RankRule {
    /// Patterns exact in double precision: above `10 max(N, n) eps` of the largest.
    Exact,
    /// Patterns rounded to single precision: above `2^-23 |X|_F`, twice what rounding can amount to.
    #[default]
    Rounded,
    /// Above this part of the largest.
    Tolerance(f64),
    /// Up to the largest ratio of neighbours, for noisy samples that are more than the dimension.
    LargestGap,
    /// As few as hold this part of the sum of squares.
    Energy(f64),
    /// So many, or all that are not zero if these are fewer.
    Fixed(usize),
}

impl RankRule {
    /// Checks the rule's number.
    ///
    /// # Errors
    /// [`Error::Config`] unless a tolerance or a share of the energy lies between 0 and 1.
    pub fn validate(&self) -> Result<()> {
        match *self {
            Self::Tolerance(part) | Self::Energy(part) if !(part > 0.0 && part < 1.0) => {
                let rule = "must hold a number between 0 and 1";
                Err(Error::config("RankRule", rule, part))
            }
            _ => Ok(()),
        }
    }

    /// The rank for singular values, falling, of `samples` rows of `width` entries.
    pub fn rank(&self, values: &[f64], samples: usize, width: usize) -> usize {
        let largest = values.first().copied().unwrap_or(0.0);
        let above = |limit: f64| values.iter().filter(|&&value| value > limit).count();
        let rounding = largest * 10.0 * samples.max(width) as f64 * f64::EPSILON;
        let energy: f64 = values.iter().map(|value| value * value).sum();
        match *self {
            Self::Exact => above(rounding),
            Self::Rounded => above(rounding.max(energy.sqrt() * f64::from(f32::EPSILON))),
            Self::Tolerance(part) => above(rounding.max(part * largest)),
            Self::LargestGap => {
                let some = above(rounding);
                let ratio = |i: usize| values[i - 1] / values[i].max(rounding);
                let inner = 1..values.len().min(some + 1);
                inner
                    .max_by(|&a, &b| ratio(a).total_cmp(&ratio(b)).then(b.cmp(&a)))
                    .unwrap_or(some)
            }
            Self::Energy(part) => {
                let mut sum = 0.0;
                let enough = values.iter().position(|value| {
                    sum += value * value;
                    sum >= part * energy
                });
                enough
                    .map_or(values.len(), |last| last + 1)
                    .min(above(rounding))
            }
            Self::Fixed(rank) => rank.min(above(rounding)),
        }
    }
}
