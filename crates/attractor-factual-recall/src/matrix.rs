//! Row-major matrices in either precision.

use attractor_core::{Error, Result};
use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par, Side};

use crate::Real;

/// A row-major matrix `[rows, cols]`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Matrix<T> {
    rows: usize,
    cols: usize,
    data: Vec<T>,
}

impl<T: Real> Matrix<T> {
    /// A matrix of these numbers.
    ///
    /// # Errors
    /// [`Error::Width`] unless there are `rows * cols` of them.
    pub fn new(rows: usize, cols: usize, data: Vec<T>) -> Result<Self> {
        let expected = rows.saturating_mul(cols);
        match data.len() == expected {
            true => Ok(Self { rows, cols, data }),
            false => Err(Error::Width {
                what: "Matrix",
                expected,
                rows: 1,
                found: data.len(),
            }),
        }
    }

    /// All 0.
    pub fn zeros(rows: usize, cols: usize) -> Self {
        Self::from_fn(rows, cols, |_, _| T::of(0.0))
    }

    /// Entry `(i, j)` is `f(i, j)`.
    pub fn from_fn(rows: usize, cols: usize, mut f: impl FnMut(usize, usize) -> T) -> Self {
        let mut data = Vec::with_capacity(rows * cols);
        for i in 0..rows {
            data.extend((0..cols).map(|j| f(i, j)));
        }
        Self { rows, cols, data }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns.
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// All numbers, row after row.
    pub fn data(&self) -> &[T] {
        &self.data
    }

    /// The same, to be changed.
    pub fn data_mut(&mut self) -> &mut [T] {
        &mut self.data
    }

    /// A row.
    ///
    /// # Errors
    /// [`Error::Index`] for a row that there is not.
    pub fn row(&self, row: usize) -> Result<&[T]> {
        self.check_index(row)?;
        Ok(self.at(row))
    }

    /// The same, to be changed.
    ///
    /// # Errors
    /// As [`Matrix::row`].
    pub fn row_mut(&mut self, row: usize) -> Result<&mut [T]> {
        self.check_index(row)?;
        Ok(self.at_mut(row))
    }

    fn check_index(&self, row: usize) -> Result<()> {
        match row < self.rows {
            true => Ok(()),
            false => Err(Error::Index {
                what: "row",
                len: self.rows,
                index: row,
            }),
        }
    }

    /// The rows from `first`, `count` of them.
    ///
    /// # Errors
    /// [`Error::Index`] beyond the last.
    pub fn slice(&self, first: usize, count: usize) -> Result<Self> {
        let end = first.saturating_add(count);
        match end.checked_sub(1) {
            Some(last) if end > self.rows => Err(Error::Index {
                what: "row",
                len: self.rows,
                index: last,
            }),
            _ => Ok(self.part(first, count)),
        }
    }

    /// The given rows, in that order.
    ///
    /// # Errors
    /// As [`Matrix::row`].
    pub fn pick(&self, rows: &[usize]) -> Result<Self> {
        rows.iter().try_for_each(|&row| self.check_index(row))?;
        Ok(self.chosen(rows))
    }

    /// A row below the last.
    pub(crate) fn at(&self, row: usize) -> &[T] {
        &self.data[row * self.cols..(row + 1) * self.cols]
    }

    pub(crate) fn at_mut(&mut self, row: usize) -> &mut [T] {
        &mut self.data[row * self.cols..(row + 1) * self.cols]
    }

    /// Rows that there are.
    pub(crate) fn part(&self, first: usize, count: usize) -> Self {
        let data = self.data[first * self.cols..(first + count) * self.cols].to_vec();
        Self {
            rows: count,
            cols: self.cols,
            data,
        }
    }

    /// Rows that there are.
    pub(crate) fn chosen(&self, rows: &[usize]) -> Self {
        Self::from_fn(rows.len(), self.cols, |i, j| self.at(rows[i])[j])
    }

    /// The transpose.
    pub fn transposed(&self) -> Self {
        Self::from_fn(self.cols, self.rows, |i, j| self.data[j * self.cols + i])
    }

    /// The same numbers in another precision.
    pub fn cast<U: Real>(&self) -> Matrix<U> {
        let data = self.data.iter().map(|value| U::of(value.wide())).collect();
        Matrix {
            rows: self.rows,
            cols: self.cols,
            data,
        }
    }

    /// Every entry times `factor`.
    pub fn scaled(mut self, factor: f64) -> Self {
        let factor = T::of(factor);
        self.data.iter_mut().for_each(|value| *value *= factor);
        self
    }

    /// Adds `factor` times another matrix, which callers have seen to be of the same shape.
    pub(crate) fn add_scaled(&mut self, factor: f64, other: &Self) {
        debug_assert_eq!(
            (self.rows, self.cols),
            (other.rows, other.cols),
            "shapes of a sum"
        );
        let factor = T::of(factor);
        for (value, &other) in self.data.iter_mut().zip(&other.data) {
            *value += factor * other;
        }
    }

    /// `self other`.
    ///
    /// # Errors
    /// [`Error::Rows`] unless the other has as many rows as this has columns.
    pub fn times(&self, other: &Self) -> Result<Self> {
        other.check_rows("right factor", self.cols)?;
        Ok(self.dot(other))
    }

    /// `self^T other`.
    ///
    /// # Errors
    /// [`Error::Rows`] unless both have as many rows.
    pub fn t_times(&self, other: &Self) -> Result<Self> {
        other.check_rows("right factor", self.rows)?;
        Ok(self.t_dot(other))
    }

    /// `self other^T`.
    ///
    /// # Errors
    /// [`Error::Width`] unless both have as many columns.
    pub fn times_t(&self, other: &Self) -> Result<Self> {
        match other.cols == self.cols {
            true => Ok(self.dot_t(other)),
            false => Err(Error::Width {
                what: "right factor",
                expected: self.cols,
                rows: other.rows,
                found: other.cols,
            }),
        }
    }

    /// `self other` of shapes that fit.
    pub(crate) fn dot(&self, other: &Self) -> Self {
        Self::product(self.view(), other.view())
    }

    /// `self^T other` of shapes that fit.
    pub(crate) fn t_dot(&self, other: &Self) -> Self {
        Self::product(self.view().transpose(), other.view())
    }

    /// `self other^T` of shapes that fit.
    pub(crate) fn dot_t(&self, other: &Self) -> Self {
        Self::product(self.view(), other.view().transpose())
    }

    /// Mean square of the entries.
    pub fn mean_square(&self) -> f64 {
        let sum: f64 = self.data.iter().map(|value| value.wide().powi(2)).sum();
        sum / self.data.len().max(1) as f64
    }

    /// Whether every number is finite.
    pub fn is_finite(&self) -> bool {
        self.data.iter().all(|value| value.wide().is_finite())
    }

    /// Refuses NaN and infinities.
    ///
    /// # Errors
    /// [`Error::NonFinite`] with the first one.
    pub fn check_finite(&self, what: &'static str) -> Result<()> {
        match self.data.iter().position(|value| !value.wide().is_finite()) {
            None => Ok(()),
            Some(at) => Err(Error::NonFinite {
                what,
                row: at / self.cols.max(1),
                column: at % self.cols.max(1),
                value: self.data[at].wide().to_string(),
            }),
        }
    }

    /// Refuses another width, no rows, and numbers that are not finite.
    ///
    /// # Errors
    /// [`Error::Width`], [`Error::EmptyBatch`], [`Error::NonFinite`].
    pub fn check(&self, what: &'static str, width: usize) -> Result<()> {
        if self.cols != width {
            return Err(Error::Width {
                what,
                expected: width,
                rows: self.rows,
                found: self.cols,
            });
        }
        if self.rows == 0 {
            return Err(Error::EmptyBatch { what, width });
        }
        self.check_finite(what)
    }

    /// Refuses anything but `rows` rows.
    ///
    /// # Errors
    /// [`Error::Rows`].
    pub fn check_rows(&self, what: &'static str, rows: usize) -> Result<()> {
        match self.rows == rows {
            true => Ok(()),
            false => Err(Error::Rows {
                what,
                expected: rows,
                found: self.rows,
            }),
        }
    }

    pub(crate) fn view(&self) -> MatRef<'_, T> {
        MatRef::from_row_major_slice(&self.data, self.rows, self.cols)
    }

