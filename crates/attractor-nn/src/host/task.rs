//! One head of one set: what is read there, and the scores of some of its states.

use super::real::Real;
use super::separation::separate_row;
use crate::config::{Limit, Separation};
use crate::read::{Dims, Dropout, Rules};
use attractor_core::matmul::{Matrix, matmul};

/// Scores that are worked on together: they and what is made of them stay in a core's cache.
const SCORES: usize = 1 << 15;

/// States, stored patterns, values of one head of one set, each row after the other.
#[derive(Debug)]
pub(super) struct Task<'a, T> {
    pub(super) rules: &'a Rules,
    pub(super) dims: Dims,
    pub(super) set: usize,
    pub(super) head: usize,
    pub(super) q: Vec<T>,
    pub(super) k: Vec<T>,
    pub(super) v: Vec<T>,
    pub(super) beta: T,
    /// Added to the scores of all states: minus infinity where a pattern is closed.
    columns: Option<Vec<T>>,
    /// Added to the scores of each state, without extra rows.
    pairs: Option<Vec<T>>,
}

/// Where an input of a read lies: columns of an array `[n, rows, stride]`, those of all heads or of one that all
/// share. A batch of 1 is shared by all sets.
#[derive(Debug, Clone, Copy)]
pub(super) struct View {
    /// Which array.
    pub(super) array: usize,
    pub(super) n: usize,
    pub(super) rows: usize,
    pub(super) stride: usize,
    pub(super) first: usize,
    pub(super) columns: usize,
}

impl View {
    /// A whole array of that shape.
    pub(super) fn whole(array: usize, [n, rows, columns]: [usize; 3]) -> Self {
        Self {
            array,
            n,
            rows,
            stride: columns,
            first: 0,
            columns,
        }
    }

    /// First number and rows of one head of one set.
    fn place(&self, set: usize, head: usize, width: usize) -> (usize, usize) {
        let (set, head) = (set.min(self.n - 1), head.min(self.columns / width - 1));
        (set * self.rows * self.stride, self.first + head * width)
    }

    /// Rows of one head of one set.
    pub(super) fn head<T: Copy>(
        &self,
        data: &[T],
        set: usize,
        head: usize,
        width: usize,
    ) -> Vec<T> {
        let (from, column) = self.place(set, head, width);
        let own = &data[from..][..self.rows * self.stride];
        if self.stride == width {
            return own.to_vec();
        }
        let mut rows = Vec::with_capacity(self.rows * width);
        for row in own.chunks_exact(self.stride) {
            rows.extend_from_slice(&row[column..][..width]);
        }
        rows
    }

    /// Adds rows of one head of one set where [`Self::head`] has them from.
    pub(super) fn add<T: Real>(
        &self,
        data: &mut [T],
        set: usize,
        head: usize,
        width: usize,
        rows: &[T],
    ) {
        let (from, column) = self.place(set, head, width);
        let own = &mut data[from..][..self.rows * self.stride];
        for (to, from) in own
            .chunks_exact_mut(self.stride)
            .zip(rows.chunks_exact(width))
        {
            let to = &mut to[column..][..width];
            to.iter_mut().zip(from).for_each(|(to, &from)| *to += from);
        }
    }
}

/// All that is read.
#[derive(Debug)]
pub(super) struct Arrays<T> {
    pub(super) data: Vec<Vec<T>>,
    pub(super) q: View,
    pub(super) k: View,
    pub(super) v: View,
    pub(super) beta: Vec<T>,
}

