//! The first product of a chunk, the scores; and what both products are for each kind of registers.

use super::mix::{Mix, Strip};
use super::rows::Number;
use super::simd::Lanes;

/// Depth of the scores' product in one pass: this many rows of a panel's queries stay in the
/// first-level cache while the patterns of a chunk pass by.
pub(super) const DEPTH: usize = 128;

/// What turns products into scores, and where their maxima go.
#[derive(Clone, Copy)]
pub(super) struct Finish {
    /// One per pattern; scaled and added.
    pub(super) norms: *const f32,
    pub(super) norm_scale: f32,
    /// One per lane; added.
    pub(super) offset: *const f32,
    /// Scores are at most this.
    pub(super) cap: f32,
    /// One per lane; raised to the largest score.
    pub(super) max: *mut f32,
}

/// The arrays of the first product: `scores[r][width] (+)= sum_t keys[r][t] * queries[t][width]`,
/// one cue per lane.
#[derive(Clone, Copy)]
pub(super) struct Scores {
    /// `rows` rows of `depth` numbers, `stride` apart.
    pub(super) keys: *const f32,
    pub(super) stride: usize,
    pub(super) rows: usize,
    /// `depth` rows of `width`.
    pub(super) queries: *const f32,
    pub(super) depth: usize,
    /// `rows` rows of `width`.
    pub(super) scores: *mut f32,
    /// Whether to add to what is there.
    pub(super) accumulate: bool,
    /// Set in the last pass over the depth.
    pub(super) finish: Option<Finish>,
}

impl Scores {
    /// The product for panels of `V` vectors, `R` patterns at once.
    ///
    /// # Safety
    /// The arrays must be as described at the fields; the instructions of `L` must be available.
    #[inline(always)]
    pub(super) unsafe fn product<L: Lanes, const V: usize, const R: usize>(&self) {
        let mut r = 0;
        // Safety: tiles stay within the rows.
        unsafe {
            while r + R <= self.rows {
                self.tile::<L, V, R>(r);
                r += R;
            }
            while r + 4 <= self.rows {
                self.tile::<L, V, 4>(r);
                r += 4;
            }
            while r < self.rows {
                self.tile::<L, V, 1>(r);
                r += 1;
            }
        }
    }

    /// `R` rows from row `first`, their sums held in registers.
    #[inline(always)]
    unsafe fn tile<L: Lanes, const V: usize, const R: usize>(&self, first: usize) {
        // Safety: as in `product`; prefetching is harmless at any address.
        unsafe {
            let keys = self.keys.add(first * self.stride);
            let scores = self.scores.add(first * V * 16);
            let mut sums = [[L::splat(0.0); V]; R];
            if self.accumulate {
                for (r, sums) in sums.iter_mut().enumerate() {
                    for (v, sum) in sums.iter_mut().enumerate() {
                        *sum = L::load(scores.add((r * V + v) * 16));
                    }
                }
            }
            let mut from = 0;
            while from < self.depth {
                // The next tile's rows, a cache line of each.
                for r in 0..R {
                    L::prefetch(keys.wrapping_add((r + R) * self.stride + from));
                }
                let to = (from + 16).min(self.depth);
                for t in from..to {
                    let mut vectors = [L::splat(0.0); V];
                    for (v, vector) in vectors.iter_mut().enumerate() {
                        *vector = L::load(self.queries.add((t * V + v) * 16));
                    }
                    for (r, sums) in sums.iter_mut().enumerate() {
                        let factor = L::splat(*keys.add(r * self.stride + t));
                        for (sum, vector) in sums.iter_mut().zip(vectors) {
                            *sum = factor.fma(vector, *sum);
                        }
                    }
                }
                from = to;
            }
            if let Some(finish) = &self.finish {
                for v in 0..V {
                    let offset = L::load(finish.offset.add(v * 16));
                    let cap = L::splat(finish.cap);
                    let mut top = L::load(finish.max.add(v * 16));
                    for (r, sums) in sums.iter_mut().enumerate() {
                        let bias = finish.norm_scale * *finish.norms.add(first + r);
                        sums[v] = sums[v].add(L::splat(bias).add(offset)).min(cap);
                        top = top.max(sums[v]);
                    }
                    top.store(finish.max.add(v * 16));
                }
            }
            for (r, sums) in sums.into_iter().enumerate() {
                for (v, sum) in sums.into_iter().enumerate() {
                    sum.store(scores.add((r * V + v) * 16));
                }
            }
        }
    }

