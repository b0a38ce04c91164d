//! Small symmetric matrices in double precision.

use attractor_core::{Error, Result};
use faer::linalg::matmul::matmul;
use faer::linalg::solvers::DenseSolveCore;
use faer::{Accum, Mat, MatRef, Par, Side};

/// `a b`, on one thread: callers are parallel already.
pub(crate) fn product(a: MatRef<'_, f64>, b: MatRef<'_, f64>) -> Mat<f64> {
    let mut out = Mat::zeros(a.nrows(), b.ncols());
    matmul(out.as_mut(), Accum::Replace, a, b, 1.0, Par::Seq);
    out
}

/// `L` with `L L^T` equal to a positive semi-definite matrix, as many columns as it has rank: Cholesky's
/// factor with the largest pivot first, which ends where only rounding is left.
fn factor(mut matrix: Mat<f64>) -> Mat<f64> {
    let size = matrix.nrows();
    let mut columns: Vec<Vec<f64>> = Vec::new();
    let mut left: Vec<usize> = (0..size).collect();
    let largest = (0..size).map(|i| matrix[(i, i)]).fold(0.0, f64::max);
    let floor = largest * f64::EPSILON * size as f64;
    while let Some(at) = (0..left.len()).max_by(|&a, &b| {
        let (a, b) = (left[a], left[b]);
        matrix[(a, a)].total_cmp(&matrix[(b, b)])
    }) {
        let pivot = left[at];
        let value = matrix[(pivot, pivot)];
        if value <= floor {
            break;
        }
        left.swap_remove(at);
        let scale = value.sqrt().recip();
        let mut column = vec![0.0; size];
        column[pivot] = value.sqrt();
        for &i in &left {
            column[i] = matrix[(i, pivot)] * scale;
        }
        for (place, &j) in left.iter().enumerate() {
            for &i in &left[..=place] {
                let value = matrix[(i, j)] - column[i] * column[j];
                matrix[(i, j)] = value;
                matrix[(j, i)] = value;
            }
        }
        columns.push(column);
    }
    Mat::from_fn(size, columns.len(), |i, k| columns[k][i])
}

/// The eigenvalues of `mixing gram` that are not 0, rising, for symmetric `mixing` and positive
/// semi-definite `gram = L L^T`: those of the symmetric `L^T mixing L`.
///
/// # Errors
/// [`Error::Config`] if the iteration does not converge, which finite numbers do not bring about.
pub(crate) fn eigenvalues(mixing: MatRef<'_, f64>, gram: Mat<f64>) -> Result<Vec<f64>> {
    let lower = factor(gram);
    if lower.ncols() == 0 {
        return Ok(Vec::new());
    }
    let right = product(mixing, lower.as_ref());
    let reduced = product(lower.transpose(), right.as_ref());
    let values = reduced.self_adjoint_eigenvalues(Side::Lower);
    values.map_err(|error| {
        let rule = "must have eigenvalues";
        Error::config("synapses", rule, format!("{error:?}"))
    })
}

/// Averages with the transpose.
pub(crate) fn symmetrised(matrix: &Mat<f64>) -> Mat<f64> {
    let mean = |i, j| 0.5 * (matrix[(i, j)] + matrix[(j, i)]);
    Mat::from_fn(matrix.nrows(), matrix.ncols(), mean)
}

/// How far `matrix inverse` may be from the identity.
const SINGULAR: f64 = 1e-6;

/// The inverse of a symmetric matrix, symmetric to the last bit; `None` if it is singular to working
/// precision.
pub(crate) fn inverse(matrix: &Mat<f64>) -> Option<Mat<f64>> {
    let inverse = symmetrised(&matrix.partial_piv_lu().inverse());
    let product = product(matrix.as_ref(), inverse.as_ref());
    let good = (0..matrix.nrows()).all(|i| {
        (0..matrix.ncols()).all(|j| (product[(i, j)] - f64::from(i == j)).abs() <= SINGULAR)
    });
    good.then_some(inverse)
}
