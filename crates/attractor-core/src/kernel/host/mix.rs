//! The second product of a chunk: weighted sums of values.

use super::Rows;
use super::rows::Number;
use super::simd::Lanes;

/// Numbers from one row of weighted sums to the next: whole vectors, and an odd number of them, so
/// that a column of sums does not fall into one set of the cache.
pub(super) fn sums_stride(dim: usize) -> usize {
    (dim.div_ceil(16) | 1) * 16
}

/// Some columns of a chunk's values, `[rows][columns]`: rows of a wide store lie a multiple of the
/// page size apart, so that their columns would evict each other from the first-level cache.
#[derive(Clone, Copy)]
pub(super) struct Strip {
    pub(super) values: *const f32,
    pub(super) rows: usize,
    /// A multiple of sixteen.
    pub(super) columns: usize,
}

/// The arrays of the second product: `sums[c][p] += sum_t weights[t][c] * values[t][p]`.
#[derive(Clone, Copy)]
pub(super) struct Mix {
    /// Weights `width` apart from pattern to pattern, `across` from cue to cue.
    pub(super) weights: *const f32,
    pub(super) width: usize,
    pub(super) across: usize,
    /// `cues` rows, `stride` apart.
    pub(super) sums: *mut f32,
    pub(super) stride: usize,
    pub(super) cues: usize,
}

impl Mix {
    /// Columns from `p` on, `V` vectors by `C` cues at once. `next` is where the columns after
    /// those of the strip begin, in rows `next_stride` apart.
    ///
    /// # Safety
    /// The arrays must be as described at the fields, the columns of the strip those from `p` on;
    /// the instructions of `L` must be available.
    #[inline(always)]
    pub(super) unsafe fn strip<L: Lanes, const V: usize, const C: usize>(
        &self,
        strip: Strip,
        p: usize,
        next: (*const f32, usize),
    ) {
        let mut c = 0;
        // Safety: tiles stay within the cues.
        unsafe {
            while c + C <= self.cues {
                self.tile::<L, V, C>(strip, p, c, next);
                c += C;
            }
            while c + 2 <= self.cues {
                self.tile::<L, V, 2>(strip, p, c, next);
                c += 2;
            }
            if c < self.cues {
                self.tile::<L, V, 1>(strip, p, c, next);
            }
        }
    }

    /// `C` cues from cue `first`, their sums held in registers.
    #[inline(always)]
    unsafe fn tile<L: Lanes, const V: usize, const C: usize>(
        &self,
        strip: Strip,
        p: usize,
        first: usize,
        (next, next_stride): (*const f32, usize),
    ) {
        // Safety: as in `strip`; prefetching is harmless at any address.
        unsafe {
            let out = self.sums.add(first * self.stride + p);
            let weights = self.weights.add(first * self.across);
            // Each of the first tiles fetches one cache line per row of the next columns.
            let next = next.wrapping_add(first / C % V * 16);
            let mut sums = [[L::splat(0.0); V]; C];
            for (c, sums) in sums.iter_mut().enumerate() {
                for (v, sum) in sums.iter_mut().enumerate() {
                    *sum = L::load(out.add(c * self.stride + v * 16));
                }
            }
            for t in 0..strip.rows {
                L::prefetch(next.wrapping_add(t * next_stride));
                let mut vectors = [L::splat(0.0); V];
                for (v, vector) in vectors.iter_mut().enumerate() {
                    *vector = L::load(strip.values.add((t * V + v) * 16));
                }
                for (c, sums) in sums.iter_mut().enumerate() {
                    let factor = L::splat(*weights.add(t * self.width + c * self.across));
                    for (sum, vector) in sums.iter_mut().zip(vectors) {
                        *sum = factor.fma(vector, *sum);
                    }
                }
            }
            for (c, sums) in sums.into_iter().enumerate() {
                for (v, sum) in sums.into_iter().enumerate() {
                    sum.store(out.add(c * self.stride + v * 16));
                }
            }
        }
    }

