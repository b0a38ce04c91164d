//! One panel of cues against one range of patterns.

use super::simd::Lanes;
use super::{HostRead, Panel, Refine};
use crate::kernel::partial::NOTHING;

/// Bytes of a chunk of keys: half of a small second-level cache.
const CHUNK_BYTES: usize = 256 << 10;
/// Patterns of a chunk at most and at least.
const CHUNK_MAX: usize = 256;
const CHUNK_MIN: usize = 24;
/// Differences of scores below this have weight 0.
const UNDERFLOW: f32 = -87.0;

/// A cache line, so that panel vectors never straddle two.
#[repr(align(64))]
#[derive(Clone, Copy)]
#[expect(dead_code, reason = "read and written through slices of numbers")]
struct Line([f32; 16]);

/// Zeroed, aligned scratch of `vectors` times sixteen numbers.
struct Scratch(Vec<Line>);

impl Scratch {
    fn new(vectors: usize) -> Self {
        Self(vec![Line([0.0; 16]); vectors])
    }

    fn numbers(&self) -> &[f32] {
        // Safety: `Line` is sixteen numbers without padding (its size is its alignment).
        unsafe { std::slice::from_raw_parts(self.0.as_ptr().cast(), self.0.len() * 16) }
    }

    fn numbers_mut(&mut self) -> &mut [f32] {
        // Safety: as in `numbers`.
        unsafe { std::slice::from_raw_parts_mut(self.0.as_mut_ptr().cast(), self.0.len() * 16) }
    }
}

/// The partial of a panel: lane-major, `weighted[p * width + lane]`.
pub(super) struct PanelPartial {
    width: usize,
    pub(super) max: Vec<f32>,
    pub(super) sum: Vec<f32>,
    pub(super) best: Vec<i64>,
    weighted: Scratch,
}

impl PanelPartial {
    /// Joins the partial of the patterns after those of `self`.
    pub(super) fn merge(&mut self, mut other: Self) {
        let mut ours = vec![1.0; self.width];
        let mut theirs = vec![1.0; self.width];
        for lane in 0..self.width {
            let max = self.max[lane].max(other.max[lane]);
            ours[lane] = (self.max[lane] - max).exp();
            theirs[lane] = (other.max[lane] - max).exp();
            if other.max[lane] > self.max[lane] {
                self.best[lane] = other.best[lane];
            }
            self.max[lane] = max;
            self.sum[lane] = self.sum[lane] * ours[lane] + other.sum[lane] * theirs[lane];
        }
        let rows = self.weighted.numbers_mut().chunks_exact_mut(self.width);
        for (row, other) in rows.zip(other.weighted.numbers_mut().chunks_exact(self.width)) {
            for lane in 0..self.width {
                row[lane] = row[lane] * ours[lane] + other[lane] * theirs[lane];
            }
        }
    }

    /// Writes the weighted sums of the first `cues` lanes row-major.
    pub(super) fn write(&self, cues: usize, out: &mut [f32]) {
        let dim = out.len() / cues;
        for (p, row) in self.weighted.numbers().chunks_exact(self.width).enumerate() {
            for lane in 0..cues {
                out[lane * dim + p] = row[lane];
            }
        }
    }
}

