//! How one observation more or less changes the factor of a covariance.

use crate::linalg::Mat;

/// `F` after one observation, from its input's `f = F z^T` and the noise: Carlson's form of the
/// update, which adds squares and subtracts none. Returns `z U`, from before.
///
/// With `g_j = s^2 + sum_(i > j) f_i^2` and `b_j = sum_(i > j) f_i F_i`, row `j` becomes
/// `sqrt(g_j / g_(j-1)) F_j - f_j b_j / sqrt(g_j g_(j-1))`. Carlson, AIAA Journal 11(9), 1973.
pub(super) fn narrow(factor: &mut Mat, f: &[f64], noise: f64) -> Vec<f64> {
    let mut sum = vec![0.0; factor.cols];
    let mut below = noise;
    for j in (0..factor.rows).rev() {
        let whole = below + f[j] * f[j];
        let (keep, take) = ((below / whole).sqrt(), -f[j] / (below * whole).sqrt());
        turn(&mut factor.row_mut(j)[j..], &mut sum[j..], f[j], keep, take);
        below = whole;
    }
    sum
}

/// The reverse: `F` of `U + (z U)^T z U / left`, with `g_j = left + sum_(i <= j) f_i^2`.
pub(super) fn widen(factor: &mut Mat, f: &[f64], left: f64) -> Vec<f64> {
    let mut sum = vec![0.0; factor.cols];
    let mut totals = vec![left];
    for f in f {
        totals.push(totals[totals.len() - 1] + f * f);
    }
    for j in (0..factor.rows).rev() {
        let (below, whole) = (totals[j], totals[j + 1]);
        let (keep, take) = ((whole / below).sqrt(), f[j] / (below * whole).sqrt());
        turn(&mut factor.row_mut(j)[j..], &mut sum[j..], f[j], keep, take);
    }
    sum
}

/// `row = keep row + take sum` and, with the old row, `sum += f row`.
fn turn(row: &mut [f64], sum: &mut [f64], f: f64, keep: f64, take: f64) {
    for (row, sum) in row.iter_mut().zip(sum) {
        let old = *row;
        *row = keep * old + take * *sum;
        *sum += f * old;
    }
}