    /// All columns over all `rows` of `values` as they lie, in any precision, eight rows at once: with one cue or two there
    /// is nothing to gain from columns in strips.
    ///
    /// # Safety
    /// As [`Mix::strip`]; `values` must hold `rows` rows of `dim`.
    #[inline(always)]
    pub(super) unsafe fn rows<L: Lanes, N: Number>(
        &self,
        values: *const N,
        rows: usize,
        dim: usize,
    ) {
        let mut first = 0;
        while first < rows {
            let step = if first + 8 <= rows { 8 } else { 1 };
            for cue in 0..self.cues {
                // Safety: the caller's.
                unsafe {
                    match step {
                        8 => self.add_rows::<L, N, 8>(values, rows, dim, (first, cue)),
                        _ => self.add_rows::<L, N, 1>(values, rows, dim, (first, cue)),
                    }
                }
            }
            first += step;
        }
    }

    /// `R` rows for one cue, their weights held in registers.
    #[inline(always)]
    unsafe fn add_rows<L: Lanes, N: Number, const R: usize>(
        &self,
        values: *const N,
        rows: usize,
        dim: usize,
        (first, cue): (usize, usize),
    ) {
        // Safety: as in `rows`; prefetching is harmless at any address.
        unsafe {
            let weights = self.weights.add(first * self.width + cue * self.across);
            let mut factors = [L::splat(0.0); R];
            for (r, factor) in factors.iter_mut().enumerate() {
                *factor = L::splat(*weights.add(r * self.width));
            }
            let values = values.add(first * dim);
            let out = self.sums.add(cue * self.stride);
            let mut p = 0;
            while p + 16 <= dim {
                let mut sum = L::load(out.add(p));
                for (r, factor) in factors.iter().enumerate() {
                    let value = values.add(r * dim + p);
                    // The scores of the next chunk fetch its other rows: memory is never idle.
                    if cue == 0 && r % 2 == 0 {
                        L::prefetch(value.wrapping_add(rows * dim).cast());
                    }
                    sum = factor.fma(N::load(value), sum);
                }
                sum.store(out.add(p));
                p += 16;
            }
            if p < dim {
                let mut sum = L::load(out.add(p));
                for (r, factor) in factors.iter().enumerate() {
                    let mut tail = [0.0; 16];
                    for (at, value) in tail.iter_mut().enumerate().take(dim - p) {
                        *value = (*values.add(r * dim + p + at)).single();
                    }
                    sum = factor.fma(L::load(tail.as_ptr()), sum);
                }
                sum.store(out.add(p));
            }
        }
    }

    /// All columns over the listed rows of `values [rows, dim]` and the weights above 0 alone: the
    /// same sums in the same order, bit for bit.
    ///
    /// # Safety
    /// As [`Mix::strip`]; every row must lie in `values`.
    #[inline(always)]
    pub(super) unsafe fn sparse<L: Lanes>(&self, values: Rows<'_>, dim: usize, rows: &[usize]) {
        let mut room = Vec::new();
        for &row in rows {
            // Safety: the caller grants the instructions.
            let value = unsafe { values.part(row * dim, dim).widened::<L>(&mut room) };
            let (vectors, rest) = value.as_chunks::<16>();
            let mut tail = [0.0; 16];
            tail[..rest.len()].copy_from_slice(rest);
            // Safety: as in `strip`; rows of sums are padded to whole vectors.
            unsafe {
                for c in 0..self.cues {
                    let weight = *self.weights.add(row * self.width + c * self.across);
                    if weight == 0.0 {
                        continue;
                    }
                    let factor = L::splat(weight);
                    let mut out = self.sums.add(c * self.stride);
                    for vector in vectors.iter().chain((!rest.is_empty()).then_some(&tail)) {
                        factor
                            .fma(L::load(vector.as_ptr()), L::load(out))
                            .store(out);
                        out = out.add(16);
                    }
                }
            }
        }
    }
}