    /// The product for fewer than sixteen cues, sixteen entries of a pattern at once, so that no
    /// lane is idle; of `keys` of any precision. Here `queries` holds `cues` rows of `depth`, the whole of it;
    /// `finish` is left to the caller, and `scores` holds `stride` numbers for each cue.
    ///
    /// # Safety
    /// As [`Scores::product`].
    #[inline(always)]
    pub(super) unsafe fn of_few<L: Lanes, N: Number>(
        &self,
        keys: *const N,
        cues: usize,
        stride: usize,
    ) {
        let mut r = 0;
        while r < self.rows {
            let step = if r + 4 <= self.rows { 4 } else { 1 };
            let mut left = cues;
            // Safety: tiles stay within the rows and the cues.
            unsafe {
                while left > 0 {
                    left -= match (step, left) {
                        (4, 1) => self.dot_tile::<L, N, 4, 1>(keys, r, left, stride),
                        (4, 2 | 3) => self.dot_tile::<L, N, 4, 2>(keys, r, left, stride),
                        (4, _) => self.dot_tile::<L, N, 4, 4>(keys, r, left, stride),
                        _ => self.dot_tile::<L, N, 1, 1>(keys, r, left, stride),
                    };
                }
            }
            r += step;
        }
    }

    /// Dot products of `R` patterns with the `C` cues before cue `end`; returns `C`.
    #[inline(always)]
    unsafe fn dot_tile<L: Lanes, N: Number, const R: usize, const C: usize>(
        &self,
        keys: *const N,
        first: usize,
        end: usize,
        stride: usize,
    ) -> usize {
        // Safety: as in `of_few`.
        unsafe {
            let keys = keys.add(first * self.stride);
            let queries = self.queries.add((end - C) * self.depth);
            let ahead = (R * self.stride).max(AHEAD / size_of::<N>());
            let mut sums = [[L::splat(0.0); C]; R];
            let mut t = 0;
            while t + 16 <= self.depth {
                let mut vectors = [L::splat(0.0); C];
                for (c, vector) in vectors.iter_mut().enumerate() {
                    *vector = L::load(queries.add(c * self.depth + t));
                }
                for (r, sums) in sums.iter_mut().enumerate() {
                    let key = keys.add(r * self.stride + t);
                    L::prefetch(key.wrapping_add(ahead).cast());
                    let key: L = N::load(key);
                    for (sum, vector) in sums.iter_mut().zip(vectors) {
                        *sum = key.fma(vector, *sum);
                    }
                }
                t += 16;
            }
            for c in 0..C {
                let scores = self.scores.add((end - C + c) * stride + first);
                if R == 4 {
                    let four = [sums[0][c], sums[1 % R][c], sums[2 % R][c], sums[3 % R][c]];
                    let sums = L::sums(four);
                    scores.cast::<[f32; 4]>().write_unaligned(sums);
                } else {
                    for (r, sums) in sums.iter().enumerate() {
                        *scores.add(r) = sums[c].sum();
                    }
                }
                for r in 0..R {
                    let key = keys.add(r * self.stride);
                    for t in t..self.depth {
                        *scores.add(r) += (*key.add(t)).single() * *queries.add(c * self.depth + t);
                    }
                }
            }
        }
        C
    }
}

/// Bytes ahead that a sequential read fetches: the latency of memory at its full rate.
const AHEAD: usize = 8192;

/// The products with the tiles that fill the registers of `Self`.
pub(super) trait Kernel: Lanes {
    /// Columns of values that the second product takes at once where it can, else sixteen.
    const COLUMNS: usize;
    /// [`Scores::product`] for panels of `vectors`.
    unsafe fn scores(vectors: usize, scores: &Scores);
    /// [`Mix::strip`] of [`Kernel::COLUMNS`] or sixteen columns.
    unsafe fn mix(mix: &Mix, strip: Strip, p: usize, next: (*const f32, usize));
}

macro_rules! kernel {
    ($lanes:ty, [$one:literal, $two:literal, $three:literal, $four:literal], ($values:literal, $cues:literal)) => {
        impl Kernel for $lanes {
            const COLUMNS: usize = $values * 16;

            #[inline(always)]
            unsafe fn scores(vectors: usize, scores: &Scores) {
                // Safety: the caller's.
                unsafe {
                    match vectors {
                        1 => scores.product::<Self, 1, $one>(),
                        2 => scores.product::<Self, 2, $two>(),
                        3 => scores.product::<Self, 3, $three>(),
                        _ => scores.product::<Self, 4, $four>(),
                    }
                }
            }

            #[inline(always)]
            unsafe fn mix(mix: &Mix, strip: Strip, p: usize, next: (*const f32, usize)) {
                // Safety: the caller's.
                unsafe {
                    if strip.columns == Self::COLUMNS {
                        mix.strip::<Self, $values, $cues>(strip, p, next);
                    } else {
                        mix.strip::<Self, 1, $cues>(strip, p, next);
                    }
                }
            }
        }
    };
}

// 32 registers of one vector, 16 of half a vector, 16 of a quarter.
#[cfg(target_arch = "x86_64")]
kernel!(super::simd::x86::Avx512, [12, 12, 8, 6], (4, 6));
#[cfg(target_arch = "x86_64")]
kernel!(super::simd::x86::Avx2x2, [6, 3, 2, 1], (1, 6));
kernel!(super::simd::Portable16, [2, 1, 1, 1], (1, 2));