/// Reads patterns `from..to` for one panel of `V` vectors, `R` rows of the micro-kernel at once.
///
/// # Safety
/// The instructions of `L` must be available.
#[inline(always)]
pub(super) unsafe fn run<L: Lanes, const V: usize, const R: usize>(
    read: &HostRead<'_>,
    panel: Panel,
    from: usize,
    to: usize,
) -> PanelPartial {
    let width = V * 16;
    let (dk, dv) = (read.key_dim, read.value_dim);
    let packed = pack(read, panel, width);
    let mut offset = vec![0.0f32; width];
    for (lane, offset) in offset.iter_mut().enumerate() {
        *offset = read.offset[panel.start + lane.min(panel.cues - 1)];
    }
    let chunk = (CHUNK_BYTES / 4 / dk.max(dv)).clamp(CHUNK_MIN, CHUNK_MAX);
    let mut scores = Scratch::new(chunk * V);
    let mut kept_values = Vec::new();
    let mut active = Vec::with_capacity(chunk);
    let mut max = vec![NOTHING; width];
    let mut sum = vec![0.0f32; width];
    let mut best = vec![0i64; width];
    let mut weighted = Scratch::new(dv * V);

    let mut at = from;
    while at < to {
        let (keys, key_rows) = rows_from(read.keys, dk, at);
        let (values, value_rows) = rows_from(read.values, dv, at);
        let count = chunk.min(to - at).min(key_rows).min(value_rows);
        // Safety: `keys` holds `count` rows of `dk`, `packed` `dk` rows of `width`, `scores`
        // `count` rows of `width`.
        unsafe {
            product::<L, V, R>(
                keys.as_ptr(),
                (dk, 1),
                packed.numbers().as_ptr(),
                dk,
                scores.numbers_mut().as_mut_ptr(),
                count,
                false,
            );
        }
        let norms = &read.norms[at..at + count];
        let scored = &mut scores.numbers_mut()[..count * width];
        let mut chunk_max = vec![NOTHING; width];
        // Safety: as above; `offset`, `chunk_max` and `max` have `width` entries.
        unsafe {
            shift_and_max::<L, V>(scored, norms, read, &offset, &mut chunk_max);
            if let Some(refine) = &read.refine
                && refine_near_max::<L, V>(scored, keys, dk, refine, panel, &max, &chunk_max)
            {
                chunk_max.fill(NOTHING);
                row_max::<L, V>(scored, &mut chunk_max);
            }
        }
        if (0..width).all(|lane| chunk_max[lane] - max[lane] < UNDERFLOW) {
            at += count;
            continue;
        }
        raise_max(&chunk_max, scored, at, &mut max, &mut sum, &mut best, &mut weighted);
        active.clear();
        // Safety: as above; `sum` has `width` entries.
        unsafe { exponentials::<L, V>(scored, &max, &mut sum, &mut active) };
        // Few patterns with any weight: the second product runs on those alone.
        let (values, rows) = if active.len() * 2 <= count {
            kept_values.clear();
            for (slot, &row) in active.iter().enumerate() {
                kept_values.extend_from_slice(&values[row * dv..(row + 1) * dv]);
                scored.copy_within(row * width..(row + 1) * width, slot * width);
            }
            (kept_values.as_slice(), active.len())
        } else {
            (values, count)
        };
        // Safety: `values` holds `rows` rows of `dv`, `scores` `rows` rows of `width`, `weighted`
        // `dv` rows of `width`.
        unsafe {
            product::<L, V, R>(
                values.as_ptr(),
                (1, dv),
                scores.numbers().as_ptr(),
                rows,
                weighted.numbers_mut().as_mut_ptr(),
                dv,
                true,
            );
        }
        at += count;
    }
    PanelPartial { width, max, sum, best, weighted }
}

/// Queries of the panel as `[key_dim][width]`; spare lanes repeat the last cue, so that they
/// never keep a pattern alive that no real cue needs.
fn pack(read: &HostRead<'_>, panel: Panel, width: usize) -> Scratch {
    let mut packed = Scratch::new(read.key_dim * width / 16);
    let numbers = packed.numbers_mut();
    for lane in 0..width {
        let cue = panel.start + lane.min(panel.cues - 1);
        let query = &read.queries[cue * read.key_dim..(cue + 1) * read.key_dim];
        for (p, &value) in query.iter().enumerate() {
            numbers[p * width + lane] = value;
        }
    }
    packed
}

/// The rows from pattern `at` to the end of its block.
fn rows_from<'a>(blocks: &[&'a [f32]], dim: usize, mut at: usize) -> (&'a [f32], usize) {
    for block in blocks {
        let rows = block.len() / dim;
        if at < rows {
            return (&block[at * dim..], rows - at);
        }
        at -= rows;
    }
    (&[], 0)
}