impl<'a, T: Real> Task<'a, T> {
    pub(super) fn new(arrays: &Arrays<T>, rules: &'a Rules, dims: Dims, index: usize) -> Self {
        let (set, head) = (index / dims.heads, index % dims.heads);
        let stored = dims.s - rules.extra;
        let columns = rules.mask.closed.as_ref().and_then(|closed| {
            let own = &closed[set * stored..][..stored];
            own.contains(&true).then(|| {
                let added = own
                    .iter()
                    .map(|&shut| if shut { T::LOWEST } else { T::ZERO });
                added.chain((0..rules.extra).map(|_| T::ZERO)).collect()
            })
        });
        let pairs = rules.mask.pairs.as_ref().map(|pairs| {
            let first = if pairs.per_head { index } else { 0 };
            let own = &pairs.added[first * dims.l * stored..][..dims.l * stored];
            own.iter().map(|&x| T::of(x)).collect()
        });
        let of = |view: &View, width| view.head(&arrays.data[view.array], set, head, width);
        Self {
            rules,
            dims,
            set,
            head,
            q: of(&arrays.q, dims.h),
            k: of(&arrays.k, dims.h),
            v: of(&arrays.v, dims.p),
            beta: arrays.beta[head],
            columns,
            pairs,
        }
    }

    pub(super) fn limit(&self) -> Limit {
        self.rules.sizes.limits[self.head]
    }

    pub(super) fn separation(&self) -> Separation {
        self.rules.separation
    }

    /// States that are worked on together.
    pub(super) fn block(&self) -> usize {
        (SCORES / self.dims.s).clamp(1, self.dims.l)
    }

    pub(super) fn stored(&self) -> Matrix<'_, T> {
        Matrix::new(&self.k, self.dims.s, self.dims.h)
    }

    pub(super) fn values(&self) -> Matrix<'_, T> {
        Matrix::new(&self.v, self.dims.s, self.dims.p)
    }

    /// The association of the states `x`, which are those of `rows`, and psi of each (see
    /// [`crate::energy::psi`]) into `psi` if that is given.
    pub(super) fn associate(
        &self,
        x: &[T],
        rows: &[usize],
        p: &mut Vec<T>,
        mut psi: Option<&mut Vec<f64>>,
    ) {
        let Dims { s, h, .. } = self.dims;
        p.resize(rows.len() * s, T::ZERO);
        matmul(
            p,
            Matrix::new(x, rows.len(), h),
            self.stored().t(),
            self.beta,
            false,
        );
        for (row, &state) in p.chunks_exact_mut(s).zip(rows) {
            self.mask(row, state);
            let scores = match (&psi, self.separation()) {
                (Some(_), Separation::Sparsemax | Separation::Entmax15) => Some(row.to_vec()),
                _ => None,
            };
            let found = separate_row(row, self.separation());
            if let Some(psi) = &mut psi {
                psi.push(found.unwrap_or_else(|| {
                    let scores = scores.unwrap_or_default();
                    let scores: Vec<f64> = scores.into_iter().map(Real::double).collect();
                    crate::energy::psi(&scores, self.separation())
                }));
            }
        }
    }

    fn mask(&self, row: &mut [T], state: usize) {
        if let Some(columns) = &self.columns {
            row.iter_mut()
                .zip(columns)
                .for_each(|(z, &added)| *z += added);
        }
        if let Some(pairs) = &self.pairs {
            let stored = self.dims.s - self.rules.extra;
            let own = &pairs[state * stored..][..stored];
            row.iter_mut().zip(own).for_each(|(z, &added)| *z += added);
        }
    }

    /// Factors of dropout for entries of the association of `rows`; none without dropout.
    pub(super) fn dropped(&self, rows: &[usize]) -> Option<Vec<T>> {
        let dropout: Dropout = self.rules.dropout?;
        let Dims { heads, l, s, .. } = self.dims;
        let factor = dropout.factor();
        let first = (self.set * heads + self.head) * l;
        let places = rows.iter().flat_map(|&row| {
            let start = (first + row) * s;
            start..start + s
        });
        Some(places.map(|place| T::of(factor(place as u64))).collect())
    }

    /// Energies of states with these `psi`.
    pub(super) fn energies(&self, x: &[T], psi: &[f64]) -> Vec<f64> {
        let states = x.chunks_exact(self.dims.h).zip(psi);
        let energy = |(x, psi): (&[T], &f64)| {
            let square: f64 = x.iter().map(|&x| x.double() * x.double()).sum();
            -psi / self.beta.double() + square / 2.0
        };
        states.map(energy).collect()
    }
}
