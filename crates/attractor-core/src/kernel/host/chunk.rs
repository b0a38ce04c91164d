//! What every pass over patterns shares: chunks of patterns, and the two products of a chunk.

use super::Rows;
use super::few::{self, Few};
use super::mix::{Mix, Strip};
use super::panel::{Packed, Scratch};
use super::product::{DEPTH, Finish, Kernel, Scores};
use super::rows::of_any;
use crate::kernel::partial::NOTHING;

/// Patterns of a chunk: a multiple of this, which the rows of the micro-kernels divide, ...
const CHUNK_STEP: usize = 24;
/// ... and at most this many steps.
const CHUNK_STEPS: usize = 6;
/// Bytes of queries, sums and a chunk's patterns that may be taken to stay in a second-level cache.
const CACHE_BYTES: usize = 1 << 20;

/// Cues, and how their products with patterns become scores: `cue . pattern + bias_scale * norm`, at
/// most `cap`.
pub(super) struct Query<'a> {
    /// `[b, dim]`.
    pub(super) values: &'a [f32],
    pub(super) dim: usize,
    pub(super) bias_scale: f32,
    pub(super) cap: f32,
}

/// One panel in a task.
pub(super) struct Work<'a, P> {
    pub(super) packed: &'a Packed,
    /// What the task is to find.
    pub(super) partial: P,
    /// Scores of the chunk, then weights: `[chunk][width]`, or of few cues `[cues][few::stride(chunk)]`.
    pub(super) scores: Scratch,
    /// Numbers from the scores of one of few cues to those of the next.
    pub(super) stride: usize,
    /// Largest score of the chunk per lane.
    pub(super) chunk_max: Vec<f32>,
}

impl<'a, P> Work<'a, P> {
    pub(super) fn new(packed: &'a Packed, partial: P, chunk: usize) -> Self {
        Self {
            packed,
            partial,
            scores: Scratch::new(few::stride(chunk) * packed.panel.vectors),
            stride: few::stride(chunk),
            chunk_max: vec![NOTHING; packed.panel.vectors * 16],
        }
    }
}

impl<P> Work<'_, P> {
    /// How far apart the weights of neighbouring patterns and of neighbouring cues lie.
    pub(super) fn places(&self) -> (usize, usize) {
        match self.packed.is_few() {
            true => (1, self.stride),
            false => (self.packed.panel.vectors * 16, 1),
        }
    }
}

/// Lanes of all panels together.
pub(super) fn width(group: &[Packed]) -> usize {
    group.iter().map(|packed| packed.panel.vectors * 16).sum()
}

/// Patterns visited at once. Small enough that they stay in cache between the two products, if
/// queries and sums leave room for that; else each product streams them, and a large chunk saves
/// passes over the queries and sums.
pub(super) fn chunk_rows(width: usize, key_dim: usize, value_dim: usize) -> usize {
    let rest = CACHE_BYTES.saturating_sub(4 * width * (key_dim + value_dim));
    match rest / (4 * key_dim.max(value_dim)) / CHUNK_STEP {
        0 => CHUNK_STEP * CHUNK_STEPS,
        steps => CHUNK_STEP * steps.min(CHUNK_STEPS),
    }
}

/// Scores of a chunk and their maxima, for every panel. Returns the keys, widened in `room` if they had to be.
///
/// # Safety
/// The instructions of `K` must be available; `keys` must hold as many rows as `norms`, and the
/// scores of every panel as many or more.
#[inline(always)]
pub(super) unsafe fn score<'a, K: Kernel, P>(
    query: &Query<'_>,
    work: &mut [Work<'_, P>],
    keys: Rows<'a>,
    norms: &[f32],
    room: &'a mut Vec<f32>,
) -> Rows<'a> {
    let dim = query.dim;
    for work in work.iter_mut() {
        work.chunk_max.fill(NOTHING);
    }
    // Dot products take them as they lie; panels would widen each number once for every vector.
    let in_panels = |work: &Work<'_, P>| !work.packed.is_few();
    let keys = match work.iter().any(in_panels) {
        // Safety: the caller grants the instructions.
        true => Rows::Single(unsafe { keys.widened::<K>(room) }),
        false => keys,
    };
    let single: &[f32] = match keys {
        Rows::Single(keys) => keys,
        Rows::F16(_) | Rows::Bf16(_) => &[],
    };
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
                keys: single.as_ptr().wrapping_add(from),
                stride: dim,
                rows: norms.len(),
                queries: query.values[panel.start * dim..].as_ptr(),
                depth,
                scores: work.scores.numbers_mut().as_mut_ptr(),
                accumulate: from > 0,
                finish: None,
            };
            let lanes = work.packed.lanes.numbers();
            if work.packed.is_few() {
                if from == 0 {
                    product.depth = dim;
                    let (stride, shift) = (work.stride, (query.bias_scale, query.cap));
                    // Safety: `queries` holds the panel's cues, `scores` `stride` numbers for each of them.
                    unsafe {
                        of_any!(keys, keys => {
                            product.of_few::<K, _>(keys.as_ptr(), panel.cues, stride);
                        });
                        let (packed, max) = (work.packed, &mut work.chunk_max);
                        let mut few =
                            Few::new(work.scores.numbers_mut(), stride, norms.len(), packed);
                        few.shift_and_max::<K>(norms, shift, &packed.offset, max);
                    }
                }
                continue;
            }
            product.queries = lanes[from * panel.vectors * 16..].as_ptr();
            if from + depth == dim {
                product.finish = Some(Finish {
                    norms: norms.as_ptr(),
                    norm_scale: query.bias_scale,
                    offset: work.packed.offset.as_ptr(),
                    cap: query.cap,
                    max: work.chunk_max.as_mut_ptr(),
                });
            }
            // Safety: `lanes` holds `dim` rows of the width, `scores` one per pattern; the
            // maxima and offsets have one entry per lane.
            unsafe { K::scores(panel.vectors, &product) };
        }
        from += depth;
    }
    keys
}

/// The second product of a chunk for every panel. `strip` holds [`Kernel::COLUMNS`] numbers per row.
///
/// # Safety
/// The instructions of `K` must be available; the arrays of `mixes` must be as described there, with
/// weights for every row of `values`.
#[inline(always)]
pub(super) unsafe fn add_values<K: Kernel>(
    mixes: &[Mix],
    values: Rows<'_>,
    dim: usize,
    strip: &mut [f32],
) {
    let mut p = 0;
    while p < dim {
        let columns = if p + K::COLUMNS <= dim {
            K::COLUMNS
        } else {
            16
        };
        let taken = columns.min(dim - p);
        let rows = values.numbers() / dim;
        let from = match values {
            // A store no wider than the strip is one already.
            Rows::Single(values) if columns == dim => values.as_ptr(),
            _ if columns == dim => {
                // Safety: the caller grants the instructions.
                unsafe { values.copy_to::<K>(&mut strip[..rows * dim]) };
                strip.as_ptr()
            }
            _ => {
                for (row, strip) in strip.chunks_exact_mut(columns).take(rows).enumerate() {
                    let value = values.part(row * dim + p, taken);
                    // Safety: the caller grants the instructions.
                    unsafe { value.copy_to::<K>(&mut strip[..taken]) };
                }
                strip.as_ptr()
            }
        };
        let strip = Strip {
            values: from,
            rows,
            columns,
        };
        let next = values.address(p + taken, dim);
        for mix in mixes {
            // Safety: the strip holds `rows` rows of `columns`, copied or in place.
            unsafe { K::mix(mix, strip, p, next) };
        }
        p += taken;
    }
}
