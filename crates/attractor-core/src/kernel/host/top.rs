//! The best patterns of each cue, and the sum of the weights of all, in one pass over the patterns.
//!
//! Scores in single precision only say which patterns may be among the best: those within the rounding of the
//! worst that is kept are computed again from their entries, in `f64`. What is kept is therefore the same for
//! every instruction set, and of equal patterns the first ones.

use rayon::prelude::*;

use super::best::{Best, Found};
use super::chunk::{Query, Work, chunk_rows, score, width};
use super::few::Few;
use super::product::Kernel;
use super::simd::{self, Instructions, Lanes};
use super::softmax::{exponentials, for_vectors, refine_near_max, row_max};
use super::task::{UNDERFLOW, rows_from};
use super::{Function, GROUP_PANELS, Panel, Refine, Rows, SERIAL_BELOW, Task, pack, panels, tasks};
use crate::kernel::partial::NOTHING;
use crate::kernel::similarity::Rule;

/// One search. Scores are as those of [`super::HostRead`].
pub(crate) struct HostTop<'a> {
    /// Blocks of row-major keys.
    pub(crate) keys: &'a [Rows<'a>],
    pub(crate) dim: usize,
    /// Squared norms of the keys.
    pub(crate) norms: &'a [f32],
    pub(crate) bias_scale: f32,
    /// `[b, dim]`, scaled so that the dot product is the score.
    pub(crate) queries: &'a [f32],
    /// Added to every score of a cue, `[b]`.
    pub(crate) offset: &'a [f32],
    pub(crate) cap: f32,
    pub(crate) refine: Option<Refine<'a>>,
    pub(crate) function: Option<Function<'a>>,
    /// Cues as they are, `[b, dim]`.
    pub(crate) cues: &'a [f32],
    /// Rounding of each cue's scores, `[b]`.
    pub(crate) slack: &'a [f64],
    pub(crate) rule: Rule<'a>,
    /// Patterns that are kept for each cue.
    pub(crate) most: usize,
}

/// What is found for one cue.
pub(crate) struct HostBest {
    pub(crate) best: Best,
    pub(crate) max: f32,
    pub(crate) sum: f32,
}

impl HostTop<'_> {
    /// Searches all patterns.
    pub(crate) fn run(&self) -> Vec<HostBest> {
        self.run_with(Instructions::best())
    }

    pub(in crate::kernel) fn run_with(&self, isa: Instructions) -> Vec<HostBest> {
        let (cues, patterns) = (self.offset.len(), self.norms.len());
        let panels = panels(cues);
        let parallel = cues * patterns * self.dim >= SERIAL_BELOW;
        let packed = pack(self.queries, self.dim, self.offset, &panels, parallel);
        let (tasks, splits) = tasks(&packed, patterns);
        let run = |task: &Task<'_>| dispatch(isa, self, task);
        let parts: Vec<Vec<PanelTop>> = match parallel {
            true => tasks.par_iter().map(run).collect(),
            false => tasks.iter().map(run).collect(),
        };
        let mut parts = parts.into_iter();
        let mut out = Vec::with_capacity(cues);
        for group in panels.chunks(GROUP_PANELS) {
            let mut merged: Vec<PanelTop> = parts.next().unwrap_or_default();
            for _ in 1..splits {
                let later = parts.next().unwrap_or_default();
                for (merged, later) in merged.iter_mut().zip(later) {
                    merged.join(later);
                }
            }
            for (panel, found) in group.iter().zip(merged) {
                let sums = found.max.into_iter().zip(found.sum);
                let rows = found.best.into_iter().zip(sums).take(panel.cues);
                out.extend(rows.map(|(best, (max, sum))| HostBest { best, max, sum }));
            }
        }
        out
    }
}

/// What a panel finds among some patterns.
struct PanelTop {
    /// One per cue.
    best: Vec<Best>,
    /// Scores that may be among the best are above these; one per lane.
    floor: Vec<f32>,
    max: Vec<f32>,
    sum: Vec<f32>,
}

impl PanelTop {
    fn new(panel: Panel, most: usize) -> Self {
        let width = panel.vectors * 16;
        let mut floor = vec![f32::NEG_INFINITY; width];
        // Nothing is sought for spare lanes.
        floor[panel.cues..].fill(f32::INFINITY);
        Self {
            best: vec![Best::new(most); panel.cues],
            floor,
            max: vec![NOTHING; width],
            sum: vec![0.0; width],
        }
    }

