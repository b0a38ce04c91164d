//! The read's entry points: choose scores, prepare queries, run where the patterns live.

use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};

use super::exact::Exact;
use super::host::{HostPartial, HostRead, Refine};
use super::store::squared_norm;
use super::{Partial, PatternStore, device};
use crate::error::require_positive;
use crate::{Error, Result, check};

/// Rounding errors of a score above this make the read compute the scores that matter again.
const REFINE_ABOVE: f64 = 1e-4;
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
    fn validate(self) -> Result<()> {
        match self {
            Self::Dot { beta } => require_positive("Score::Dot.beta", beta.into()),
            Self::SquaredDistance { variance } => {
                require_positive("Score::SquaredDistance.variance", variance.into())
            }
        }
    }
}

impl Score {
    /// What a product of a cue and a pattern, or a squared distance, is multiplied by, up to the sign.
    fn factor(self) -> f64 {
        match self {
            Self::Dot { beta } => beta.into(),
            Self::SquaredDistance { variance } => 0.5 / f64::from(variance),
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
    pub(super) fn new(score: Score) -> Self {
        let factor = score.factor();
        match score {
            Score::Dot { .. } => Self {
                query: factor as f32,
                bias: 0.0,
                offset: 0.0,
                cap: f32::MAX,
            },
            Score::SquaredDistance { .. } => Self {
                query: (2.0 * factor) as f32,
                bias: -factor as f32,
                offset: -factor as f32,
                cap: 0.0,
            },
        }
    }
}

/// Where single precision holds the scores of a store.
pub(super) struct Range {
    score: Score,
    /// Root of the largest squared norm of a pattern; infinite where single precision overflows.
    pattern: f64,
    /// Whether temperature and patterns alone allow for single precision.
    store: bool,
}

impl Range {
    pub(super) fn new(score: Score, keys: &PatternStore, values: &PatternStore) -> Self {
        let pattern = largest(keys.squared_norms());
        let same = std::ptr::eq(keys, values);
        let mixable = same || largest(values.squared_norms()).is_finite();
        let mut range = Self {
            score,
            pattern: pattern.sqrt(),
            store: true,
        };
        // A factor that is no normal number has lost digits.
        let exact = score.factor() >= f64::from(f32::MIN_POSITIVE);
        range.store = exact && mixable && range.holds(pattern);
        range
    }

    /// Whether patterns among themselves are in range.
    pub(super) fn holds_store(&self) -> bool {
        self.store
    }

    /// Scores are at most this, whatever the pattern, for a cue of that squared norm.
    fn reach(&self, cue_norm: f64) -> f64 {
        let reach = (cue_norm.sqrt() + self.pattern).powi(2);
        reach * self.score.factor()
    }

    /// The largest root of a cue's squared norm that is in range.
    pub(super) fn longest_cue(&self) -> f64 {
        (SCORE_LIMIT / self.score.factor()).sqrt() - self.pattern
    }

    /// Whether a cue of that squared norm is in range; NaN is not.
    fn holds(&self, cue_norm: f64) -> bool {
        self.store && self.reach(cue_norm) <= SCORE_LIMIT
    }

    /// Scores within this of the largest are to be computed again, for a cue in range.
    pub(super) fn margin(&self, cue_norm: f64) -> Option<f32> {
        let error = 4.0 * f64::from(f32::EPSILON) * self.reach(cue_norm);
        let seen = matches!(self.score, Score::SquaredDistance { .. }) && error > REFINE_ABOVE;
        seen.then_some((REFINE_MARGIN + 2.0 * error) as f32)
    }

    /// Whether rounding may have decided between patterns, in a row with this largest score and this
    /// sum of weights.
    ///
    /// The offset of a cue is common to its scores, but takes their last digits where it is large. A row
    /// whose other weights all vanish lies further from a decision than that.
    fn doubts(&self, max: f32, sum: f32) -> bool {
        let rounding = max.abs() * f32::EPSILON;
        let contested = sum != 1.0;
        match self.score {
            Score::Dot { .. } => contested && rounding > ROUNDING_DOT,
            Score::SquaredDistance { .. } => {
                contested && rounding > ROUNDING_CONTESTED || rounding > ROUNDING_ALONE
            }
        }
    }
}

/// Reads the store with cues `[b, d]`; the values are the patterns themselves.
///
/// # Errors
/// [`Error::EmptyMemory`]; a wrong width; no rows; a score parameter that is not above 0.
///
/// # Complexity
/// `4 b n d` floating-point operations, less where weights underflow; memory O(b (block + d)).
pub fn read(store: &PatternStore, cues: Tensor<2>, score: Score) -> Result<Partial> {
    read_with_values(store, store, cues, score)
}

/// Reads `keys [n, d]` with cues `[b, d]` and mixes `values [n, v]`.
///
/// # Errors
/// As [`read`]; [`Error::Rows`] unless there is one value for each key.
pub fn read_with_values(
    keys: &PatternStore,
    values: &PatternStore,
    cues: Tensor<2>,
    score: Score,
) -> Result<Partial> {
    score.validate()?;
    if keys.is_empty() {
        return Err(Error::EmptyMemory);
    }
    if values.len() != keys.len() {
        return Err(Error::Rows {
            what: "values",
            expected: keys.len(),
            found: values.len(),
        });
    }
    check::shape("cues", &cues, keys.dim())?;
    let tracked = cues.device().is_autodiff();
    match (keys.host_blocks(), values.host_blocks()) {
        (Some(key_blocks), Some(value_blocks)) if !tracked => {
            read_host((keys, &key_blocks), (values, &value_blocks), cues, score)
        }
        _ => device::read(keys, values, cues, score),
    }
}

/// A store with its blocks in host memory.
type HostStore<'a> = (&'a PatternStore, &'a [&'a [f32]]);