/// `c[r][width] (+)= sum_t a[r * row + t * column] * b[t][width]` for `rows` rows.
#[inline(always)]
unsafe fn product<L: Lanes, const V: usize, const R: usize>(
    a: *const f32,
    (row, column): (usize, usize),
    b: *const f32,
    depth: usize,
    c: *mut f32,
    rows: usize,
    accumulate: bool,
) {
    let width = V * 16;
    let mut r = 0;
    // Safety: the caller grants the three arrays.
    unsafe {
        while r + R <= rows {
            tile::<L, V, R>(a.add(r * row), row, column, b, depth, c.add(r * width), accumulate);
            r += R;
        }
        while r + 4 <= rows {
            tile::<L, V, 4>(a.add(r * row), row, column, b, depth, c.add(r * width), accumulate);
            r += 4;
        }
        while r < rows {
            tile::<L, V, 1>(a.add(r * row), row, column, b, depth, c.add(r * width), accumulate);
            r += 1;
        }
    }
}

/// `R` rows of [`product`], their sums held in registers.
#[inline(always)]
unsafe fn tile<L: Lanes, const V: usize, const R: usize>(
    a: *const f32,
    row: usize,
    column: usize,
    b: *const f32,
    depth: usize,
    c: *mut f32,
    accumulate: bool,
) {
    // Safety: the caller grants the three arrays.
    unsafe {
        let mut sums = [[L::splat(0.0); V]; R];
        if accumulate {
            for (r, sums) in sums.iter_mut().enumerate() {
                for (v, sum) in sums.iter_mut().enumerate() {
                    *sum = L::load(c.add((r * V + v) * 16));
                }
            }
        }
        for t in 0..depth {
            let from = b.add(t * V * 16);
            let mut vectors = [L::splat(0.0); V];
            for (v, vector) in vectors.iter_mut().enumerate() {
                *vector = L::load(from.add(v * 16));
            }
            for (r, sums) in sums.iter_mut().enumerate() {
                let factor = L::splat(*a.add(r * row + t * column));
                for (sum, vector) in sums.iter_mut().zip(vectors) {
                    *sum = factor.fma(vector, *sum);
                }
            }
        }
        for (r, sums) in sums.into_iter().enumerate() {
            for (v, sum) in sums.into_iter().enumerate() {
                sum.store(c.add((r * V + v) * 16));
            }
        }
    }
}

/// Adds biases and offsets, applies the cap, and takes the maximum per lane.
#[inline(always)]
unsafe fn shift_and_max<L: Lanes, const V: usize>(
    scores: &mut [f32],
    norms: &[f32],
    read: &HostRead<'_>,
    offset: &[f32],
    max: &mut [f32],
) {
    // Safety: every row of `scores`, and `offset` and `max`, hold `V` vectors.
    unsafe {
        let cap = L::splat(read.cap);
        for v in 0..V {
            let offset = L::load(offset.as_ptr().add(v * 16));
            let mut top = L::load(max.as_ptr().add(v * 16));
            for (row, &norm) in norms.iter().enumerate() {
                let at = scores.as_mut_ptr().add((row * V + v) * 16);
                let bias = L::splat(read.bias_scale * norm);
                let score = L::load(at).add(bias.add(offset)).min(cap);
                score.store(at);
                top = top.max(score);
            }
            top.store(max.as_mut_ptr().add(v * 16));
        }
    }
}

/// Maximum per lane.
#[inline(always)]
unsafe fn row_max<L: Lanes, const V: usize>(scores: &[f32], max: &mut [f32]) {
    // Safety: every row of `scores`, and `max`, hold `V` vectors.
    unsafe {
        for v in 0..V {
            let mut top = L::load(max.as_ptr().add(v * 16));
            for row in 0..scores.len() / (V * 16) {
                top = top.max(L::load(scores.as_ptr().add((row * V + v) * 16)));
            }
            top.store(max.as_mut_ptr().add(v * 16));
        }
    }
}

