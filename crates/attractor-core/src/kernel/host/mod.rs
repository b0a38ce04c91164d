//! The softmax read on host memory: cache-blocked, vectorised, parallel, deterministic.
//!
//! Cues are packed into panels of at most 64 lanes, one cue per lane, and one or two panels visit
//! a range of patterns in chunks: scores of the chunk, running maximum, exponentials, weighted
//! sums. The first product multiplies broadcast pattern entries with vectors of cues, the second
//! broadcast weights with vectors of values; patterns are read in place, and each product fetches
//! what it needs next while it works. Fewer cues than lanes are served by dot products along the
//! patterns instead.
//!
//! Two things make sharp reads, the usual case in an associative memory, cheaper than dense
//! attention: chunks without a weight above the underflow limit skip the second product, and
//! chunks with few such patterns add those alone. Neither changes the result.
//!
//! How patterns are split among tasks depends on the shapes only, never on the number of threads,
//! so results are equal on every machine with the same instructions.

mod best;
mod chunk;
mod few;
mod function;
mod matrix;
mod mix;
mod panel;
mod product;
mod rows;
pub(crate) mod simd;
mod softmax;
mod task;
mod top;
mod waves;

use rayon::prelude::*;

pub(super) use self::best::{Best, Found};
use self::chunk::Query;
pub(crate) use self::function::Function;
pub use self::matrix::PackedMatrix;
use self::panel::{Packed, PanelPartial};
pub(crate) use self::rows::Rows;
use self::simd::Instructions;
pub use self::softmax::squared_distance;
pub(super) use self::task::rows_from;
pub(super) use self::top::{HostBest, HostTop};
pub use self::waves::{WaveSums, Waves};

/// Vectors of a full panel.
const PANEL_VECTORS: usize = 4;
/// Panels that pass over the patterns together.
const GROUP_PANELS: usize = 2;
/// Below this many multiply-adds, threads cost more than they bring.
const SERIAL_BELOW: usize = 400_000;
/// Tasks to aim at: enough for many cores, few enough that merging is free.
const TASKS: usize = 32;
/// A task should visit at least this many patterns.
const MIN_TASK_PATTERNS: usize = 256;

/// One read. Scores are `query . key + bias_scale * norm + offset`, at most `cap`.
pub(crate) struct HostRead<'a> {
    /// Blocks of row-major keys.
    pub(crate) keys: &'a [Rows<'a>],
    pub(crate) key_dim: usize,
    /// Blocks of row-major values; the blocks may be cut elsewhere than those of the keys.
    pub(crate) values: &'a [Rows<'a>],
    pub(crate) value_dim: usize,
    /// Squared norms of the keys.
    pub(crate) norms: &'a [f32],
    pub(crate) bias_scale: f32,
    /// `[b, key_dim]`, scaled so that the dot product is the score.
    pub(crate) queries: &'a [f32],
    /// Added to every score of a cue, `[b]`.
    pub(crate) offset: &'a [f32],
    pub(crate) cap: f32,
    pub(crate) refine: Option<Refine<'a>>,
    /// What makes scores of the numbers above, if those are not scores yet.
    pub(crate) function: Option<Function<'a>>,
}

/// Direct computation of the scores near the maximum, for squared distances.
pub(crate) struct Refine<'a> {
    /// Unscaled cues, `[b, key_dim]`.
    pub(crate) cues: &'a [f32],
    /// Score = `scale * |key - cue|^2`, negative.
    pub(crate) scale: f64,
    /// Scores of each cue within this of its maximum are computed again, `[b]`; minus infinity where
    /// none are.
    pub(crate) margins: &'a [f32],
}

/// Row-major result.
pub(crate) struct HostPartial {
    pub(crate) max: Vec<f32>,
    pub(crate) sum: Vec<f32>,
    pub(crate) weighted: Vec<f32>,
    pub(crate) best: Vec<i64>,
}

impl HostPartial {
    /// Of `rows` cues, nothing read.
    pub(crate) fn new(rows: usize, value_dim: usize) -> Self {
        Self {
            max: vec![super::partial::NOTHING; rows],
            sum: vec![0.0; rows],
            weighted: vec![0.0; rows * value_dim],
            best: vec![0; rows],
        }
    }
}

