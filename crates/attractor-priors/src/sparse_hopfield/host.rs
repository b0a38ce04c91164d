//! alpha-entmax of rows in host memory: the threshold by Newton's rule, without sorting.
//!
//! With the largest score moved to 0, `x = (alpha - 1) score` and `p = 1 / (alpha - 1)`, tau is where
//! the norm `N(tau) = (sum_k max(0, x_k - tau)^p)^(1/p)` is 1, between -1 and 0. For alpha up to 2, N is
//! convex and falls, so that Newton's rule climbs from -1, where N is at least 1, to the root without
//! overshooting it; an entry that falls below tau on the way never comes back. N is nearly straight,
//! which is why a handful of steps is enough. For larger alpha it is no norm, and tau is bisected.

use rayon::prelude::*;

/// Steps of Newton's rule at most.
const STEPS: usize = 50;
/// Halvings of the interval of tau.
const HALVINGS: usize = 60;
/// Entries below which threads cost more than they bring.
const SERIAL_BELOW: usize = 1 << 15;

/// An entry that may have a weight: its index, `x`, and its weight once it is known.
#[derive(Debug, Clone, Copy)]
struct Entry {
    at: u32,
    x: f32,
    weight: f32,
}

/// Replaces each row of `scores` `[b, n]` by its alpha-entmax p; returns `p.scores - tsallis(p)` of
/// each.
pub(super) fn separate(scores: &mut [f32], n: usize, alpha: f32) -> Vec<f32> {
    let serial = scores.len() < SERIAL_BELOW;
    let rows = scores.par_chunks_exact_mut(n);
    // One piece of work for all rows if they are few.
    let least = if serial { usize::MAX } else { 1 };
    rows.with_min_len(least)
        .map_init(Vec::new, |kept, row| separate_row(row, alpha, kept))
        .collect()
}

fn separate_row(row: &mut [f32], alpha: f32, kept: &mut Vec<Entry>) -> f32 {
    let top = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    if !top.is_finite() || row.iter().any(|score| score.is_nan()) {
        row.fill(f32::NAN);
        return f32::NAN;
    }
    let factor = alpha - 1.0;
    kept.clear();
    for (at, score) in row.iter_mut().enumerate() {
        let x = (*score - top) * factor;
        if x > -1.0 {
            let (at, weight) = (at as u32, 0.0);
            kept.push(Entry { at, x, weight });
        }
        *score = 0.0;
    }
    let tau = match alpha {
        2.0 => climb(kept, 1.0, |_| 1.0),
        1.5 => climb(kept, 2.0, |base| base),
        _ if alpha < 2.0 => {
            let power = 1.0 / factor;
            climb(kept, power.into(), |base| base.powf(power - 1.0))
        }
        _ => bisect(kept, 1.0 / f64::from(factor)),
    };
    let sum: f64 = kept.iter().map(|entry| f64::from(entry.weight)).sum();
    let (mut mean, mut powers) = (0.0, 0.0);
    for entry in kept.iter() {
        let weight = f64::from(entry.weight) / sum;
        row[entry.at as usize] = weight as f32;
        let x = f64::from(entry.x);
        mean += weight * x;
        // weight^(alpha - 1) is x - tau.
        powers += weight * (x - tau).max(0.0);
    }
    let (alpha, factor) = (f64::from(alpha), f64::from(factor));
    (f64::from(top) + mean / factor - (powers - 1.0) / (alpha * factor)) as f32
}

/// tau by Newton's rule, and weights `(x - tau)^p`, given `slope(base) = base^(p - 1)`; entries without
/// a weight are dropped.
fn climb(kept: &mut Vec<Entry>, p: f64, slope: impl Fn(f32) -> f32) -> f64 {
    let mut tau = -1.0f64;
    for _ in 0..STEPS {
        let (mut sum, mut slopes) = (0.0f64, 0.0f64);
        let from = tau as f32;
        for entry in kept.iter_mut() {
            let base = entry.x - from;
            let steep = slope(base);
            entry.weight = steep * base;
            sum += f64::from(entry.weight);
            slopes += f64::from(steep);
        }
        let norm = sum.powf(1.0 / p);
        let step = (norm - 1.0) * (sum / norm) / slopes;
        // Rounding may leave the root a little behind.
        if step.is_nan() || step <= f64::from(f32::EPSILON) * 0.25 {
            break;
        }
        tau = f64::from((tau + step) as f32);
        let floor = tau as f32;
        kept.retain(|entry| entry.x > floor);
    }
    tau
}

/// tau by bisection, and weights `(x - tau)^p`.
fn bisect(kept: &mut [Entry], p: f64) -> f64 {
    let sum = |tau: f64| -> f64 {
        let bases = kept.iter().map(|entry| f64::from(entry.x) - tau);
        bases.map(|base| base.max(0.0).powf(p)).sum()
    };
    let (mut low, mut high) = (-1.0, 0.0);
    for _ in 0..HALVINGS {
        let middle = 0.5 * (low + high);
        match sum(middle) >= 1.0 {
            true => low = middle,
            false => high = middle,
        }
    }
    for entry in kept {
        entry.weight = (f64::from(entry.x) - low).max(0.0).powf(p) as f32;
    }
    low
}
