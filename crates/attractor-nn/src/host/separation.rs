//! From rows of scores to associations, exactly.

use super::real::Real;
use crate::config::Separation;

/// A row of scores becomes a point of the simplex; all 0 where every score is minus infinity. Returns what
/// [`crate::energy::psi`] has, from the scores, where it is at hand: for softmax.
pub(crate) fn separate_row<T: Real>(row: &mut [T], separation: Separation) -> Option<f64> {
    let max = T::max_of(row);
    if max == T::LOWEST {
        row.fill(T::ZERO);
        return Some(f64::NEG_INFINITY);
    }
    match separation {
        Separation::Softmax => {
            let sum = T::exponentials(row, max);
            let scale = T::ONE / sum;
            row.iter_mut().for_each(|p| *p = *p * scale);
            Some(max.double() + sum.double().ln())
        }
        Separation::Sparsemax => {
            row.iter_mut().for_each(|z| *z = *z - max);
            let threshold = sparsemax_threshold(row);
            for z in row.iter_mut() {
                *z = if *z > threshold {
                    *z - threshold
                } else {
                    T::ZERO
                };
            }
            None
        }
        Separation::Entmax15 => {
            let half = T::of(0.5);
            row.iter_mut().for_each(|z| *z = (*z - max) * half);
            let threshold = entmax_threshold(row);
            for z in row.iter_mut() {
                let rest = if *z > threshold {
                    *z - threshold
                } else {
                    T::ZERO
                };
                *z = rest * rest;
            }
            None
        }
    }
}

/// Scores that can be part of the support, the largest first: the largest is 0, and 1 below it is none.
fn candidates<T: Real>(row: &[T]) -> Vec<T> {
    let near = row.iter().copied().filter(|&z| z > -T::ONE);
    let mut near: Vec<T> = near.collect();
    near.sort_by(|a, b| b.partial_cmp(a).unwrap_or(std::cmp::Ordering::Equal));
    near
}

fn sparsemax_threshold<T: Real>(row: &[T]) -> T {
    let (mut sum, mut threshold) = (T::ZERO, -T::ONE);
    for (rank, z) in candidates(row).into_iter().enumerate() {
        let count = T::of((rank + 1) as f64);
        if T::ONE + count * z <= sum + z {
            break;
        }
        sum += z;
        threshold = (sum - T::ONE) / count;
    }
    threshold
}

fn entmax_threshold<T: Real>(row: &[T]) -> T {
    let mut threshold = -T::ONE;
    // Mean and sum of squared differences from it, updated together.
    let (mut mean, mut spread) = (T::ZERO, T::ZERO);
    for (rank, z) in candidates(row).into_iter().enumerate() {
        let count = T::of((rank + 1) as f64);
        let difference = z - mean;
        mean += difference / count;
        spread += difference * (z - mean);
        let rest = (T::ONE - spread) / count;
        if rest < T::ZERO {
            break;
        }
        let next = mean - rest.root();
        if next > z {
            break;
        }
        threshold = next;
    }
    threshold
}

/// The weights `u` of the Jacobian `diag(u) - u u^T / sum(u)` at an association, in its place.
pub(super) fn jacobian_weights<T: Real>(p: &mut [T], separation: Separation) {
    match separation {
        Separation::Softmax => {}
        Separation::Sparsemax => {
            for p in p.iter_mut() {
                *p = if *p > T::ZERO { T::ONE } else { T::ZERO };
            }
        }
        Separation::Entmax15 => p.iter_mut().for_each(|p| *p = p.root()),
    }
}

/// `a = (diag u - u u^T / sum u) a`
pub(super) fn through<T: Real>(a: &mut [T], u: &[T]) {
    let (total, mut mean) = (T::sum_of(u), T::dot(u, a));
    if total > T::ZERO {
        mean = mean / total;
    }
    for (a, &u) in a.iter_mut().zip(u) {
        *a = u * (*a - mean);
    }
}
