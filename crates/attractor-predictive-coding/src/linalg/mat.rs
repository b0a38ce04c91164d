//! Row-major matrices and their products.

use faer::linalg::matmul::matmul;
use faer::linalg::matmul::triangular::{self, BlockStructure};
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;

use super::real::Real;

/// A row-major matrix, of `f64` unless said otherwise.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Mat<T = f64> {
    pub(crate) rows: usize,
    pub(crate) cols: usize,
    pub(crate) data: Vec<T>,
}

impl<T: Real> Mat<T> {
    pub(crate) fn zeros(rows: usize, cols: usize) -> Self {
        Self::filled(rows, cols, T::default())
    }

    pub(crate) fn filled(rows: usize, cols: usize, value: T) -> Self {
        Self::new(rows, cols, vec![value; rows * cols])
    }

    pub(crate) fn new(rows: usize, cols: usize, data: Vec<T>) -> Self {
        debug_assert_eq!(data.len(), rows * cols);
        Self { rows, cols, data }
    }

    /// `scale` times the identity.
    pub(crate) fn scaled_identity(size: usize, scale: T) -> Self {
        let mut mat = Self::zeros(size, size);
        for i in 0..size {
            mat.data[i * size + i] = scale;
        }
        mat
    }

    /// The same numbers in another precision.
    pub(crate) fn cast<U: Real>(&self) -> Mat<U> {
        let data = self.data.iter().map(|value| U::of(value.wide()));
        Mat::new(self.rows, self.cols, data.collect())
    }

    /// The transpose, in another precision.
    pub(crate) fn cast_transposed<U: Real>(&self) -> Mat<U> {
        // By squares that fit a cache, so that neither side is read across.
        const SIDE: usize = 32;
        let mut out = Mat::zeros(self.cols, self.rows);
        for top in (0..self.rows).step_by(SIDE) {
            for left in (0..self.cols).step_by(SIDE) {
                for row in top..(top + SIDE).min(self.rows) {
                    for col in left..(left + SIDE).min(self.cols) {
                        let value = self.data[row * self.cols + col];
                        out.data[col * self.rows + row] = U::of(value.wide());
                    }
                }
            }
        }
        out
    }

    /// Another shape; what it holds then is not said.
    pub(crate) fn reshape(&mut self, rows: usize, cols: usize) {
        (self.rows, self.cols) = (rows, cols);
        self.data.resize(rows * cols, T::default());
    }

    pub(crate) fn row(&self, row: usize) -> &[T] {
        &self.data[row * self.cols..(row + 1) * self.cols]
    }

    pub(crate) fn row_mut(&mut self, row: usize) -> &mut [T] {
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

    pub(crate) fn view(&self) -> MatRef<'_, T> {
        MatRef::from_row_major_slice(&self.data, self.rows, self.cols)
    }

    pub(crate) fn view_mut(&mut self) -> MatMut<'_, T> {
        MatMut::from_row_major_slice_mut(&mut self.data, self.rows, self.cols)
    }

    /// `self + alpha lhs rhs`, in place.
    pub(crate) fn add_product(&mut self, alpha: T, lhs: MatRef<'_, T>, rhs: MatRef<'_, T>) {
        matmul(self.view_mut(), Accum::Add, lhs, rhs, alpha, Par::Seq);
    }

    /// `lhs rhs`.
    pub(crate) fn product(lhs: MatRef<'_, T>, rhs: MatRef<'_, T>) -> Self {
        let mut out = Self::zeros(lhs.nrows(), rhs.ncols());
        matmul(
            out.view_mut(),
            Accum::Replace,
            lhs,
            rhs,
            T::of(1.0),
            Par::Seq,
        );
        out
    }
}

impl Mat {
    /// The lower half of `lhs lhs^T`, zeros above it. Bands of rows are spread over threads.
    pub(crate) fn lower_gram(lhs: MatRef<'_, f64>) -> Self {
        const BAND: usize = 128;
        let size = lhs.nrows();
        let mut out = Self::zeros(size, size);
        let bands = out.data.par_chunks_mut(BAND * size.max(1)).enumerate();
        bands.for_each(|(band, rows)| {
            let top = band * BAND;
            let height = rows.len() / size;
            let own = lhs.subrows(top, height);
            let rows = MatMut::from_row_major_slice_mut(rows, height, size);
            let (mut left, right) = rows.split_at_col_mut(top);
            let before = lhs.subrows(0, top).transpose();
            matmul(&mut left, Accum::Replace, own, before, 1.0, Par::Seq);
            triangular::matmul(
                right.subcols_mut(0, height),
                BlockStructure::TriangularLower,
                Accum::Replace,
                own,
                BlockStructure::Rectangular,
                own.transpose(),
                BlockStructure::Rectangular,
                1.0,
                Par::Seq,
            );
        });
        out
    }

    /// Copies what is below the diagonal to above it.
    pub(crate) fn mirror(&mut self) {
        let size = self.cols;
        for i in 0..self.rows {
            for j in 0..i {
                self.data[j * size + i] = self.data[i * size + j];
            }
        }
    }

    /// Averages with the transpose.
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
