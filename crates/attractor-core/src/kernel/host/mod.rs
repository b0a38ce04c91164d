//! The softmax read on host memory: cache-blocked, vectorised, parallel, deterministic.
//!
//! Cues are packed into panels of at most 48 lanes, one cue per lane. A panel visits a range of
//! patterns in chunks that stay in the second-level cache: scores of the chunk, running maximum,
//! exponentials, weighted sum. Both products are one micro-kernel that multiplies broadcast
//! pattern entries with panel vectors, so that patterns are read in place and never packed.
//!
//! Two things make sharp reads, the usual case in an associative memory, cheaper than dense
//! attention: chunks without a weight above the underflow limit skip the second product, and
//! chunks with few such patterns run it on those alone. Neither changes the result.
//!
//! How patterns are split among tasks depends on the shapes only, never on the number of threads,
//! so results are equal on every machine with the same instructions.

pub(crate) mod simd;
mod task;

use rayon::prelude::*;

use self::task::PanelPartial;

/// Vectors of a full panel.
const PANEL_VECTORS: usize = 3;
/// Below this many multiply-adds, threads cost more than they bring.
const SERIAL_BELOW: usize = 400_000;
/// Tasks to aim at: enough for many cores, few enough that merging is free.
const TASKS: usize = 32;
/// A task should visit at least this many patterns.
const MIN_TASK_PATTERNS: usize = 256;

/// One read. Scores are `query . key + bias_scale * norm + offset`, at most `cap`.
pub(crate) struct HostRead<'a> {
    /// Blocks of row-major keys.
    pub(crate) keys: &'a [&'a [f32]],
    pub(crate) key_dim: usize,
    /// Blocks of row-major values; the blocks may be cut elsewhere than those of the keys.
    pub(crate) values: &'a [&'a [f32]],
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
}

/// Direct computation of the scores near the maximum, for squared distances.
pub(crate) struct Refine<'a> {
    /// Unscaled cues, `[b, key_dim]`.
    pub(crate) cues: &'a [f32],
    /// Score = `scale * |key - cue|^2`, negative.
    pub(crate) scale: f64,
    /// Scores within this of the maximum are computed again.
    pub(crate) margin: f32,
}

/// Row-major result.
pub(crate) struct HostPartial {
    pub(crate) max: Vec<f32>,
    pub(crate) sum: Vec<f32>,
    pub(crate) weighted: Vec<f32>,
    pub(crate) best: Vec<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Isa {
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    Portable,
}

impl Isa {
    fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx512f") {
                return Self::Avx512;
            }
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                return Self::Avx2;
            }
        }
        Self::Portable
    }

    /// Every variant that this machine can run.
    #[cfg(test)]
    fn runnable() -> Vec<Self> {
        let mut all = vec![Self::Portable];
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                all.push(Self::Avx2);
            }
            if is_x86_feature_detected!("avx512f") {
                all.push(Self::Avx512);
            }
        }
        all
    }
}

