//! One group of panels against one range of patterns.

use super::panel::{Packed, PanelPartial, Scratch};
use super::product::{DEPTH, Finish, Kernel, Mix, Scores, Strip};
use super::softmax::{
    exponentials, for_vectors, max_rows, refine_near_max, row_max, shift_and_max,
};
use super::{HostRead, PANEL_VECTORS};
use crate::kernel::partial::NOTHING;

/// Patterns of a chunk: a multiple of this, which the rows of the micro-kernels divide, ...
const CHUNK_STEP: usize = 24;
/// ... and at most this many steps.
const CHUNK_STEPS: usize = 6;
/// Bytes of queries, sums and a chunk's patterns that may be taken to stay in a second-level cache.
const CACHE_BYTES: usize = 1 << 20;
/// Lanes of a panel at most.
const MAX_WIDTH: usize = PANEL_VECTORS * 16;
/// Differences of scores below this have weight 0.
const UNDERFLOW: f32 = -87.0;

/// One panel in a task.
struct Work<'a> {
    packed: &'a Packed,
    partial: PanelPartial,
    /// Scores of the chunk, then weights, `[chunk][width]`.
    scores: Scratch,
    /// Largest score of the chunk per lane.
    chunk_max: Vec<f32>,
}

/// Patterns visited at once. Small enough that they stay in cache between the two products, if
/// queries and sums leave room for that; else each product streams them, and a large chunk saves
/// passes over the queries and sums.
fn chunk_rows(width: usize, key_dim: usize, value_dim: usize) -> usize {
    let rest = CACHE_BYTES.saturating_sub(4 * width * (key_dim + value_dim));
    match rest / (4 * key_dim.max(value_dim)) / CHUNK_STEP {
        0 => CHUNK_STEP * CHUNK_STEPS,
        steps => CHUNK_STEP * steps.min(CHUNK_STEPS),
    }
}

/// Reads patterns `from..to` for some panels.
///
/// # Safety
/// The instructions of `K` must be available.
#[inline(always)]
pub(super) unsafe fn run<K: Kernel>(
    read: &HostRead<'_>,
    group: &[Packed],
    from: usize,
    to: usize,
) -> Vec<PanelPartial> {
    let (dk, dv) = (read.key_dim, read.value_dim);
    let width = group.iter().map(|packed| packed.panel.vectors * 16).sum();
    let chunk = chunk_rows(width, dk, dv).min(to - from);
    let mut work: Vec<Work<'_>> = group
        .iter()
        .map(|packed| Work {
            packed,
            partial: PanelPartial::new(packed.panel, dv),
            scores: Scratch::new(chunk * packed.panel.vectors),
            chunk_max: vec![NOTHING; packed.panel.vectors * 16],
        })
        .collect();
    let mut strip = Scratch::new(chunk * K::COLUMNS / 16);
    let mut active = Vec::with_capacity(chunk);
    let mut mixes = Vec::with_capacity(group.len());

    let mut at = from;
    while at < to {
        let (keys, key_rows) = rows_from(read.keys, dk, at);
        let (values, value_rows) = rows_from(read.values, dv, at);
        let count = chunk.min(to - at).min(key_rows).min(value_rows);
        let (first, next) = (at, at + count);
        at = next;
        // Safety: `keys` and `norms` hold `count` rows, the caller grants the instructions.
        unsafe {
            score::<K>(
                read,
                &mut work,
                &keys[..count * dk],
                &read.norms[first..next],
            )
        };
        mixes.clear();
        for work in &mut work {
            // Safety: the caller grants the instructions.
            let any = unsafe { weigh::<K>(read, work, keys, count, first, &mut active) };
            if !any {
                continue;
            }
            let mix = Mix {
                weights: work.scores.numbers().as_ptr(),
                width: work.packed.panel.vectors * 16,
                sums: work.partial.weighted.numbers_mut().as_mut_ptr(),
                stride: work.partial.stride,
                cues: work.packed.panel.cues,
            };
            // A weight by itself costs about four times its share of the dense product.
            if active.len() * 4 <= count {
                // Safety: `weights` holds `count` rows of `width`, `sums` one row per cue.
                unsafe { mix.sparse::<K>(values, dv, &active) };
            } else {
                mixes.push(mix);
            }
        }
        if !mixes.is_empty() {
            // Safety: as for `sparse`; the sums of different panels are different arrays.
            unsafe { add_values::<K>(&mixes, &values[..count * dv], dv, strip.numbers_mut()) };
        }
    }
    work.into_iter().map(|work| work.partial).collect()
}

