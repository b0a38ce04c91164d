//! The learning rules, on the host in f64.

use attractor_core::{Error, Result};
use rayon::prelude::*;

/// Adds `sign * x x^T` without its diagonal. Weights of Hebb's rule are kept as these whole numbers,
/// so that sums, ties and removals are exact.
pub(super) fn hebb(weights: &mut [f64], pattern: &[i8], sign: f64) {
    let dim = pattern.len();
    let rows = weights.par_chunks_mut(dim).enumerate();
    rows.for_each(|(i, row)| {
        let own = sign * f64::from(pattern[i]);
        for (weight, &other) in row.iter_mut().zip(pattern) {
            *weight += own * f64::from(other);
        }
        row[i] = 0.0;
    });
}

/// Storkey's rule for one pattern; the diagonal stays 0.
pub(super) fn storkey(weights: &mut [f64], pattern: &[i8]) {
    let dim = pattern.len();
    let x: Vec<f64> = pattern.iter().map(|&sign| f64::from(sign)).collect();
    let fields: Vec<f64> = weights
        .par_chunks(dim)
        .map(|row| row.iter().zip(&x).map(|(w, x)| w * x).sum())
        .collect();
    let rows = weights.par_chunks_mut(dim).enumerate();
    rows.for_each(|(i, row)| {
        for j in 0..dim {
            if i != j {
                // The field of i without j's part, and the other way round; W is symmetric.
                let without_j = fields[i] - row[j] * x[j];
                let without_i = fields[j] - row[j] * x[i];
                row[j] += (x[i] * x[j] - x[i] * without_i - without_j * x[j]) / dim as f64;
            }
        }
    });
}

/// The projection on the span of the patterns `[n, dim]`, by a singular value decomposition: it
/// bears with repeated and dependent patterns.
pub(super) fn projection(patterns: &[i8], dim: usize, keep_diagonal: bool) -> Result<Vec<f64>> {
    let rows = patterns.len() / dim;
    let matrix = faer::Mat::from_fn(rows, dim, |i, j| f64::from(patterns[i * dim + j]));
    let svd = matrix.thin_svd().map_err(|error| {
        Error::config(
            "patterns",
            "must have a singular value decomposition",
            format!("{error:?}"),
        )
    })?;
    let values = svd.S().column_vector();
    let largest = (0..values.nrows()).map(|k| values[k]).fold(0.0, f64::max);
    let floor = largest * f64::EPSILON * rows.max(dim) as f64;
    let rank = (0..values.nrows()).filter(|&k| values[k] > floor).count();
    let directions = svd.V().subcols(0, rank);
    let product = directions * directions.transpose();
    let entry = |at: usize| match (at / dim, at % dim) {
        (i, j) if i == j && !keep_diagonal => 0.0,
        // One triangle for both: symmetric to the last bit.
        (i, j) => product[(i.max(j), i.min(j))],
    };
    Ok((0..dim * dim).map(entry).collect())
}
