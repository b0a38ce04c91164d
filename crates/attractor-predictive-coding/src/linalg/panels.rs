//! Matrix products cut into panels that run on several threads.
//!
//! Where a product is cut depends on its shape alone, so that no result depends on the number of
//! threads. One row or a hundred are cut alike: into columns of the result, because a few rows have
//! no other direction with work for two threads.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;

use super::mat::Mat;
use super::real::Real;

/// Multiplications below which threads cost more than they save.
const SHARED: usize = 1 << 20;

/// A matrix that rows are multiplied with, and its transpose.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Factor<'a, T> {
    /// `[inputs, n]`.
    pub(crate) forward: MatRef<'a, T>,
    /// `[n, inputs]`: the same numbers, stored by rows if that is faster.
    pub(crate) backward: MatRef<'a, T>,
    /// `backward`, if it is stored so: for [`super::sweep`].
    pub(crate) stored: Option<&'a Mat<T>>,
    /// Whether `forward` is 0 above its diagonal.
    pub(crate) lower: bool,
}

/// `out = alpha lhs rhs`, or that added to it, for some columns of a result.
struct Panel<'a, T> {
    out: MatMut<'a, T>,
    accum: Accum,
    alpha: T,
    products: [Option<(MatRef<'a, T>, MatRef<'a, T>)>; 2],
}

/// Products waiting to be done together.
pub(crate) struct Panels<'a, T> {
    panels: Vec<Panel<'a, T>>,
    work: usize,
}

/// Width of a panel: long rows for few of them, which are read from memory as they come; narrower
/// ones where there is arithmetic to share out.
fn width(rows: usize) -> usize {
    if rows < 8 { 512 } else { 128 }
}

impl<'a, T: Real> Panels<'a, T> {
    pub(crate) fn new() -> Self {
        Self {
            panels: Vec::new(),
            work: 0,
        }
    }

    /// `out (+)= alpha lhs F`.
    pub(crate) fn forward(
        &mut self,
        out: &'a mut Mat<T>,
        accum: Accum,
        alpha: T,
        lhs: &'a Mat<T>,
        factor: Factor<'a, T>,
    ) {
        let inputs = factor.forward.nrows();
        self.cut(out, accum, alpha, |from, count| {
            // Rows before the panel meet zeros only.
            let skip = if factor.lower { from.min(inputs) } else { 0 };
            let rhs = factor.forward.subcols(from, count);
            let left = lhs.view().subcols(skip, inputs - skip);
            [Some((left, rhs.subrows(skip, inputs - skip))), None]
        });
    }

    /// `out = lhs F^T`, for both pairs given.
    pub(crate) fn backward(
        &mut self,
        out: &'a mut Mat<T>,
        accum: Accum,
        terms: [Option<(&'a Mat<T>, Factor<'a, T>)>; 2],
    ) {
        self.cut(out, accum, T::of(1.0), |from, count| {
            terms.map(|term| {
                let (lhs, factor) = term?;
                let all = factor.backward.nrows();
                let used = if factor.lower {
                    (from + count).min(all)
                } else {
                    all
                };
                let rhs = factor.backward.subcols(from, count).subrows(0, used);
                Some((lhs.view().subcols(0, used), rhs))
            })
        });
    }

    fn cut(
        &mut self,
        out: &'a mut Mat<T>,
        accum: Accum,
        alpha: T,
        products: impl Fn(usize, usize) -> [Option<(MatRef<'a, T>, MatRef<'a, T>)>; 2],
    ) {
        let (rows, cols) = (out.rows, out.cols);
        let mut rest = out.view_mut();
        let mut from = 0;
        while from < cols {
            let count = width(rows).min(cols - from);
            let (out, right) = rest.split_at_col_mut(count);
            rest = right;
            let products = products(from, count);
            for (lhs, _) in products.iter().flatten() {
                self.work += rows * lhs.ncols() * count;
            }
            self.panels.push(Panel {
                out,
                accum,
                alpha,
                products,
            });
            from += count;
        }
    }

    /// Does them all.
    pub(crate) fn run(self) {
        if self.work < SHARED {
            self.panels.into_iter().for_each(Panel::run);
        } else {
            self.panels.into_par_iter().for_each(Panel::run);
        }
    }
}

impl<T: Real> Panel<'_, T> {
    fn run(self) {
        let (mut out, mut accum) = (self.out, self.accum);
        for (lhs, rhs) in self.products.into_iter().flatten() {
            matmul(&mut out, accum, lhs, rhs, self.alpha, Par::Seq);
            accum = Accum::Add;
        }
    }
}
