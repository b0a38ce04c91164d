//! One group of panels against one range of patterns.

use super::chunk::{Work, add_values, chunk_rows, score, width};
use super::few::Few;
use super::mix::Mix;
use super::panel::{Packed, PanelPartial, Scratch};
use super::product::Kernel;
use super::rows::of_any;
use super::softmax::{exponentials, for_vectors, max_rows, refine_near_max, row_max};
use super::{HostRead, PANEL_VECTORS, Rows};
use crate::kernel::partial::NOTHING;

/// Cues that add values row by row.
const BY_ROWS: usize = 2;
/// Lanes of a panel at most.
const MAX_WIDTH: usize = PANEL_VECTORS * 16;
/// Differences of scores below this have weight 0.
pub(super) const UNDERFLOW: f32 = -87.0;

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
    let chunk = chunk_rows(width(group), dk, dv).min(to - from);
    let mut work: Vec<Work<'_, PanelPartial>> = group
        .iter()
        .map(|packed| Work::new(packed, PanelPartial::new(packed.panel, dv), chunk))
        .collect();
    let mut strip = Scratch::new(chunk * K::COLUMNS / 16);
    let mut active = Vec::with_capacity(chunk);
    let mut mixes = Vec::with_capacity(group.len());
    let mut room = Vec::new();

    let mut at = from;
    while at < to {
        let (keys, key_rows) = rows_from(read.keys, dk, at);
        let (values, value_rows) = rows_from(read.values, dv, at);
        let count = chunk.min(to - at).min(key_rows).min(value_rows);
        let (first, next) = (at, at + count);
        at = next;
        let (keys, values) = (keys.part(0, count * dk), values.part(0, count * dv));
        // Safety: `keys` and `norms` hold `count` rows, the caller grants the instructions.
        let keys = unsafe {
            score::<K, _>(
                &read.query(),
                &mut work,
                keys,
                &read.norms[first..next],
                &mut room,
            )
        };
        mixes.clear();
        for work in &mut work {
            // Safety: the caller grants the instructions.
            let any = unsafe { weigh::<K>(read, work, keys, count, first, &mut active) };
            if !any {
                continue;
            }
            let (width, across) = work.places();
            let mix = Mix {
                weights: work.scores.numbers().as_ptr(),
                width,
                across,
                sums: work.partial.weighted.numbers_mut().as_mut_ptr(),
                stride: work.partial.stride,
                cues: work.packed.panel.cues,
            };
            // A weight by itself costs about four times its share of the dense product.
            if active.len() * 4 <= count {
                // Safety: `weights` holds `count` rows of `width`, `sums` one row per cue.
                unsafe { mix.sparse::<K>(values, dv, &active) };
            } else if mix.cues <= BY_ROWS {
                // Safety: as above.
                unsafe { of_any!(values, rows => mix.rows::<K, _>(rows.as_ptr(), count, dv)) };
            } else {
                mixes.push(mix);
            }
        }
        if !mixes.is_empty() {
            // Safety: as for `sparse`; the sums of different panels are different arrays.
            unsafe { add_values::<K>(&mixes, values, dv, strip.numbers_mut()) };
        }
    }
    work.into_iter().map(|work| work.partial).collect()
}

/// Replaces the scores of a panel by weights, unless none of them would be above 0; whether any
/// are. `active` lists the patterns that have one.
#[inline(always)]
unsafe fn weigh<K: Kernel>(
    read: &HostRead<'_>,
    work: &mut Work<'_, PanelPartial>,
    keys: Rows<'_>,
    count: usize,
    first: usize,
    active: &mut Vec<usize>,
) -> bool {
    if work.packed.is_few() {
        // Safety: the caller's.
        return unsafe { weigh_few::<K>(read, work, keys, count, first, active) };
    }
    let Work {
        packed,
        partial,
        scores,
        chunk_max,
        ..
    } = work;
    let (panel, width) = (packed.panel, packed.panel.vectors * 16);
    let scores = &mut scores.numbers_mut()[..count * width];
    // Safety: `scores` holds `count` rows of the panel's vectors, the maxima and sums one entry
    // per lane.
    unsafe {
        if let Some(function) = &read.function {
            function.apply(scores, keys, read.key_dim, panel);
            chunk_max.fill(NOTHING);
            for_vectors!(panel.vectors, row_max::<K>(scores, chunk_max));
        }
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

/// [`weigh`] of few cues.
#[inline(always)]
unsafe fn weigh_few<K: Kernel>(
    read: &HostRead<'_>,
    work: &mut Work<'_, PanelPartial>,
    keys: Rows<'_>,
    count: usize,
    first: usize,
    active: &mut Vec<usize>,
) -> bool {
    let (packed, partial, max) = (work.packed, &mut work.partial, &mut work.chunk_max);
    let mut few = Few::new(work.scores.numbers_mut(), work.stride, count, packed);
    let max = &mut max[..packed.panel.cues];
    // Safety: the caller grants the instructions.
    unsafe {
        if let Some(function) = &read.function {
            few.apply(function, keys, read.key_dim);
            few.maxima::<K>(max);
        }
        if let Some(refine) = &read.refine
            && few.refine::<K>((refine, keys, read.key_dim), &partial.max, max)
        {
            few.maxima::<K>(max);
        }
        let mut pairs = max.iter().zip(&partial.max);
        if pairs.all(|(new, max)| new - max < UNDERFLOW) {
            return false;
        }
        let mut rows = [0.0; 16];
        for (cue, &new) in max.iter().enumerate() {
            if new > partial.max[cue] {
                rows[cue] = few.row_of(cue, new) as f32;
            }
        }
        partial.raise_max(max, &rows, first);
        few.exponentials::<K>(&partial.max, &mut partial.sum, active);
    }
    true
}

/// The rows from pattern `at` to the end of its block.
pub(in crate::kernel) fn rows_from<'a>(
    blocks: &[Rows<'a>],
    dim: usize,
    mut at: usize,
) -> (Rows<'a>, usize) {
    for block in blocks {
        let rows = block.numbers() / dim;
        if at < rows {
            return (block.part(at * dim, (rows - at) * dim), rows - at);
        }
        at -= rows;
    }
    (Rows::Single(&[]), 0)
}
