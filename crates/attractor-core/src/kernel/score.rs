//! Scores, and where single precision holds them.

use serde::{Deserialize, Serialize};

use super::PatternStore;
use super::similarity::{Measure, Rule};
use crate::Result;
use crate::error::require_positive;

/// Rounding errors of a score above this make the read compute the scores that matter again.
pub(super) const REFINE_ABOVE: f64 = 1e-4;
/// Scores further than this below the maximum have no visible weight.
const REFINE_MARGIN: f64 = 24.0;
/// Scores that may exceed this, far from overflow, are computed in double precision.
const SCORE_LIMIT: f64 = 1e30;
/// A row is read again in double precision where the last digit of its largest score is above this, if
/// other patterns have a weight, ...
const ROUNDING_CONTESTED: f32 = 1e-3;
/// ... the same for products, whose scores nothing refines: weights are right to about 1e-5, ...
const ROUNDING_DOT: f32 = 4e-6;
/// ... or above this, if none has: a weight that vanishes is at least 16 below, and rounding of both
/// scores takes away no more than this.
const ROUNDING_ALONE: f32 = 4.0;

/// How well a cue u matches a pattern m.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Score {
    /// `s = beta * u . m`
    Dot {
        /// Inverse temperature, above 0.
        beta: f32,
    },
    /// `s = -|u - m|^2 / (2 * variance)`
    SquaredDistance {
        /// Variance of every component, above 0.
        variance: f32,
    },
}

impl Score {
    pub(super) fn validate(self) -> Result<()> {
        match self {
            Self::Dot { beta } => require_positive("Score::Dot.beta", beta.into()),
            Self::SquaredDistance { variance } => {
                require_positive("Score::SquaredDistance.variance", variance.into())
            }
        }
    }
}

impl Rule<'_> {
    /// What a product of a cue and a pattern, or a squared distance, is multiplied by, up to the sign; of a
    /// function, the measure itself is what is computed.
    fn factor(self) -> f64 {
        match self {
            Self::Score(Score::Dot { beta }) => beta.into(),
            Self::Score(Score::SquaredDistance { variance }) => 0.5 / f64::from(variance),
            Self::Function(_) => 1.0,
        }
    }
}

/// The numbers that both forms of the read share.
pub(super) struct Scaled {
    /// Queries are cues times this.
    pub(super) query: f32,
    /// Times the squared norm of a pattern.
    pub(super) bias: f32,
    /// Times the squared norm of a cue.
    pub(super) offset: f32,
    pub(super) cap: f32,
}

impl Scaled {
    /// For scores, or for what they are a function of: products, or squared distances with their sign changed.
    pub(super) fn new(rule: Rule<'_>) -> Self {
        let factor = rule.factor();
        match rule.measure() {
            Measure::Product => Self {
                query: factor as f32,
                bias: 0.0,
                offset: 0.0,
                cap: f32::MAX,
            },
            Measure::SquaredDistance => Self {
                query: (2.0 * factor) as f32,
                bias: -factor as f32,
                offset: -factor as f32,
                cap: 0.0,
            },
        }
    }
}

/// Where single precision holds the scores of a store.
pub(super) struct Range<'a> {
    rule: Rule<'a>,
    /// Root of the largest squared norm of a pattern; infinite where single precision overflows.
    pattern: f64,
    /// Whether temperature and patterns alone allow for single precision.
    store: bool,
}

impl<'a> Range<'a> {
    pub(super) fn new(rule: Rule<'a>, keys: &PatternStore, values: &PatternStore) -> Self {
        let pattern = largest(keys.squared_norms());
        let same = std::ptr::eq(keys, values);
        let mixable = same || largest(values.squared_norms()).is_finite();
        let mut range = Self {
            rule,
            pattern: pattern.sqrt(),
            store: true,
        };
        // A factor that is no normal number has lost digits.
        let exact = rule.factor() >= f64::from(f32::MIN_POSITIVE);
        range.store = exact && mixable && range.reach(pattern) <= SCORE_LIMIT;
        range
    }

    /// Whether patterns among themselves are in range.
    pub(super) fn holds_store(&self) -> bool {
        self.store
    }

    /// Scores are at most this, whatever the pattern, for a cue of that squared norm.
    fn reach(&self, cue_norm: f64) -> f64 {
        let reach = (cue_norm.sqrt() + self.pattern).powi(2);
        reach * self.rule.factor()
    }

    /// The largest root of a cue's squared norm that is in range.
    pub(super) fn longest_cue(&self) -> f64 {
        (SCORE_LIMIT / self.rule.factor()).sqrt() - self.pattern
    }

    /// Whether a cue of that squared norm is in range; NaN is not.
    pub(super) fn holds(&self, cue_norm: f64) -> bool {
        self.store && self.reach(cue_norm) <= SCORE_LIMIT
    }

    /// The rounding of what a function is of, for a cue in range, if the function makes it visible anywhere.
    pub(super) fn seen_by(&self, cue_norm: f64) -> Option<f32> {
        let Rule::Function(similarity) = self.rule else {
            return None;
        };
        let error = rounding(self.reach(cue_norm));
        (similarity.steepest() * error > REFINE_ABOVE).then_some(error as f32)
    }

    /// The rounding of a score, or of what it is a function of, may be as large as this for a cue in range, along
    /// `dim` entries: a bound for sums in any order.
    pub(super) fn slack(&self, cue_norm: f64, dim: usize) -> f64 {
        // Products that are no normal numbers are off by up to the smallest of those.
        let smallest = (2.0 + dim as f64) * f64::from(f32::MIN_POSITIVE);
        smallest + (1.0 + (dim as f64).sqrt()) * rounding(self.reach(cue_norm))
    }

    /// Scores within this of the largest are to be computed again, for a cue in range.
    pub(super) fn margin(&self, cue_norm: f64) -> Option<f32> {
        let error = rounding(self.reach(cue_norm));
        let distances = matches!(self.rule, Rule::Score(Score::SquaredDistance { .. }));
        let seen = distances && error > REFINE_ABOVE;
        seen.then_some((REFINE_MARGIN + 2.0 * error) as f32)
    }

    /// Whether rounding may have decided between patterns, in a row with this largest score and this
    /// sum of weights.
    ///
    /// The offset of a cue is common to its scores, but takes their last digits where it is large. A row
    /// whose other weights all vanish lies further from a decision than that.
    pub(super) fn doubts(&self, max: f32, sum: f32) -> bool {
        let rounding = max.abs() * f32::EPSILON;
        let contested = sum != 1.0;
        match self.rule {
            Rule::Score(Score::Dot { .. }) => contested && rounding > ROUNDING_DOT,
            _ => contested && rounding > ROUNDING_CONTESTED || rounding > ROUNDING_ALONE,
        }
    }
}

/// The rounding of sums that reach so far.
fn rounding(reach: f64) -> f64 {
    4.0 * f64::from(f32::EPSILON) * reach
}

/// The largest of some squared norms.
pub(super) fn largest(norms: &[f32]) -> f64 {
    f64::from(norms.iter().copied().fold(0.0, f32::max))
}
