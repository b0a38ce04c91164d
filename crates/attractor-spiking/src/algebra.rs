//! Matrices of double precision, and what is asked of them: products, solutions, eigenvalues.

use attractor_core::{Error, Result};
use faer::{Mat, MatRef, Side};

/// A matrix, row-major.
#[derive(Debug, Clone, PartialEq)]
pub struct Matrix {
    rows: usize,
    columns: usize,
    values: Vec<f64>,
}

impl Matrix {
    /// From values row by row.
    ///
    /// # Errors
    /// [`Error::Width`] unless `values` has `rows * columns` entries; [`Error::NonFinite`].
    pub fn new(what: &'static str, [rows, columns]: [usize; 2], values: Vec<f64>) -> Result<Self> {
        if rows * columns != values.len() {
            return Err(Error::Width {
                what,
                expected: rows * columns,
                rows: 1,
                found: values.len(),
            });
        }
        finite(what, &values, columns)?;
        Ok(Self {
            rows,
            columns,
            values,
        })
    }

    /// Zeros.
    pub fn zeros(rows: usize, columns: usize) -> Self {
        Self::from_fn(rows, columns, |_, _| 0.0)
    }

    /// From a function of row and column.
    pub fn from_fn(rows: usize, columns: usize, entry: impl Fn(usize, usize) -> f64) -> Self {
        let at = |index: usize| entry(index / columns.max(1), index % columns.max(1));
        Self {
            rows,
            columns,
            values: (0..rows * columns).map(at).collect(),
        }
    }

    /// Rows and columns.
    pub fn shape(&self) -> [usize; 2] {
        [self.rows, self.columns]
    }

    /// All values, row by row.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// One row.
    pub fn row(&self, i: usize) -> &[f64] {
        &self.values[i * self.columns..(i + 1) * self.columns]
    }

    pub(crate) fn row_mut(&mut self, i: usize) -> &mut [f64] {
        &mut self.values[i * self.columns..(i + 1) * self.columns]
    }

    /// One entry.
    pub fn at(&self, i: usize, j: usize) -> f64 {
        self.values[i * self.columns + j]
    }

    pub(crate) fn set(&mut self, i: usize, j: usize, value: f64) {
        self.values[i * self.columns + j] = value;
    }

    /// Adds `scale * left right^T`; what is symmetric stays so to the last bit.
    pub(crate) fn add_outer(&mut self, scale: f64, left: &[f64], right: &[f64]) {
        for (i, &x) in left.iter().enumerate() {
            for (entry, &y) in self.row_mut(i).iter_mut().zip(right) {
                *entry += scale * (x * y);
            }
        }
    }

    /// The transposed matrix.
    pub fn transposed(&self) -> Self {
        Self::from_fn(self.columns, self.rows, |i, j| self.at(j, i))
    }

    /// `self * x`.
    pub fn times(&self, x: &[f64]) -> Vec<f64> {
        (0..self.rows).map(|i| dot(self.row(i), x)).collect()
    }

    /// `self * other`.
    pub fn product(&self, other: &Self) -> Self {
        let product = self.faer() * other.faer();
        Self::from_fn(self.rows, other.columns, |i, j| product[(i, j)])
    }

    /// Whether it equals its transposed to the last bit.
    pub fn is_symmetric(&self) -> bool {
        let same = |i: usize| (0..i).all(|j| self.at(i, j) == self.at(j, i));
        self.rows == self.columns && (0..self.rows).all(same)
    }

    /// `(A + A^T) / 2`.
    pub fn symmetric_part(&self) -> Self {
        let entry = |i: usize, j: usize| 0.5 * (self.at(i, j) + self.at(j, i));
        Self::from_fn(self.rows, self.rows, entry)
    }

    pub(crate) fn faer(&self) -> MatRef<'_, f64> {
        MatRef::from_row_major_slice(&self.values, self.rows, self.columns)
    }

    /// Its rank: singular values above `1e-10` of the largest.
    ///
    /// # Errors
    /// [`Error::Config`] if there is no singular value decomposition.
    pub fn rank(&self) -> Result<usize> {
        let values = self.faer().singular_values().map_err(no_eigenvalues)?;
        let largest = values.iter().copied().fold(0.0, f64::max);
        Ok(values
            .iter()
            .filter(|&&value| value > 1e-10 * largest)
            .count())
    }
}

/// Eigenvalues (ascending) and eigenvectors (columns) of a symmetric matrix.
pub(crate) struct Spectrum {
    pub(crate) values: Vec<f64>,
    pub(crate) vectors: Mat<f64>,
}

pub(crate) fn spectrum(symmetric: &Matrix) -> Result<Spectrum> {
    let eigen = symmetric.faer().self_adjoint_eigen(Side::Lower);
    let eigen = eigen.map_err(no_eigenvalues)?;
    let values = eigen.S().column_vector();
    Ok(Spectrum {
        values: (0..values.nrows()).map(|i| values[i]).collect(),
        vectors: eigen.U().to_owned(),
    })
}

/// The largest eigenvalue of the symmetric part. Exact: power iteration finds the largest in size, which
/// may be the most negative one.
pub(crate) fn largest_eigenvalue(matrix: &Matrix) -> Result<f64> {
    let symmetric = matrix.symmetric_part();
    let values = symmetric.faer().self_adjoint_eigenvalues(Side::Lower);
    let values = values.map_err(no_eigenvalues)?;
    Ok(values.last().copied().unwrap_or(0.0))
}

/// The smallest real part among the eigenvalues of a matrix.
pub(crate) fn smallest_real_part(matrix: &Matrix) -> Result<f64> {
    if matrix.is_symmetric() {
        let values = matrix.faer().self_adjoint_eigenvalues(Side::Lower);
        let values = values.map_err(no_eigenvalues)?;
        return Ok(values.first().copied().unwrap_or(f64::INFINITY));
    }
    let values = matrix.faer().eigenvalues().map_err(no_eigenvalues)?;
    Ok(values
        .iter()
        .map(|value| value.re)
        .fold(f64::INFINITY, f64::min))
}

/// `A x = b`, or `None` where A is singular to rounding.
pub(crate) fn solve(matrix: &Matrix, right: &[f64]) -> Option<Vec<f64>> {
    use faer::linalg::solvers::Solve;
    let lu = matrix.faer().partial_piv_lu();
    let solution = lu.solve(Mat::from_fn(right.len(), 1, |i, _| right[i]));
    let solution: Vec<f64> = (0..right.len()).map(|i| solution[(i, 0)]).collect();
    solves(matrix, &solution, right).then_some(solution)
}

/// Whether `A x = b` holds to rounding.
pub(crate) fn solves(matrix: &Matrix, x: &[f64], right: &[f64]) -> bool {
    let size = right.iter().map(|b| b.abs()).fold(0.0, f64::max);
    let image = matrix.times(x);
    image
        .iter()
        .zip(right)
        .all(|(a, b)| (a - b).abs() <= 1e-8 * size)
}

fn no_eigenvalues(error: impl std::fmt::Debug) -> Error {
    let rule = "must have eigenvalues that the iteration finds";
    Error::config("matrix", rule, format!("{error:?}"))
}

pub(crate) fn dot(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(a, b)| a * b).sum()
}

/// Refuses NaN and infinities.
pub(crate) fn finite(what: &'static str, values: &[f64], width: usize) -> Result<()> {
    match values.iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(at) => Err(Error::NonFinite {
            what,
            row: at / width.max(1),
            column: at % width.max(1),
            value: values[at].to_string(),
        }),
    }
}
