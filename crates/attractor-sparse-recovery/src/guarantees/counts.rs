//! Counting: neighbours in graphs, points of whole numbers.

use std::collections::BTreeMap;

use attractor_core::{Error, Result};

use super::subsets;
use crate::expander::Constraints;
use crate::input;

/// Neighbours of the worst set of entries of one size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expansion {
    /// Fewest constraints that a set touches.
    pub neighbours: usize,
    /// Fewest constraints that exactly one entry of a set touches.
    pub unique: usize,
}

/// The expansion of a graph for sets of `t` entries, by brute force.
///
/// # Errors
/// As [`super::restricted_isometry`].
pub fn expansion(constraints: &Constraints, t: usize) -> Result<Expansion> {
    let mut worst = Expansion {
        neighbours: usize::MAX,
        unique: usize::MAX,
    };
    let mut touched = vec![0usize; constraints.constraint_count()];
    subsets::each(constraints.width(), t, |chosen| {
        touched.iter_mut().for_each(|count| *count = 0);
        for &entry in chosen {
            for &(row, _) in constraints.edges(entry) {
                touched[row as usize] += 1;
            }
        }
        let of = |wanted: fn(usize) -> bool| touched.iter().filter(|&&n| wanted(n)).count();
        worst.neighbours = worst.neighbours.min(of(|n| n > 0));
        worst.unique = worst.unique.min(of(|n| n == 1));
    })?;
    Ok(worst)
}

/// Vectors of whole numbers in a box, by their syndromes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IntegerPoints {
    /// Those that fulfil `B x = 0`.
    pub kernel: usize,
    /// Those of the most frequent syndrome.
    pub largest_coset: usize,
    /// All.
    pub total: usize,
}

/// Counts the points of `{-q..q}^n` under constraints of whole numbers, rows of `n`.
///
/// # Errors
/// [`Error::Config`] beyond [`super::MOST_SUBSETS`] points; [`Error::Width`] for a row that has not n numbers.
pub fn integer_points(rows: &[Vec<i64>], n: usize, q: u32) -> Result<IntegerPoints> {
    for row in rows {
        input::length("rows", n, row.len())?;
    }
    let side = 2 * u64::from(q) + 1;
    let total = u32::try_from(n).ok().and_then(|n| side.checked_pow(n));
    let total = total
        .filter(|&total| total <= super::MOST_SUBSETS)
        .ok_or_else(|| {
            let rule = "must be at most 20000000 to visit all";
            Error::config("points", rule, format!("{side}^{n}"))
        })?;
    // Sums of few products of whole numbers, none of which leaves 128 bits.
    let mut counts: BTreeMap<Vec<i128>, usize> = BTreeMap::new();
    for point in 0..total {
        let mut rest = point;
        let mut syndrome = vec![0i128; rows.len()];
        for column in 0..n {
            let value = i128::from(rest % side) - i128::from(q);
            rest /= side;
            syndrome
                .iter_mut()
                .zip(rows)
                .for_each(|(s, row)| *s += i128::from(row[column]) * value);
        }
        *counts.entry(syndrome).or_default() += 1;
    }
    Ok(IntegerPoints {
        kernel: counts.get(&vec![0; rows.len()]).copied().unwrap_or(0),
        largest_coset: counts.values().copied().max().unwrap_or(0),
        total: total as usize,
    })
}

/// `(2 q + 1)^n / (2 q w + 1)^m`: points of `{-q..q}^n` that at least share a syndrome under `m` constraints of
/// `w` entries of +1 and -1, by the pigeonhole principle.
pub fn coset_bound((m, n): (usize, usize), q: u32, w: usize) -> f64 {
    let q = f64::from(q);
    (n as f64 * (2.0 * q).ln_1p() - m as f64 * (2.0 * q * w as f64).ln_1p()).exp()
}
