//! Projections onto the affine sets of a subspace.

use attractor_core::Result;
use faer::linalg::matmul::matmul;
use faer::reborrow::ReborrowMut;
use faer::{Accum, Mat, MatRef, Par};

use super::real::Real;
use crate::input;
use crate::linalg::col;

/// The linear part of a projection onto an affine set.
#[derive(Debug, Clone)]
pub struct Projector<T = f64> {
    /// `Q^T` as columns, or `A` as columns.
    pub(super) factor: Mat<T>,
    complement: bool,
}

impl<T: Real> Projector<T> {
    /// From constraints with orthonormal rows, `P = I - Q^T Q`.
    pub fn constraints(rows: MatRef<'_, f64>) -> Self {
        Self {
            factor: Mat::from_fn(rows.ncols(), rows.nrows(), |i, j| T::of(rows[(j, i)])),
            complement: true,
        }
    }

    /// From a basis with orthonormal columns, `P = A A^T`.
    pub fn basis(columns: MatRef<'_, f64>) -> Self {
        Self {
            factor: Mat::from_fn(columns.nrows(), columns.ncols(), |i, j| {
                T::of(columns[(i, j)])
            }),
            complement: false,
        }
    }

    /// The cheaper of both.
    pub fn of(subspace: &crate::Subspace) -> Self {
        match subspace.constraint_count() <= subspace.rank() {
            true => Self::constraints(subspace.constraints()),
            false => Self::basis(subspace.basis()),
        }
    }

    /// Entries of a vector, n.
    pub fn width(&self) -> usize {
        self.factor.nrows()
    }

    /// `P v + offset`, the projection of one vector.
    ///
    /// # Errors
    /// [`Error::Width`](attractor_core::Error::Width) unless both have n entries.
    pub fn project(&self, v: &[T], offset: &[T]) -> Result<Vec<T>> {
        input::length("vector", self.width(), v.len())?;
        input::length("offset", self.width(), offset.len())?;
        let mut out = Mat::zeros(v.len(), 1);
        let mut inner = Mat::zeros(self.factor.ncols(), 1);
        let v = Mat::from_fn(v.len(), 1, |i, _| v[i]);
        self.apply(&v, &mut out, &mut inner, 1);
        let one = T::of(1.0);
        let sum = col(&out, 0).iter().zip(offset);
        Ok(sum.map(|(&x, &e)| T::blend(one, x, one, e)).collect())
    }

    /// `P v` of the first `count` columns of `v` into `out`.
    pub(super) fn apply(&self, v: &Mat<T>, out: &mut Mat<T>, inner: &mut Mat<T>, count: usize) {
        let (rows, width) = (v.nrows(), self.factor.ncols());
        let one = T::of(1.0);
        let v = v.get(..rows, ..count);
        let mut inner = inner.as_mut().get_mut(..width, ..count);
        matmul(
            inner.rb_mut(),
            Accum::Replace,
            self.factor.transpose(),
            v,
            one,
            Par::Seq,
        );
        let mut out = out.as_mut().get_mut(..rows, ..count);
        let (accum, sign) = match self.complement {
            true => {
                out.copy_from(v);
                (Accum::Add, T::of(-1.0))
            }
            false => (Accum::Replace, one),
        };
        matmul(
            out,
            accum,
            self.factor.as_ref(),
            inner.as_ref(),
            sign,
            Par::Seq,
        );
    }
}
