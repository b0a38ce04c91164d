//! Scores of a few cues: vectors hold neighbouring patterns, so that no lane is idle.

use super::panel::Packed;
use super::product::Kernel;
use super::softmax::squared_distance;
use super::{Function, Refine, Rows};
use crate::kernel::partial::NOTHING;

/// Numbers from the scores of a cue to those of the next, for chunks of `rows` patterns: whole vectors.
pub(super) fn stride(rows: usize) -> usize {
    rows.next_multiple_of(16)
}

/// Scores of few cues, `stride` numbers for each, as those of panels: a row of sixteen lanes for each of `count`
/// patterns, spare ones 0.
pub(super) fn in_lanes(
    numbers: &mut [f32],
    (cues, stride): (usize, usize),
    count: usize,
    room: &mut Vec<f32>,
) {
    room.clear();
    room.extend_from_slice(&numbers[..cues * stride]);
    for (row, lanes) in numbers.chunks_exact_mut(16).enumerate().take(count) {
        lanes.fill(0.0);
        for (cue, lane) in lanes.iter_mut().enumerate().take(cues) {
            *lane = room[cue * stride + row];
        }
    }
}

/// Scores of `count` patterns for each cue of a panel. What fills the last vector up is [`NOTHING`].
pub(super) struct Few<'a> {
    scores: &'a mut [f32],
    stride: usize,
    count: usize,
    cues: usize,
    first: usize,
}

impl<'a> Few<'a> {
    /// Of a panel in a chunk: `scores` holds `stride` numbers for each of its cues.
    pub(super) fn new(scores: &'a mut [f32], stride: usize, count: usize, packed: &Packed) -> Self {
        let panel = packed.panel;
        assert!(count <= stride && panel.cues * stride <= scores.len());
        Self {
            scores,
            stride,
            count,
            cues: panel.cues,
            first: panel.start,
        }
    }

    /// Scores of one cue in whole vectors.
    pub(super) fn of(&mut self, cue: usize) -> &mut [f32] {
        &mut self.scores[cue * self.stride..][..self.count.next_multiple_of(16)]
    }

    /// Adds biases and offsets, applies the cap; the largest score of each cue goes to `max`.
    ///
    /// # Safety
    /// The instructions of `K` must be available.
    #[inline(always)]
    pub(super) unsafe fn shift_and_max<K: Kernel>(
        &mut self,
        norms: &[f32],
        (norm_scale, cap): (f32, f32),
        offset: &[f32],
        max: &mut [f32],
    ) {
        let count = self.count;
        for cue in 0..self.cues {
            let row = self.of(cue);
            // Safety: vectors lie in `row` and in sixteen norms, the caller grants the instructions.
            unsafe {
                let (scale, cap) = (K::splat(norm_scale), K::splat(cap));
                let offset = K::splat(offset[cue]);
                for (scores, norms) in row.chunks_exact_mut(16).zip(norms.chunks(16)) {
                    let mut whole = [0.0; 16];
                    let norm = match norms.len() {
                        16 => K::load(norms.as_ptr()),
                        rest => {
                            whole[..rest].copy_from_slice(norms);
                            K::load(whole.as_ptr())
                        }
                    };
                    let bias = scale.fma(norm, offset);
                    let score = K::load(scores.as_ptr()).add(bias).min(cap);
                    score.store(scores.as_mut_ptr());
                }
            }
            row[count..].fill(NOTHING);
        }
        // Safety: the caller grants the instructions.
        unsafe { self.maxima::<K>(max) };
    }

    /// The largest score of each cue.
    ///
    /// # Safety
    /// The instructions of `K` must be available.
    #[inline(always)]
    pub(super) unsafe fn maxima<K: Kernel>(&mut self, max: &mut [f32]) {
        for (cue, max) in max.iter_mut().enumerate().take(self.cues) {
            let mut lanes = [NOTHING; 16];
            // Safety: vectors lie in the row and in `lanes`, the caller grants the instructions.
            unsafe {
                let mut top = K::splat(NOTHING);
                for scores in self.of(cue).chunks_exact(16) {
                    top = top.max(K::load(scores.as_ptr()));
                }
                top.store(lanes.as_mut_ptr());
            }
            *max = lanes.into_iter().fold(NOTHING, f32::max);
        }
    }