impl HostRead<'_> {
    fn cues(&self) -> usize {
        self.offset.len()
    }

    /// Runs the read over all patterns.
    pub(crate) fn run(&self) -> HostPartial {
        self.run_with(Isa::detect())
    }

    fn run_with(&self, isa: Isa) -> HostPartial {
        let patterns = self.norms.len();
        let panels = panels(self.cues());
        let splits = TASKS
            .div_ceil(panels.len().max(1))
            .min(patterns.div_ceil(MIN_TASK_PATTERNS))
            .max(1);
        let step = patterns.div_ceil(splits).max(1);
        let work = self.cues() * patterns * (self.key_dim + self.value_dim);
        let tasks: Vec<(Panel, usize, usize)> = panels
            .iter()
            .flat_map(|&panel| {
                (0..splits).map(move |split| {
                    (panel, (split * step).min(patterns), ((split + 1) * step).min(patterns))
                })
            })
            .collect();
        let run = |&(panel, from, to): &(Panel, usize, usize)| dispatch(isa, self, panel, from, to);
        let parts: Vec<PanelPartial> = if work < SERIAL_BELOW || tasks.len() == 1 {
            tasks.iter().map(run).collect()
        } else {
            tasks.par_iter().map(run).collect()
        };

        let mut out = HostPartial {
            max: Vec::with_capacity(self.cues()),
            sum: Vec::with_capacity(self.cues()),
            weighted: vec![0.0; self.cues() * self.value_dim],
            best: Vec::with_capacity(self.cues()),
        };
        let mut parts = parts.into_iter();
        for panel in panels {
            let Some(mut merged) = parts.next() else { break };
            for part in parts.by_ref().take(splits - 1) {
                merged.merge(part);
            }
            let rows = panel.start * self.value_dim..(panel.start + panel.cues) * self.value_dim;
            merged.write(panel.cues, &mut out.weighted[rows]);
            out.max.extend_from_slice(&merged.max[..panel.cues]);
            out.sum.extend_from_slice(&merged.sum[..panel.cues]);
            out.best.extend_from_slice(&merged.best[..panel.cues]);
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
/// single vector beside a full panel would waste the broadcasts, so 4 is cut as 2 + 2.
fn panels(cues: usize) -> Vec<Panel> {
    let mut vectors = cues.div_ceil(16);
    let mut start = 0;
    let mut panels = Vec::new();
    while vectors > 0 {
        let take = match vectors {
            4 => 2,
            _ => vectors.min(PANEL_VECTORS),
        };
        let count = (take * 16).min(cues - start);
        panels.push(Panel { start, cues: count, vectors: take });
        start += count;
        vectors -= take;
    }
    panels
}

fn dispatch(isa: Isa, read: &HostRead<'_>, panel: Panel, from: usize, to: usize) -> PanelPartial {
    // Safety: each variant runs only where its instructions were detected.
    match (isa, panel.vectors) {
        #[cfg(target_arch = "x86_64")]
        (Isa::Avx512, 1) => unsafe { avx512::<1, 12>(read, panel, from, to) },
        #[cfg(target_arch = "x86_64")]
        (Isa::Avx512, 2) => unsafe { avx512::<2, 12>(read, panel, from, to) },
        #[cfg(target_arch = "x86_64")]
        (Isa::Avx512, _) => unsafe { avx512::<3, 8>(read, panel, from, to) },
        #[cfg(target_arch = "x86_64")]
        (Isa::Avx2, 1) => unsafe { avx2::<1, 6>(read, panel, from, to) },
        #[cfg(target_arch = "x86_64")]
        (Isa::Avx2, 2) => unsafe { avx2::<2, 3>(read, panel, from, to) },
        #[cfg(target_arch = "x86_64")]
        (Isa::Avx2, _) => unsafe { avx2::<3, 2>(read, panel, from, to) },
        (Isa::Portable, 1) => unsafe { task::run::<simd::Portable, 1, 4>(read, panel, from, to) },
        (Isa::Portable, 2) => unsafe { task::run::<simd::Portable, 2, 2>(read, panel, from, to) },
        (Isa::Portable, _) => unsafe { task::run::<simd::Portable, 3, 2>(read, panel, from, to) },
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx2,fma")]
unsafe fn avx512<const V: usize, const R: usize>(
    read: &HostRead<'_>,
    panel: Panel,
    from: usize,
    to: usize,
) -> PanelPartial {
    unsafe { task::run::<simd::x86::Avx512, V, R>(read, panel, from, to) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn avx2<const V: usize, const R: usize>(
    read: &HostRead<'_>,
    panel: Panel,
    from: usize,
    to: usize,
) -> PanelPartial {
    unsafe { task::run::<simd::x86::Avx2, V, R>(read, panel, from, to) }
}

#[cfg(test)]
mod tests;