    /// Joins what was found among later patterns.
    fn join(&mut self, later: Self) {
        for (best, later) in self.best.iter_mut().zip(later.best) {
            best.join(later);
        }
        for (lane, later_max) in later.max.into_iter().enumerate() {
            let max = self.max[lane].max(later_max);
            self.sum[lane] = self.sum[lane] * (self.max[lane] - max).exp()
                + later.sum[lane] * (later_max - max).exp();
            self.max[lane] = max;
        }
    }

    fn raise_max(&mut self, chunk_max: &[f32]) {
        for (lane, &new) in chunk_max.iter().enumerate() {
            if new > self.max[lane] {
                self.sum[lane] *= (self.max[lane] - new).exp();
                self.max[lane] = new;
            }
        }
    }
}

/// Searches patterns `from..to` for some panels.
///
/// # Safety
/// The instructions of `K` must be available.
#[inline(always)]
unsafe fn run<K: Kernel>(top: &HostTop<'_>, &(group, from, to): &Task<'_>) -> Vec<PanelTop> {
    let dim = top.dim;
    let query = Query {
        values: top.queries,
        dim,
        bias_scale: top.bias_scale,
        cap: top.cap,
    };
    let chunk = chunk_rows(width(group), dim, dim).min(to - from);
    let mut work: Vec<Work<'_, PanelTop>> = group
        .iter()
        .map(|packed| Work::new(packed, PanelTop::new(packed.panel, top.most), chunk))
        .collect();
    let mut active = Vec::with_capacity(chunk);
    let mut room = Vec::new();
    let mut at = from;
    while at < to {
        let (keys, rows) = rows_from(top.keys, dim, at);
        let count = chunk.min(to - at).min(rows);
        let first = at;
        at += count;
        let keys = keys.part(0, count * dim);
        let norms = &top.norms[first..at];
        // Safety: `keys` and `norms` hold `count` rows, the caller grants the instructions.
        let keys = unsafe { score::<K, _>(&query, &mut work, keys, norms, &mut room) };
        for work in &mut work {
            // Safety: the caller grants the instructions.
            unsafe { visit::<K>(top, work, keys, first, &mut active) };
        }
    }
    work.into_iter().map(|work| work.partial).collect()
}

/// Takes the scores of a chunk in: patterns that belong to the best, and weights.
#[inline(always)]
unsafe fn visit<K: Kernel>(
    top: &HostTop<'_>,
    work: &mut Work<'_, PanelTop>,
    keys: Rows<'_>,
    first: usize,
    active: &mut Vec<usize>,
) {
    if work.packed.is_few() {
        // Safety: the caller's.
        return unsafe { visit_few::<K>(top, work, keys, first, active) };
    }
    let Work {
        packed,
        partial,
        scores,
        chunk_max,
        ..
    } = work;
    let (panel, dim) = (packed.panel, top.dim);
    let count = keys.numbers() / dim;
    let scores = &mut scores.numbers_mut()[..count * panel.vectors * 16];
    // Safety: `scores` holds `count` rows of the panel's vectors; floors, maxima and sums have one entry per lane.
    unsafe {
        for_vectors!(
            panel.vectors,
            collect::<K>(top, panel, scores, keys, first, partial)
        );
        if let Some(function) = &top.function {
            function.apply(scores, keys, dim, panel);
            chunk_max.fill(NOTHING);
            for_vectors!(panel.vectors, row_max::<K>(scores, chunk_max));
        }
        if let Some(refine) = &top.refine
            && for_vectors!(
                panel.vectors,
                refine_near_max::<K>(scores, keys, dim, refine, panel, &partial.max, chunk_max)
            )
        {
            chunk_max.fill(NOTHING);
            for_vectors!(panel.vectors, row_max::<K>(scores, chunk_max));
        }
        let mut pairs = chunk_max.iter().zip(&partial.max);
        if pairs.all(|(new, max)| new - max < UNDERFLOW) {
            return;
        }
        partial.raise_max(chunk_max);
        let (max, sum) = (&partial.max, &mut partial.sum);
        for_vectors!(panel.vectors, exponentials::<K>(scores, max, sum, active));
    }
}