    /// The first pattern with the score `max` of a cue.
    pub(super) fn row_of(&mut self, cue: usize, max: f32) -> usize {
        let mut scores = self.of(cue).iter();
        scores.position(|&score| score == max).unwrap_or(0)
    }

    /// Makes scores of products or distances.
    pub(super) fn apply(&mut self, function: &Function<'_>, keys: Rows<'_>, dim: usize) {
        let (count, first) = (self.count, self.first);
        for cue in 0..self.cues {
            function.apply_to_one(first + cue, &mut self.of(cue)[..count], keys, dim);
        }
    }

    /// Computes the scores near the maximum again from the differences; whether there were any.
    ///
    /// # Safety
    /// The instructions of `K` must be available.
    #[inline(always)]
    pub(super) unsafe fn refine<K: Kernel>(
        &mut self,
        (refine, keys, dim): (&Refine<'_>, Rows<'_>, usize),
        max: &[f32],
        chunk_max: &[f32],
    ) -> bool {
        let (first, mut any) = (self.first, false);
        let mut room = Vec::new();
        for cue in 0..self.cues {
            let floor = max[cue].max(chunk_max[cue]) - refine.margins[first + cue];
            let entries = &refine.cues[(first + cue) * dim..(first + cue + 1) * dim];
            for (group, scores) in self.of(cue).chunks_exact_mut(16).enumerate() {
                // Safety: a vector lies in `scores`, the caller grants the instructions.
                if !unsafe { K::load(scores.as_ptr()).sub(K::splat(floor)).any_positive() } {
                    continue;
                }
                for (lane, score) in scores.iter_mut().enumerate() {
                    if *score > floor {
                        let key = keys.row(group * 16 + lane, dim, &mut room);
                        *score = (refine.scale * squared_distance(key, entries)) as f32;
                        any = true;
                    }
                }
            }
        }
        any
    }

    /// Replaces scores by exp(score - max), adds them up, and lists the patterns with any weight; all of them if most
    /// have some.
    ///
    /// # Safety
    /// The instructions of `K` must be available.
    #[inline(always)]
    pub(super) unsafe fn exponentials<K: Kernel>(
        &mut self,
        max: &[f32],
        sum: &mut [f32],
        active: &mut Vec<usize>,
    ) {
        active.clear();
        for cue in 0..self.cues {
            // Safety: vectors lie in the row, the caller grants the instructions.
            unsafe {
                let (top, mut total) = (K::splat(max[cue]), K::splat(0.0));
                for scores in self.of(cue).chunks_exact_mut(16) {
                    let weight = K::load(scores.as_ptr()).sub(top).exp_non_positive();
                    weight.store(scores.as_mut_ptr());
                    total = total.add(weight);
                }
                sum[cue] += total.sum();
            }
        }
        let groups = (0..self.count).step_by(16);
        // Safety: as above.
        let weighted = unsafe {
            let (zero, one) = (K::splat(0.0), K::splat(1.0));
            let mut number = zero;
            for from in groups.clone() {
                number = number.add(self.any::<K>(from).select_equal(zero, zero, one));
            }
            number.sum() as usize
        };
        if 2 * weighted > self.count {
            active.extend(0..self.count);
            return;
        }
        for from in groups {
            // Safety: as above.
            if unsafe { self.any::<K>(from).any_positive() } {
                let rows = from..self.count.min(from + 16);
                let has = |&row: &usize| {
                    (0..self.cues).any(|cue| self.scores[cue * self.stride + row] > 0.0)
                };
                active.extend(rows.filter(has));
            }
        }
    }

    /// The largest number of any cue for sixteen patterns.
    #[inline(always)]
    unsafe fn any<K: Kernel>(&self, from: usize) -> K {
        // Safety: a vector lies in sixteen scores, the caller grants the instructions.
        unsafe {
            let mut any = K::splat(0.0);
            for cue in 0..self.cues {
                let scores = &self.scores[cue * self.stride + from..][..16];
                any = any.max(K::load(scores.as_ptr()));
            }
            any
        }
    }
}
