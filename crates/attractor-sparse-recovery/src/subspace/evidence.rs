//! Whether samples settle the subspace that was learned from them.

use serde::{Deserialize, Serialize};

use super::RankRule;

/// What the samples say for the constraints.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// Samples beyond the dimension agree with it and, where the rank was looked for, the gap is clear; or the
    /// subspace was given and not learned.
    #[default]
    Settled,
    /// Every sample brought a dimension of its own: a further one would take a constraint away. What was stored
    /// fulfils the constraints, but those of noisy samples fit their noise.
    Growing,
    /// [`RankRule::LargestGap`] found none: what was cut off is not clearly smaller than what was kept, as when
    /// noisy samples are fewer than the dimension. Stored patterns themselves may break such constraints.
    NoGap,
}

/// Ratio of singular values that counts as a gap. Among the last ones of fewer samples than dimensions a ratio
/// of some units comes by chance; noise of 1 % leaves one of tens.
const GAP: f64 = 10.0;
/// The same where samples are hardly more than dimensions, so that few directions speak for the cut.
const SPARE_GAP: f64 = 1000.0;

impl Evidence {
    /// Of a cut at `rank` of singular values, falling, of `samples` rows less those that the mean took.
    pub(super) fn of(rule: RankRule, values: &[f64], rank: usize, samples: usize) -> Self {
        let spare = samples.saturating_sub(rank);
        if rule == RankRule::LargestGap && rank > 0 {
            let at = |i: usize| values.get(i).copied().unwrap_or(0.0);
            let wanted = if 10 * spare < rank { SPARE_GAP } else { GAP };
            if at(rank - 1) < wanted * at(rank) {
                return Self::NoGap;
            }
        }
        match spare {
            0 => Self::Growing,
            _ => Self::Settled,
        }
    }
}