/// Computes the scores near the maximum again from the differences; whether there were any.
#[inline(always)]
unsafe fn refine_near_max<L: Lanes, const V: usize>(
    scores: &mut [f32],
    keys: &[f32],
    dim: usize,
    refine: &Refine<'_>,
    panel: Panel,
    max: &[f32],
    chunk_max: &[f32],
) -> bool {
    let width = V * 16;
    let mut any = false;
    // Safety: every row of `scores`, and both maxima, hold `V` vectors.
    unsafe {
        for v in 0..V {
            let top = L::load(max.as_ptr().add(v * 16));
            let top = top.max(L::load(chunk_max.as_ptr().add(v * 16)));
            let floor = top.sub(L::splat(refine.margin));
            for row in 0..scores.len() / width {
                let at = (row * V + v) * 16;
                if !L::load(scores.as_ptr().add(at)).sub(floor).any_positive() {
                    continue;
                }
                let mut floors = [0.0f32; 16];
                floor.store(floors.as_mut_ptr());
                for lane in 0..16 {
                    if scores[at + lane] > floors[lane] {
                        let cue = panel.start + (v * 16 + lane).min(panel.cues - 1);
                        let distance = squared_distance(
                            &keys[row * dim..(row + 1) * dim],
                            &refine.cues[cue * dim..(cue + 1) * dim],
                        );
                        scores[at + lane] = (refine.scale * distance) as f32;
                        any = true;
                    }
                }
            }
        }
    }
    any
}

/// |a - b|^2 from the differences, accumulated in f64.
#[inline(always)]
pub(crate) fn squared_distance(a: &[f32], b: &[f32]) -> f64 {
    let mut sums = [0.0f64; 8];
    let (a_chunks, a_rest) = a.as_chunks::<8>();
    let (b_chunks, b_rest) = b.as_chunks::<8>();
    for (a, b) in a_chunks.iter().zip(b_chunks) {
        for lane in 0..8 {
            let difference = f64::from(a[lane]) - f64::from(b[lane]);
            sums[lane] += difference * difference;
        }
    }
    let rest = a_rest.iter().zip(b_rest).map(|(&a, &b)| (f64::from(a) - f64::from(b)).powi(2));
    sums.iter().sum::<f64>() + rest.sum::<f64>()
}

/// Raises the running maximum, scaling down what was summed under the old one, and notes which
/// pattern is now the best.
fn raise_max(
    chunk_max: &[f32],
    scores: &[f32],
    first: usize,
    max: &mut [f32],
    sum: &mut [f32],
    best: &mut [i64],
    weighted: &mut Scratch,
) {
    let width = max.len();
    let mut scale = [1.0f32; 48];
    let mut rescale = false;
    for lane in 0..width {
        if chunk_max[lane] > max[lane] {
            let row = scores.chunks_exact(width).position(|row| row[lane] == chunk_max[lane]);
            best[lane] = (first + row.unwrap_or(0)) as i64;
            scale[lane] = (max[lane] - chunk_max[lane]).exp();
            rescale |= max[lane] > NOTHING;
            max[lane] = chunk_max[lane];
            sum[lane] *= scale[lane];
        }
    }
    if rescale {
        for row in weighted.numbers_mut().chunks_exact_mut(width) {
            for (value, scale) in row.iter_mut().zip(&scale) {
                *value *= scale;
            }
        }
    }
}

/// Replaces scores by exp(score - max), adds them up, and lists the rows with any weight.
#[inline(always)]
unsafe fn exponentials<L: Lanes, const V: usize>(
    scores: &mut [f32],
    max: &[f32],
    sum: &mut [f32],
    active: &mut Vec<usize>,
) {
    // Safety: every row of `scores`, and `max` and `sum`, hold `V` vectors.
    unsafe {
        let mut tops = [L::splat(0.0); V];
        let mut sums = [L::splat(0.0); V];
        for v in 0..V {
            tops[v] = L::load(max.as_ptr().add(v * 16));
            sums[v] = L::load(sum.as_ptr().add(v * 16));
        }
        for row in 0..scores.len() / (V * 16) {
            let mut any = L::splat(0.0);
            for v in 0..V {
                let at = scores.as_mut_ptr().add((row * V + v) * 16);
                let weight = L::load(at).sub(tops[v]).exp_non_positive();
                weight.store(at);
                sums[v] = sums[v].add(weight);
                any = any.max(weight);
            }
            if any.any_positive() {
                active.push(row);
            }
        }
        for v in 0..V {
            sums[v].store(sum.as_mut_ptr().add(v * 16));
        }
    }
}