    pub(crate) fn view_mut(&mut self) -> MatMut<'_, T> {
        MatMut::from_row_major_slice_mut(&mut self.data, self.rows, self.cols)
    }

    /// Another shape, with numbers that are to be overwritten.
    pub(crate) fn reshape(&mut self, rows: usize, cols: usize) {
        (self.rows, self.cols) = (rows, cols);
        self.data.resize(rows * cols, T::of(0.0));
    }

    /// Another shape, all 0.
    pub(crate) fn clear(&mut self, rows: usize, cols: usize) {
        self.reshape(rows, cols);
        self.data.fill(T::of(0.0));
    }

    /// Becomes `lhs rhs`.
    pub(crate) fn set_product(&mut self, lhs: MatRef<'_, T>, rhs: MatRef<'_, T>) {
        self.reshape(lhs.nrows(), rhs.ncols());
        multiply(self.view_mut(), lhs, rhs, Accum::Replace);
    }

    pub(crate) fn product(lhs: MatRef<'_, T>, rhs: MatRef<'_, T>) -> Self {
        let mut out = Self::zeros(lhs.nrows(), rhs.ncols());
        multiply(out.view_mut(), lhs, rhs, Accum::Replace);
        out
    }

    /// `self + lhs rhs`, in place.
    pub(crate) fn add_product(&mut self, lhs: MatRef<'_, T>, rhs: MatRef<'_, T>) {
        multiply(self.view_mut(), lhs, rhs, Accum::Add);
    }
}

impl Matrix<f64> {
    /// `(self + ridge I)^(-1) right` for a symmetric positive semidefinite matrix.
    pub(crate) fn solve_spd(mut self, ridge: f64, right: &Self) -> Option<Self> {
        use faer::linalg::solvers::Solve;
        for i in 0..self.rows {
            self.data[i * self.cols + i] += ridge;
        }
        let factor = self.view().llt(Side::Lower).ok()?;
        let mut solution = right.clone();
        factor.solve_in_place(solution.view_mut());
        solution.is_finite().then_some(solution)
    }
}

/// `out = lhs rhs` or `out += lhs rhs`, on the calling thread: who has many products divides them.
pub(crate) fn multiply<T: Real>(
    out: MatMut<'_, T>,
    lhs: MatRef<'_, T>,
    rhs: MatRef<'_, T>,
    how: Accum,
) {
    if lhs.ncols() > 0 {
        matmul(out, how, lhs, rhs, T::of(1.0), Par::Seq);
    } else if matches!(how, Accum::Replace) {
        let mut out = out;
        out.fill(T::of(0.0));
    }
}
