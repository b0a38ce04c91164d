//! The learning rules, on the host in f64.

use attractor_core::{Error, Result};
use rayon::prelude::*;

/// Patterns from which on one matrix product beats one outer product each.
const MANY: usize = 4;

/// Adds `sign * sum_k x_k x_k^T` over patterns `[n, dim]`, without the diagonal. Weights of Hebb's
/// rule are kept as these whole numbers, so that sums, ties and removals are exact.
pub(super) fn hebb(weights: &mut [f64], patterns: &[i8], dim: usize, sign: f64) {
    let rows = patterns.len() / dim;
    if rows >= MANY {
        let matrix = faer::Mat::from_fn(dim, rows, |i, k| f64::from(patterns[k * dim + i]));
        let target = faer::MatMut::from_row_major_slice_mut(weights, dim, dim);
        let par = faer::get_global_parallelism();
        let (left, right) = (matrix.as_ref(), matrix.transpose());
        faer::linalg::matmul::matmul(target, faer::Accum::Add, left, right, sign, par);
        (0..dim).for_each(|i| weights[i * dim + i] = 0.0);
        return;
    }
    for pattern in patterns.chunks_exact(dim) {
        let rows = weights.par_chunks_mut(dim).enumerate();
        rows.for_each(|(i, row)| {
            let own = sign * f64::from(pattern[i]);
            for (weight, &other) in row.iter_mut().zip(pattern) {
                *weight += own * f64::from(other);
            }
            row[i] = 0.0;
        });
    }
}

/// Storkey's rule for one pattern; the diagonal stays 0.
pub(super) fn storkey(weights: &mut [f64], pattern: &[i8]) {
    let dim = pattern.len();
    let x: Vec<f64> = pattern.iter().map(|&sign| f64::from(sign)).collect();
    let fields = fields(weights, pattern);
    let rows = weights.par_chunks_mut(dim).enumerate();
    rows.for_each(|(i, row)| {
        for ((weight, &other), &field) in row.iter_mut().zip(&x).zip(&fields) {
            // The field of i without j's part, and the other way round; W is symmetric.
            let without_j = fields[i] - *weight * other;
            let without_i = field - *weight * x[i];
            *weight += (x[i] * other - x[i] * without_i - without_j * other) / dim as f64;
        }
        row[i] = 0.0;
    });
}

/// `W s`, row by row: W is symmetric, and sums along rows become vector instructions.
pub(super) fn fields(weights: &[f64], state: &[i8]) -> Vec<f64> {
    let mut fields = vec![0.0; state.len()];
    for (row, &sign) in weights.chunks_exact(state.len()).zip(state) {
        let sign = f64::from(sign);
        for (field, weight) in fields.iter_mut().zip(row) {
            *field += weight * sign;
        }
    }
    fields
}

/// [`fields`] of states `[b, dim]`: the weights pass from memory once for all of them.
pub(super) fn fields_of(weights: &[f64], states: &[i8], dim: usize) -> Vec<Vec<f64>> {
    let count = states.len() / dim;
    if count < MANY {
        let rows = states.chunks_exact(dim);
        return rows.map(|state| fields(weights, state)).collect();
    }
    let states = faer::Mat::from_fn(dim, count, |i, b| f64::from(states[b * dim + i]));
    // Symmetric: columns for rows.
    let weights = faer::MatRef::from_column_major_slice(weights, dim, dim);
    let mut fields = faer::Mat::<f64>::zeros(dim, count);
    let replace = faer::Accum::Replace;
    faer::linalg::matmul::matmul(
        fields.as_mut(),
        replace,
        weights,
        states.as_ref(),
        1.0,
        faer::Par::Seq,
    );
    (0..count)
        .map(|b| fields.col_as_slice(b).to_vec())
        .collect()
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
