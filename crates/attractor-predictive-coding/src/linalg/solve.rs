//! Factors, inverses and solutions of symmetric positive definite systems.

use faer::Side;

use super::mat::Mat;

/// Lower factor `C` of a symmetric positive definite matrix `C C^T`; `None` if it is not.
pub(crate) fn cholesky(matrix: &Mat) -> Option<Mat> {
    let factor = matrix.view().llt(Side::Lower).ok()?;
    let lower = factor.L();
    let size = matrix.rows;
    let mut out = Mat::zeros(size, size);
    for i in 0..size {
        for j in 0..=i {
            out.data[i * size + j] = lower[(i, j)];
        }
    }
    out.data
        .iter()
        .all(|value| value.is_finite())
        .then_some(out)
}

/// Inverse and log-determinant of a symmetric positive definite matrix; `None` if it is not.
pub(crate) fn inverse_spd(matrix: &Mat) -> Option<(Mat, f64)> {
    use faer::linalg::solvers::DenseSolveCore;
    let factor = matrix.view().llt(Side::Lower).ok()?;
    let lower = factor.L();
    let log_det = 2.0 * (0..matrix.rows).map(|i| lower[(i, i)].ln()).sum::<f64>();
    let inverse = factor.inverse();
    let n = matrix.rows;
    let mut out = Mat::zeros(n, n);
    for i in 0..n {
        for j in 0..n {
            out.data[i * n + j] = inverse[(i, j)];
        }
    }
    out.symmetrise();
    Some((out, log_det))
}

/// `matrix^(-1) right` for a symmetric positive definite matrix; `None` if it is not.
pub(crate) fn solve_spd(matrix: &Mat, right: &Mat) -> Option<Mat> {
    use faer::linalg::solvers::Solve;
    let factor = matrix.view().llt(Side::Lower).ok()?;
    let mut solution = right.clone();
    factor.solve_in_place(solution.view_mut());
    let finite = solution.data.iter().all(|value| value.is_finite());
    finite.then_some(solution)
}
