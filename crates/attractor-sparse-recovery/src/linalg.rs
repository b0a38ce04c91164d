//! What the crate needs of linear algebra, on column-major matrices of double precision: a word is a
//! column.

use attractor_core::{Error, Result};
use faer::linalg::matmul::matmul;
use faer::linalg::solvers::{Llt, Solve};
use faer::{Accum, Mat, MatRef, Par, Side};

use crate::input;

/// A column as a slice.
pub(crate) fn col<T>(mat: &Mat<T>, index: usize) -> &[T] {
    let column = mat.as_ref().col(index);
    let column = column.try_as_col_major();
    column.expect("owned matrices are column-major").as_slice()
}

/// A column as a slice.
pub(crate) fn col_mut<T>(mat: &mut Mat<T>, index: usize) -> &mut [T] {
    let column = mat.as_mut().col_mut(index).try_as_col_major_mut();
    column
        .expect("owned matrices are column-major")
        .as_slice_mut()
}

/// Vectors of `len` entries as columns.
///
/// # Errors
/// [`Error::Width`] for a vector of another length.
pub fn columns(len: usize, vectors: &[Vec<f64>]) -> Result<Mat<f64>> {
    for vector in vectors {
        input::length("vectors", len, vector.len())?;
    }
    Ok(joined(len, vectors))
}

/// The same for vectors that are known to fit.
pub(crate) fn joined(len: usize, vectors: &[Vec<f64>]) -> Mat<f64> {
    Mat::from_fn(len, vectors.len(), |i, j| vectors[j][i])
}

/// Numbers in row-major order as a matrix with that many columns.
///
/// # Errors
/// [`Error::Mismatch`] unless they are whole rows.
pub fn from_rows(values: &[f64], width: usize) -> Result<Mat<f64>> {
    if !values.len().is_multiple_of(width) {
        return Err(Error::Mismatch {
            what: "the matrix",
            expected: format!("rows of {width} numbers"),
            part: "what it is made of",
            found: format!("{} numbers", values.len()),
        });
    }
    let rows = values.len() / width.max(1);
    Ok(Mat::from_fn(rows, width, |i, j| values[i * width + j]))
}

/// `lhs rhs` on one thread.
pub(crate) fn product(lhs: MatRef<'_, f64>, rhs: MatRef<'_, f64>) -> Mat<f64> {
    let mut out = Mat::zeros(lhs.nrows(), rhs.ncols());
    matmul(out.as_mut(), Accum::Replace, lhs, rhs, 1.0, Par::Seq);
    out
}

/// `lhs` times a vector.
pub(crate) fn apply(lhs: MatRef<'_, f64>, rhs: &[f64]) -> Vec<f64> {
    let rhs = MatRef::from_column_major_slice(rhs, rhs.len(), 1);
    col(&product(lhs, rhs), 0).to_vec()
}

pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

pub(crate) fn norm(values: &[f64]) -> f64 {
    let largest = max_abs(values);
    if largest == 0.0 || !largest.is_finite() {
        return largest;
    }
    largest
        * values
            .iter()
            .map(|x| (x / largest).powi(2))
            .sum::<f64>()
            .sqrt()
}

pub(crate) fn max_abs(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |most, x| x.abs().max(most))
}

/// Sum of absolute values.
pub(crate) fn l1(values: &[f64]) -> f64 {
    values.iter().map(|x| x.abs()).sum()
}

/// The chosen columns.
pub(crate) fn pick_columns(mat: MatRef<'_, f64>, chosen: &[usize]) -> Mat<f64> {
    Mat::from_fn(mat.nrows(), chosen.len(), |i, j| mat[(i, chosen[j])])
}

/// The chosen rows.
pub(crate) fn pick_rows(mat: MatRef<'_, f64>, chosen: &[usize]) -> Mat<f64> {
    Mat::from_fn(chosen.len(), mat.ncols(), |i, j| mat[(chosen[i], j)])
}

/// Singular values, falling, with all right singular vectors as columns.
pub(crate) struct RightSvd {
    pub(crate) values: Vec<f64>,
    pub(crate) vectors: Mat<f64>,
}

/// `None` where the iteration fails, which finite numbers of moderate size never caused.
pub(crate) fn right_svd(mat: MatRef<'_, f64>) -> Option<RightSvd> {
    let svd = mat.svd().ok()?;
    let values = svd.S().column_vector().iter().copied().collect();
    Some(RightSvd {
        values,
        vectors: svd.V().to_owned(),
    })
}

/// Upper factor of a QR decomposition, `min(rows, cols) x cols`.
pub(crate) fn r_factor(mat: MatRef<'_, f64>) -> Mat<f64> {
    let qr = mat.qr();
    let r = qr.thin_R();
    Mat::from_fn(
        r.nrows(),
        r.ncols(),
        |i, j| if i <= j { r[(i, j)] } else { 0.0 },
    )
}

/// Orthonormal columns of the same span; the input has full column rank.
pub(crate) fn orthonormal(mat: MatRef<'_, f64>) -> Mat<f64> {
    mat.qr().compute_thin_Q()
}

/// Least squares with a matrix of full column rank, by its normal equations and one refinement.
pub(crate) struct LeastSquares {
    pub(crate) matrix: Mat<f64>,
    factor: Llt<f64>,
}

/// Squared pivots below this part of the largest mean that columns are dependent.
const DEPENDENT: f64 = 1e-13;

impl LeastSquares {
    /// `None` if columns are dependent.
    pub(crate) fn new(matrix: Mat<f64>) -> Option<Self> {
        if matrix.ncols() > matrix.nrows() {
            return None;
        }
        let gram = product(matrix.as_ref().transpose(), matrix.as_ref());
        let factor = gram.llt(Side::Lower).ok()?;
        let pivots = (0..gram.nrows()).map(|i| factor.L()[(i, i)].powi(2));
        let (least, most) = pivots.fold((f64::INFINITY, 0.0f64), |(least, most), pivot| {
            (least.min(pivot), most.max(pivot))
        });
        let full = gram.nrows() == 0 || least > DEPENDENT * most;
        full.then_some(Self { matrix, factor })
    }

    /// `(M^T M)^-1 right`.
    pub(crate) fn gram_solve(&self, right: &[f64]) -> Vec<f64> {
        let right = MatRef::from_column_major_slice(right, right.len(), 1);
        col(&self.factor.solve(right), 0).to_vec()
    }

    /// `argmin |M x - right|`.
    pub(crate) fn solve(&self, right: &[f64]) -> Vec<f64> {
        let transpose = self.matrix.as_ref().transpose();
        let mut x = self.gram_solve(&apply(transpose, right));
        let rest = self.residual(right, &x);
        for (x, step) in x.iter_mut().zip(self.gram_solve(&apply(transpose, &rest))) {
            *x += step;
        }
        x
    }

    /// `right - M x`.
    pub(crate) fn residual(&self, right: &[f64], x: &[f64]) -> Vec<f64> {
        let fit = apply(self.matrix.as_ref(), x);
        right.iter().zip(fit).map(|(a, b)| a - b).collect()
    }

    /// `M (M^T M)^-1 right`: the shortest `z` with `M^T z = right`.
    pub(crate) fn shortest(&self, right: &[f64]) -> Vec<f64> {
        apply(self.matrix.as_ref(), &self.gram_solve(right))
    }
}
