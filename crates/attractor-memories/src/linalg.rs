//! Row-major matrices of `f64` and the few products that inference needs.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par, Side};

/// A row-major matrix.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Mat {
    pub(crate) rows: usize,
    pub(crate) cols: usize,
    pub(crate) data: Vec<f64>,
}

impl Mat {
    pub(crate) fn zeros(rows: usize, cols: usize) -> Self {
        Self::filled(rows, cols, 0.0)
    }

    pub(crate) fn filled(rows: usize, cols: usize, value: f64) -> Self {
        Self::new(rows, cols, vec![value; rows * cols])
    }

    pub(crate) fn new(rows: usize, cols: usize, data: Vec<f64>) -> Self {
        debug_assert_eq!(data.len(), rows * cols);
        Self { rows, cols, data }
    }

    /// `scale` times the identity.
    pub(crate) fn scaled_identity(size: usize, scale: f64) -> Self {
        let mut mat = Self::zeros(size, size);
        for i in 0..size {
            mat.data[i * size + i] = scale;
        }
        mat
    }

    pub(crate) fn row(&self, row: usize) -> &[f64] {
        &self.data[row * self.cols..(row + 1) * self.cols]
    }

    pub(crate) fn row_mut(&mut self, row: usize) -> &mut [f64] {
        &mut self.data[row * self.cols..(row + 1) * self.cols]
    }

    /// The given rows, in that order.
    pub(crate) fn pick(&self, rows: &[usize]) -> Self {
        let data = rows.iter().flat_map(|&row| self.row(row)).copied();
        Self::new(rows.len(), self.cols, data.collect())
    }

    /// The given columns, in that order.
    pub(crate) fn pick_columns(&self, columns: &[usize]) -> Self {
        let data = (0..self.rows).flat_map(|row| {
            let row = self.row(row);
            columns.iter().map(move |&column| row[column])
        });
        Self::new(self.rows, columns.len(), data.collect())
    }

    /// Puts the last row in the place of `row`.
    pub(crate) fn swap_remove_row(&mut self, row: usize) {
        let last = (self.rows - 1) * self.cols;
        self.data.copy_within(last.., row * self.cols);
        self.data.truncate(last);
        self.rows -= 1;
    }

    pub(crate) fn view(&self) -> MatRef<'_, f64> {
        MatRef::from_row_major_slice(&self.data, self.rows, self.cols)
    }

    pub(crate) fn view_mut(&mut self) -> MatMut<'_, f64> {
        MatMut::from_row_major_slice_mut(&mut self.data, self.rows, self.cols)
    }

    /// `self + alpha lhs rhs`, in place.
    pub(crate) fn add_product(&mut self, alpha: f64, lhs: MatRef<'_, f64>, rhs: MatRef<'_, f64>) {
        matmul(self.view_mut(), Accum::Add, lhs, rhs, alpha, Par::Seq);
    }

    /// `lhs rhs`.
    pub(crate) fn product(lhs: MatRef<'_, f64>, rhs: MatRef<'_, f64>) -> Self {
        let mut out = Self::zeros(lhs.nrows(), rhs.ncols());
        matmul(out.view_mut(), Accum::Replace, lhs, rhs, 1.0, Par::Seq);
        out
    }

    /// Averages with the transpose: rounding makes updates of a covariance slightly lopsided.
    pub(crate) fn symmetrise(&mut self) {
        for i in 0..self.rows {
            for j in 0..i {
                let (a, b) = (i * self.cols + j, j * self.cols + i);
                let mean = 0.5 * (self.data[a] + self.data[b]);
                self.data[a] = mean;
                self.data[b] = mean;
            }
        }
    }
}

pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    // Eight partial sums, so that the loop becomes vector instructions.
    let (mut sums, mut rest) = ([0.0; 8], 0.0);
    let (a8, a_rest) = a.as_chunks::<8>();
    let (b8, b_rest) = b.as_chunks::<8>();
    for (a, b) in a8.iter().zip(b8) {
        for lane in 0..8 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    for (a, b) in a_rest.iter().zip(b_rest) {
        rest += a * b;
    }
    sums.iter().sum::<f64>() + rest
}

/// `a + scale b`, in place.
pub(crate) fn axpy(a: &mut [f64], scale: f64, b: &[f64]) {
    for (a, b) in a.iter_mut().zip(b) {
        *a += scale * b;
    }
}

/// `log sum exp`, which is minus infinity for no terms.
pub(crate) fn log_sum_exp(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let top = values.clone().fold(f64::NEG_INFINITY, f64::max);
    if top.is_finite() {
        top + values.map(|value| (value - top).exp()).sum::<f64>().ln()
    } else {
        top
    }
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