fn read_host(
    (keys, key_blocks): HostStore<'_>,
    (values, value_blocks): HostStore<'_>,
    cues: Tensor<2>,
    score: Score,
) -> Result<Partial> {
    let device = cues.device();
    let [rows, dim] = cues.dims();
    let cues = check::to_host(cues)?;
    let exact = Exact {
        keys: key_blocks,
        key_dim: dim,
        values: value_blocks,
        value_dim: values.dim(),
        patterns: keys.len(),
        score,
    };
    let range = Range::new(score, keys, values);
    let norms: Vec<f32> = cues.chunks_exact(dim).map(squared_norm).collect();
    let within: Vec<bool> = norms.iter().map(|&norm| range.holds(norm.into())).collect();
    let mut partial = match within.contains(&true) {
        true => read_single(&exact, keys.squared_norms(), &range, &cues, &norms, &within),
        false => HostPartial::new(rows, values.dim()),
    };
    let again: Vec<usize> = (0..rows)
        .filter(|&row| !within[row] || range.doubts(partial.max[row], partial.sum[row]))
        .collect();
    exact.read_into(&cues, &again, &mut partial);
    Ok(to_partial(
        partial,
        (rows, values.dim()),
        keys.len(),
        &device,
    ))
}

/// Reads in single precision; rows that are not `within` its range are left without meaning.
fn read_single(
    parts: &Exact<'_>,
    key_norms: &[f32],
    range: &Range,
    cues: &[f32],
    norms: &[f32],
    within: &[bool],
) -> HostPartial {
    let dim = parts.key_dim;
    let scaled = Scaled::new(parts.score);
    // A row that is read elsewhere keeps its place, so that the others are read as without it, and does
    // there what another one does, so that it keeps no pattern alive.
    let other = within.iter().position(|&within| within).unwrap_or(0);
    let place = |row: usize| if within[row] { row } else { other };
    let queries: Vec<f32> = (0..norms.len())
        .flat_map(|row| &cues[place(row) * dim..(place(row) + 1) * dim])
        .map(|value| value * scaled.query)
        .collect();
    let offset: Vec<f32> = (0..norms.len())
        .map(|row| norms[place(row)] * scaled.offset)
        .collect();
    let margins: Vec<f32> = (0..norms.len())
        .map(|row| match within[row] {
            true => range.margin(norms[row].into()),
            false => None,
        })
        .map(|margin| margin.unwrap_or(f32::NEG_INFINITY))
        .collect();
    let refined = margins.iter().any(|&margin| margin > 0.0);
    HostRead {
        keys: parts.keys,
        key_dim: dim,
        values: parts.values,
        value_dim: parts.value_dim,
        norms: key_norms,
        bias_scale: scaled.bias,
        queries: &queries,
        offset: &offset,
        cap: scaled.cap,
        refine: refined.then_some(Refine {
            cues,
            scale: f64::from(scaled.bias),
            margins: &margins,
        }),
    }
    .run()
}

/// Reads every row in `f64`, wherever the patterns are.
pub(super) fn read_exact(
    keys: &PatternStore,
    values: &PatternStore,
    cues: Tensor<2>,
    score: Score,
) -> Result<Partial> {
    let ([rows, dim], device) = (cues.dims(), cues.device());
    let (cues, key_rows, value_rows) = (check::to_host(cues)?, keys.to_host()?, values.to_host()?);
    let mut partial = HostPartial::new(rows, values.dim());
    let exact = Exact {
        keys: &[&key_rows],
        key_dim: dim,
        values: &[&value_rows],
        value_dim: values.dim(),
        patterns: keys.len(),
        score,
    };
    exact.read_into(&cues, &(0..rows).collect::<Vec<_>>(), &mut partial);
    Ok(to_partial(
        partial,
        (rows, values.dim()),
        keys.len(),
        &device,
    ))
}

fn to_partial(
    found: HostPartial,
    (rows, width): (usize, usize),
    count: usize,
    device: &Device,
) -> Partial {
    Partial {
        max: Tensor::from_data(TensorData::new(found.max, [rows]), device),
        sum: Tensor::from_data(TensorData::new(found.sum, [rows]), device),
        weighted: Tensor::from_data(TensorData::new(found.weighted, [rows, width]), device),
        best: Tensor::from_data(TensorData::new(found.best, [rows]), device),
        count,
    }
}

/// The largest of some squared norms.
pub(super) fn largest(norms: &[f32]) -> f64 {
    f64::from(norms.iter().copied().fold(0.0, f32::max))
}
