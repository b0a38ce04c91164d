//! What happens to the scores of a chunk between the two products.

use super::simd::Lanes;
use super::{Panel, Refine, Rows};

/// Calls a function with the number of vectors as a constant.
macro_rules! for_vectors {
    ($vectors:expr, $function:ident::<$lanes:ty>($($argument:expr),* $(,)?)) => {
        match $vectors {
            1 => $function::<$lanes, 1>($($argument),*),
            2 => $function::<$lanes, 2>($($argument),*),
            3 => $function::<$lanes, 3>($($argument),*),
            _ => $function::<$lanes, 4>($($argument),*),
        }
    };
}
pub(super) use for_vectors;

/// Maximum per lane.
#[inline(always)]
pub(super) unsafe fn row_max<L: Lanes, const V: usize>(scores: &[f32], max: &mut [f32]) {
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

/// The first row with the maximum of each lane; vectors whose maximum does not exceed `old` in any
/// lane are left alone.
#[inline(always)]
pub(super) unsafe fn max_rows<L: Lanes, const V: usize>(
    scores: &[f32],
    max: &[f32],
    old: &[f32],
    rows: &mut [f32],
) {
    // Safety: every row of `scores`, both maxima and `rows` hold `V` vectors.
    unsafe {
        for v in 0..V {
            let top = L::load(max.as_ptr().add(v * 16));
            if !top.sub(L::load(old.as_ptr().add(v * 16))).any_positive() {
                continue;
            }
            let mut found = L::splat(0.0);
            // A chunk's rows are few: exact as f32.
            for row in (0..scores.len() / (V * 16)).rev() {
                let score = L::load(scores.as_ptr().add((row * V + v) * 16));
                found = score.select_equal(top, L::splat(row as f32), found);
            }
            found.store(rows.as_mut_ptr().add(v * 16));
        }
    }
}

/// Computes the scores near the maximum again from the differences; whether there were any.
#[inline(always)]
pub(super) unsafe fn refine_near_max<L: Lanes, const V: usize>(
    scores: &mut [f32],
    keys: Rows<'_>,
    dim: usize,
    refine: &Refine<'_>,
    panel: Panel,
    max: &[f32],
    chunk_max: &[f32],
) -> bool {
    let width = V * 16;
    let mut any = false;
    let mut room = Vec::new();
    // Safety: every row of `scores`, and both maxima, hold `V` vectors.
    unsafe {
        for v in 0..V {
            let top = L::load(max.as_ptr().add(v * 16));
            let top = top.max(L::load(chunk_max.as_ptr().add(v * 16)));
            let cue_of = |lane: usize| panel.start + (v * 16 + lane).min(panel.cues - 1);
            let margins: [f32; 16] = std::array::from_fn(|lane| refine.margins[cue_of(lane)]);
            let floor = top.sub(L::load(margins.as_ptr()));
            for row in 0..scores.len() / width {
                let at = (row * V + v) * 16;
                if !L::load(scores.as_ptr().add(at)).sub(floor).any_positive() {
                    continue;
                }
                let mut floors = [0.0f32; 16];
                floor.store(floors.as_mut_ptr());
                for lane in 0..16 {
                    if scores[at + lane] > floors[lane] {
                        let cue = cue_of(lane);
                        let distance = squared_distance(
                            keys.row(row, dim, &mut room),
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

/// `|a - b|^2` from the differences, accumulated in `f64`.
#[inline(always)]
pub fn squared_distance(a: &[f32], b: &[f32]) -> f64 {
    let mut sums = [0.0f64; 8];
    let (a_chunks, a_rest) = a.as_chunks::<8>();
    let (b_chunks, b_rest) = b.as_chunks::<8>();
    for (a, b) in a_chunks.iter().zip(b_chunks) {
        for lane in 0..8 {
            let difference = f64::from(a[lane]) - f64::from(b[lane]);
            sums[lane] += difference * difference;
        }
    }
    let rest = a_rest
        .iter()
        .zip(b_rest)
        .map(|(&a, &b)| (f64::from(a) - f64::from(b)).powi(2));
    sums.iter().sum::<f64>() + rest.sum::<f64>()
}

/// Replaces scores by exp(score - max), adds them up, and lists the rows with any weight.
#[inline(always)]
pub(super) unsafe fn exponentials<L: Lanes, const V: usize>(
    scores: &mut [f32],
    max: &[f32],
    sum: &mut [f32],
    active: &mut Vec<usize>,
) {
    active.clear();
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
        for (v, lanes) in sums.into_iter().enumerate() {
            lanes.store(sum.as_mut_ptr().add(v * 16));
        }
    }
}