/// Scores of a chunk and their maxima, for every panel.
#[inline(always)]
unsafe fn score<K: Kernel>(
    read: &HostRead<'_>,
    work: &mut [Work<'_>],
    keys: &[f32],
    norms: &[f32],
) {
    let dim = read.key_dim;
    for work in work.iter_mut() {
        work.chunk_max.fill(NOTHING);
    }
    let mut from = 0;
    while from < dim {
        // A short rest joins the last pass.
        let depth = if dim - from < DEPTH * 3 / 2 {
            dim - from
        } else {
            DEPTH
        };
        for work in work.iter_mut() {
            let panel = work.packed.panel;
            let mut product = Scores {
                keys: keys[from..].as_ptr(),
                stride: dim,
                rows: norms.len(),
                queries: read.queries[panel.start * dim..].as_ptr(),
                depth,
                scores: work.scores.numbers_mut().as_mut_ptr(),
                accumulate: from > 0,
                finish: None,
            };
            let lanes = work.packed.lanes.numbers();
            if lanes.is_empty() {
                if from == 0 {
                    product.depth = dim;
                    let scores = &mut work.scores.numbers_mut()[..norms.len() * 16];
                    let (offset, max) = (&work.packed.offset, &mut work.chunk_max);
                    // Safety: `queries` holds the panel's cues, `scores` a vector per row.
                    unsafe {
                        product.of_few::<K>(panel.cues);
                        let shift = (read.bias_scale, read.cap);
                        shift_and_max::<K, 1>(scores, norms, shift, offset, max);
                    }
                }
                continue;
            }
            product.queries = lanes[from * panel.vectors * 16..].as_ptr();
            if from + depth == dim {
                product.finish = Some(Finish {
                    norms: norms.as_ptr(),
                    norm_scale: read.bias_scale,
                    offset: work.packed.offset.as_ptr(),
                    cap: read.cap,
                    max: work.chunk_max.as_mut_ptr(),
                });
            }
            // Safety: `lanes` holds `dim` rows of the width, `scores` one per pattern; the
            // maxima and offsets have one entry per lane.
            unsafe { K::scores(panel.vectors, &product) };
        }
        from += depth;
    }
}

/// Replaces the scores of a panel by weights, unless none of them would be above 0; whether any
/// are. `active` lists the patterns that have one.
#[inline(always)]
unsafe fn weigh<K: Kernel>(
    read: &HostRead<'_>,
    work: &mut Work<'_>,
    keys: &[f32],
    count: usize,
    first: usize,
    active: &mut Vec<usize>,
) -> bool {
    let Work {
        packed,
        partial,
        scores,
        chunk_max,
    } = work;
    let (panel, width) = (packed.panel, packed.panel.vectors * 16);
    let scores = &mut scores.numbers_mut()[..count * width];
    // Safety: `scores` holds `count` rows of the panel's vectors, the maxima and sums one entry
    // per lane.
    unsafe {
        if let Some(refine) = &read.refine
            && for_vectors!(
                panel.vectors,
                refine_near_max::<K>(
                    scores,
                    keys,
                    read.key_dim,
                    refine,
                    panel,
                    &partial.max,
                    chunk_max,
                )
            )
        {
            chunk_max.fill(NOTHING);
            for_vectors!(panel.vectors, row_max::<K>(scores, chunk_max));
        }
        if (0..width).all(|lane| chunk_max[lane] - partial.max[lane] < UNDERFLOW) {
            return false;
        }
        let mut rows = [0.0; MAX_WIDTH];
        for_vectors!(
            panel.vectors,
            max_rows::<K>(scores, chunk_max, &partial.max, &mut rows)
        );
        partial.raise_max(chunk_max, &rows, first);
        let (max, sum) = (&partial.max, &mut partial.sum);
        for_vectors!(panel.vectors, exponentials::<K>(scores, max, sum, active));
    }
    true
}

/// The second product of a chunk for every panel.
#[inline(always)]
unsafe fn add_values<K: Kernel>(mixes: &[Mix], values: &[f32], dim: usize, strip: &mut [f32]) {
    let mut p = 0;
    while p < dim {
        let columns = if p + K::COLUMNS <= dim {
            K::COLUMNS
        } else {
            16
        };
        let taken = columns.min(dim - p);
        let rows = values.len() / dim;
        let mut from = values.as_ptr();
        // A store no wider than the strip is one already.
        if columns != dim {
            from = strip.as_ptr();
            let strip = strip.chunks_exact_mut(columns);
            for (strip, value) in strip.zip(values.chunks_exact(dim)) {
                strip[..taken].copy_from_slice(&value[p..p + taken]);
            }
        }
        let strip = Strip {
            values: from,
            rows,
            columns,
        };
        let next = (values[p + taken..].as_ptr(), dim);
        for mix in mixes {
            // Safety: the strip holds `rows` rows of `columns`, copied or in place.
            unsafe { K::mix(mix, strip, p, next) };
        }
        p += taken;
    }
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
