//! The best patterns of each cue, and the sum of the weights of all, in one pass over the patterns.
//!
//! Scores in single precision only say which patterns may be among the best: those within the rounding of the
//! worst that is kept are computed again from their entries, in `f64`. What is kept is therefore the same for
//! every instruction set, and of equal patterns the first ones.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use rayon::prelude::*;

use super::chunk::{Query, Work, chunk_rows, score, width};
use super::product::Kernel;
use super::simd::{self, Instructions, Lanes};
use super::softmax::{exponentials, for_vectors, refine_near_max, row_max};
use super::task::{UNDERFLOW, rows_from};
use super::{Function, GROUP_PANELS, Panel, Refine, Rows, SERIAL_BELOW, Task, pack, panels, tasks};
use crate::kernel::partial::NOTHING;
use crate::kernel::similarity::Rule;

/// A pattern and what it is ranked by. The greater of two has the higher rank, or the lower index at equal ones.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Found {
    pub(crate) rank: f64,
    pub(crate) index: usize,
}

impl Eq for Found {}

impl Ord for Found {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_rank = self.rank.total_cmp(&other.rank);
        by_rank.then(other.index.cmp(&self.index))
    }
}

impl PartialOrd for Found {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The best that were offered, `most` at most.
#[derive(Debug, Clone)]
pub(crate) struct Best {
    most: usize,
    heap: BinaryHeap<Reverse<Found>>,
}

impl Best {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            most,
            heap: BinaryHeap::new(),
        }
    }

    pub(crate) fn offer(&mut self, found: Found) {
        if self.heap.len() < self.most {
            self.heap.push(Reverse(found));
        } else if let Some(mut worst) = self.heap.peek_mut()
            && found > worst.0
        {
            *worst = Reverse(found);
        }
    }

    /// The rank of the worst, once there is no room left.
    pub(crate) fn floor(&self) -> Option<f64> {
        let worst = self.heap.peek().filter(|_| self.heap.len() == self.most);
        worst.map(|worst| worst.0.rank)
    }

    pub(crate) fn join(&mut self, other: Self) {
        other.heap.into_iter().for_each(|found| self.offer(found.0));
    }

    /// The best first.
    pub(crate) fn sorted(self) -> Vec<Found> {
        let sorted = self.heap.into_sorted_vec();
        sorted.into_iter().map(|found| found.0).collect()
    }
}

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
        unsafe { score::<K, _>(&query, &mut work, keys, norms, &mut room) };
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
    let Work {
        packed,
        partial,
        scores,
        chunk_max,
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
    let mut room = Vec::new();
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
                let cue = panel.start + lane;
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