/// [`visit`] of few cues.
#[inline(always)]
unsafe fn visit_few<K: Kernel>(
    top: &HostTop<'_>,
    work: &mut Work<'_, PanelTop>,
    keys: Rows<'_>,
    first: usize,
    active: &mut Vec<usize>,
) {
    let (packed, partial, dim) = (work.packed, &mut work.partial, top.dim);
    let count = keys.numbers() / dim;
    let max = &mut work.chunk_max[..packed.panel.cues];
    let mut few = Few::new(work.scores.numbers_mut(), work.stride, count, packed);
    // Safety: a vector lies in sixteen scores, the caller grants the instructions.
    unsafe {
        for cue in 0..packed.panel.cues {
            for (group, scores) in few.of(cue).chunks_exact(16).enumerate() {
                let floor = K::splat(partial.floor[cue]);
                if !K::load(scores.as_ptr()).sub(floor).any_positive() {
                    continue;
                }
                let rows = scores.iter().enumerate().take(count - group * 16);
                for (row, &score) in rows {
                    if score > partial.floor[cue] {
                        offer(
                            top,
                            (packed.panel.start, cue),
                            keys,
                            (first, group * 16 + row),
                            partial,
                        );
                    }
                }
            }
        }
        if let Some(function) = &top.function {
            few.apply(function, keys, dim);
            few.maxima::<K>(max);
        }
        if let Some(refine) = &top.refine
            && few.refine::<K>((refine, keys, dim), &partial.max, max)
        {
            few.maxima::<K>(max);
        }
        let mut pairs = max.iter().zip(&partial.max);
        if pairs.all(|(new, max)| new - max < UNDERFLOW) {
            return;
        }
        partial.raise_max(max);
        few.exponentials::<K>(&partial.max, &mut partial.sum, active);
    }
}

/// Offers a pattern, by its index among all and in the chunk, to a cue by its place among all and in the panel.
#[inline(always)]
fn offer(
    top: &HostTop<'_>,
    (start, lane): (usize, usize),
    keys: Rows<'_>,
    (first, row): (usize, usize),
    partial: &mut PanelTop,
) {
    let (dim, cue) = (top.dim, start + lane);
    let mut room = Vec::new();
    let key = keys.row(row, dim, &mut room);
    let best = &mut partial.best[lane];
    best.offer(Found {
        rank: top.rule.rank(key, &top.cues[cue * dim..(cue + 1) * dim]),
        index: first + row,
    });
    if let Some(floor) = best.floor() {
        // Rounded down: what is at the floor may still be above it.
        partial.floor[lane] = ((floor - top.slack[cue]) as f32).next_down();
    }
}

/// Offers patterns whose scores are above the floors.
#[inline(always)]
unsafe fn collect<L: Lanes, const V: usize>(
    top: &HostTop<'_>,
    panel: Panel,
    scores: &[f32],
    keys: Rows<'_>,
    first: usize,
    partial: &mut PanelTop,
) {
    let dim = top.dim;
    for row in 0..keys.numbers() / dim {
        for v in 0..V {
            let at = (row * V + v) * 16;
            // Safety: every row of `scores`, and the floors, hold `V` vectors.
            let any = unsafe {
                let floor = L::load(partial.floor.as_ptr().add(v * 16));
                let score = L::load(scores.as_ptr().add(at));
                score.sub(floor).any_positive()
            };
            if !any {
                continue;
            }
            for lane in v * 16..(v * 16 + 16).min(panel.cues) {
                if scores[at + lane - v * 16] <= partial.floor[lane] {
                    continue;
                }
                offer(top, (panel.start, lane), keys, (first, row), partial);
            }
        }
    }
}

fn dispatch(isa: Instructions, top: &HostTop<'_>, task: &Task<'_>) -> Vec<PanelTop> {
    // Safety: each variant runs only where its instructions were detected.
    match isa {
        #[cfg(target_arch = "x86_64")]
        Instructions::Avx512 => unsafe { avx512(top, task) },
        #[cfg(target_arch = "x86_64")]
        Instructions::Avx2 => unsafe { avx2(top, task) },
        Instructions::Portable => unsafe { run::<simd::Portable16>(top, task) },
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx2,fma,f16c")]
unsafe fn avx512(top: &HostTop<'_>, task: &Task<'_>) -> Vec<PanelTop> {
    unsafe { run::<simd::x86::Avx512>(top, task) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn avx2(top: &HostTop<'_>, task: &Task<'_>) -> Vec<PanelTop> {
    unsafe { run::<simd::x86::Avx2x2>(top, task) }
}
