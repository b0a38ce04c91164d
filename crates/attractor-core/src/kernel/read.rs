//! The read's entry points: choose scores, prepare queries, run where the patterns live.

use burn::tensor::{Tensor, TensorData};
use serde::{Deserialize, Serialize};

use super::host::{HostRead, Refine};
use super::store::squared_norm;
use super::{Partial, PatternStore, device};
use crate::error::require_positive;
use crate::{Error, Result, check};

/// Rounding errors of a score above this make the read compute the scores that matter again.
const REFINE_ABOVE: f64 = 1e-4;
/// Scores further than this below the maximum have no visible weight.
const REFINE_MARGIN: f64 = 24.0;
/// Scores are kept below this, far from overflow: a larger beta changes nothing.
const SCORE_LIMIT: f64 = 1e30;

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

/// The numbers that both forms of the read share.
pub(super) struct Scaled {
    /// Queries are cues times this.
    pub(super) query: f32,
    /// Times the squared norm of a pattern.
    pub(super) bias: f32,
    /// Times the squared norm of a cue.
    pub(super) offset: f32,
    pub(super) cap: f32,
    /// Margin of the scores to compute again, if rounding could be seen.
    pub(super) refine: Option<f32>,
}

impl Scaled {
    /// For scores of cues with squared norms up to `cue_norm`, patterns up to `pattern_norm`.
    pub(super) fn new(score: Score, cue_norm: f64, pattern_norm: f64) -> Self {
        let reach = (cue_norm.sqrt() + pattern_norm.sqrt())
            .powi(2)
            .max(f64::MIN_POSITIVE);
        match score {
            Score::Dot { beta } => Self {
                query: f64::from(beta).min(SCORE_LIMIT / reach) as f32,
                bias: 0.0,
                offset: 0.0,
                cap: f32::MAX,
                refine: None,
            },
            Score::SquaredDistance { variance } => {
                let half_precision = (0.5 / f64::from(variance)).min(SCORE_LIMIT / reach);
                let error = 4.0 * f64::from(f32::EPSILON) * reach * half_precision;
                Self {
                    query: (2.0 * half_precision) as f32,
                    bias: -half_precision as f32,
                    offset: -half_precision as f32,
                    cap: 0.0,
                    refine: (error > REFINE_ABOVE).then_some((REFINE_MARGIN + 2.0 * error) as f32),
                }
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
    let norms: Vec<f32> = cues.chunks_exact(dim).map(squared_norm).collect();
    let scaled = Scaled::new(score, largest(&norms), largest(keys.squared_norms()));
    // A dot product's scale is limited cue by cue: one huge cue must not cool the others.
    let pattern_norm = largest(keys.squared_norms());
    let queries: Vec<f32> = cues
        .chunks_exact(dim)
        .zip(&norms)
        .flat_map(|(cue, &norm)| {
            let scale = match score {
                Score::Dot { .. } => Scaled::new(score, norm.into(), pattern_norm).query,
                Score::SquaredDistance { .. } => scaled.query,
            };
            cue.iter().map(move |&value| value * scale)
        })
        .collect();
    let offset: Vec<f32> = norms.iter().map(|&norm| norm * scaled.offset).collect();
    let partial = HostRead {
        keys: key_blocks,
        key_dim: dim,
        values: value_blocks,
        value_dim: values.dim(),
        norms: keys.squared_norms(),
        bias_scale: scaled.bias,
        queries: &queries,
        offset: &offset,
        cap: scaled.cap,
        refine: scaled.refine.map(|margin| Refine {
            cues: &cues,
            scale: f64::from(scaled.bias),
            margin,
        }),
    }
    .run();
    Ok(Partial {
        max: Tensor::from_data(TensorData::new(partial.max, [rows]), &device),
        sum: Tensor::from_data(TensorData::new(partial.sum, [rows]), &device),
        weighted: Tensor::from_data(
            TensorData::new(partial.weighted, [rows, values.dim()]),
            &device,
        ),
        best: Tensor::from_data(TensorData::new(partial.best, [rows]), &device),
        count: keys.len(),
    })
}

/// The largest of some squared norms.
pub(super) fn largest(norms: &[f32]) -> f64 {
    f64::from(norms.iter().copied().fold(0.0, f32::max))
}