impl HostRead<'_> {
    fn cues(&self) -> usize {
        self.offset.len()
    }

    fn query(&self) -> Query<'_> {
        Query {
            values: self.queries,
            dim: self.key_dim,
            bias_scale: self.bias_scale,
            cap: self.cap,
        }
    }

    /// Runs the read over all patterns.
    pub(crate) fn run(&self) -> HostPartial {
        self.run_with(Instructions::best())
    }

    fn run_with(&self, isa: Instructions) -> HostPartial {
        let patterns = self.norms.len();
        let panels = panels(self.cues());
        let work = self.cues() * patterns * (self.key_dim + self.value_dim);
        let parallel = work >= SERIAL_BELOW;
        let packed = pack(self.queries, self.key_dim, self.offset, &panels, parallel);
        let (tasks, splits) = tasks(&packed, patterns);
        let run = |&(group, from, to): &Task<'_>| dispatch(isa, self, group, from, to);
        let mut parts: Vec<Vec<PanelPartial>> = if parallel {
            tasks.par_iter().map(run).collect()
        } else {
            tasks.iter().map(run).collect()
        };

        let mut out = HostPartial {
            max: Vec::with_capacity(self.cues()),
            sum: Vec::with_capacity(self.cues()),
            weighted: vec![0.0; self.cues() * self.value_dim],
            best: Vec::with_capacity(self.cues()),
        };
        for (group, parts) in panels.chunks(GROUP_PANELS).zip(parts.chunks_mut(splits)) {
            for (index, panel) in group.iter().enumerate() {
                let [merged, rest @ ..] = &mut *parts else {
                    break;
                };
                let merged = &mut merged[index];
                for part in rest {
                    merged.merge(&part[index]);
                }
                let rows =
                    panel.start * self.value_dim..(panel.start + panel.cues) * self.value_dim;
                merged.write(self.value_dim, &mut out.weighted[rows]);
                out.max.extend_from_slice(&merged.max[..panel.cues]);
                out.sum.extend_from_slice(&merged.sum[..panel.cues]);
                out.best.extend_from_slice(&merged.best[..panel.cues]);
            }
        }
        out
    }
}

/// Neighbouring cues that share vectors.
#[derive(Clone, Copy, Debug)]
struct Panel {
    start: usize,
    cues: usize,
    vectors: usize,
}

/// Cuts `cues` into panels of at most [`PANEL_VECTORS`] vectors of 16 with little padding; a
/// single vector beside a full panel would waste broadcasts, so the last two panels share their
/// vectors evenly.
fn panels(cues: usize) -> Vec<Panel> {
    let mut vectors = cues.div_ceil(16);
    let mut start = 0;
    let mut panels = Vec::new();
    while vectors > 0 {
        let take = match vectors {
            ..=PANEL_VECTORS => vectors,
            _ => PANEL_VECTORS.min(vectors.div_ceil(2)),
        };
        let count = (take * 16).min(cues - start);
        panels.push(Panel {
            start,
            cues: count,
            vectors: take,
        });
        start += count;
        vectors -= take;
    }
    panels
}

/// The panels' queries laid out for the kernel.
fn pack(
    queries: &[f32],
    dim: usize,
    offset: &[f32],
    panels: &[Panel],
    parallel: bool,
) -> Vec<Packed> {
    let pack = |&panel: &Panel| Packed::new(queries, dim, offset, panel);
    match parallel {
        true => panels.par_iter().map(pack).collect(),
        false => panels.iter().map(pack).collect(),
    }
}

/// Panels that pass over a range of patterns together.
type Task<'a> = (&'a [Packed], usize, usize);

/// All tasks, those of each group of panels one after the other, and how many a group has.
fn tasks(packed: &[Packed], patterns: usize) -> (Vec<Task<'_>>, usize) {
    let groups = packed.len().div_ceil(GROUP_PANELS);
    let splits = TASKS
        .div_ceil(groups.max(1))
        .min(patterns.div_ceil(MIN_TASK_PATTERNS))
        .max(1);
    let step = patterns.div_ceil(splits).max(1);
    let tasks = packed
        .chunks(GROUP_PANELS)
        .flat_map(|group| {
            (0..splits).map(move |split| {
                (
                    group,
                    (split * step).min(patterns),
                    ((split + 1) * step).min(patterns),
                )
            })
        })
        .collect();
    (tasks, splits)
}

fn dispatch(
    isa: Instructions,
    read: &HostRead<'_>,
    group: &[Packed],
    from: usize,
    to: usize,
) -> Vec<PanelPartial> {
    // Safety: each variant runs only where its instructions were detected.
    match isa {
        #[cfg(target_arch = "x86_64")]
        Instructions::Avx512 => unsafe { avx512(read, group, from, to) },
        #[cfg(target_arch = "x86_64")]
        Instructions::Avx2 => unsafe { avx2(read, group, from, to) },
        Instructions::Portable => unsafe { task::run::<simd::Portable16>(read, group, from, to) },
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx2,fma,f16c")]
unsafe fn avx512(
    read: &HostRead<'_>,
    group: &[Packed],
    from: usize,
    to: usize,
) -> Vec<PanelPartial> {
    unsafe { task::run::<simd::x86::Avx512>(read, group, from, to) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn avx2(read: &HostRead<'_>, group: &[Packed], from: usize, to: usize) -> Vec<PanelPartial> {
    unsafe { task::run::<simd::x86::Avx2x2>(read, group, from, to) }
}

#[cfg(test)]
mod tests;
