use attractor_core::error::require_nonzero;
use attractor_core::{Error, Result};

use super::model::check_pairs;
use crate::{Linear, Matrix, Real};

/// What a key is read with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// The keys themselves: overlaps between keys disturb the read.
    Plain,
    /// The dual basis of the keys (rows of the pseudo-inverse of `E^T`): independent keys are read
    /// exactly.
    Dual,
}

/// A linear memory of limited rank, `F(e) = B A e` with `A [r, d]` and `B [v, r]`: what the value and the
/// output matrix of an attention head with inner size r can hold.
#[derive(Debug, Clone, PartialEq)]
pub struct LowRank<T> {
    down: Matrix<T>,
    up: Matrix<T>,
}

impl<T: Real> LowRank<T> {
    /// Both factors, keys first.
    pub(crate) fn factors(&self) -> [&Matrix<T>; 2] {
        [&self.down, &self.up]
    }

    /// A map of both factors, keys first; none unless they fit each other.
    pub(crate) fn of_factors([down, up]: [Matrix<T>; 2]) -> Option<Self> {
        (down.rows() == up.cols()).then_some(Self { down, up })
    }

    /// Stores at most `rank` pairs of keys `[n, d]` and values `[n, v]`, one in each dimension.
    ///
    /// # Errors
    /// [`Error::Config`] for more pairs than the rank, or dependent keys in the dual basis;
    /// [`Error::Width`], [`Error::EmptyBatch`], [`Error::Rows`], [`Error::NonFinite`].
    pub fn of_pairs(
        keys: &Matrix<T>,
        values: &Matrix<T>,
        rank: usize,
        basis: Basis,
    ) -> Result<Self> {
        check_pairs(keys, values, (values.cols(), keys.cols()))?;
        if keys.rows() > rank {
            let found = format!("{} pairs at rank {rank}", keys.rows());
            return Err(Error::config(
                "LowRank.rank",
                "must be at least the number of pairs",
                found,
            ));
        }
        let basis = match basis {
            Basis::Plain => keys.clone(),
            Basis::Dual => dual_basis(keys)?,
        };
        let (n, d) = (keys.rows(), keys.cols());
        let zero = T::of(0.0);
        let down = Matrix::from_fn(rank, d, |i, j| if i < n { basis.at(i)[j] } else { zero });
        let up = Matrix::from_fn(values.cols(), rank, |i, j| {
            if j < n { values.at(j)[i] } else { zero }
        });
        Ok(Self { down, up })
    }

    /// The best approximation of a memory by one of that rank, from its singular value decomposition
    /// (Eckart and Young).
    ///
    /// # Errors
    /// [`Error::Config`] for rank 0 or a decomposition that does not converge.
    pub fn truncate(memory: &Linear<T>, rank: usize) -> Result<Self> {
        require_nonzero("LowRank.rank", rank)?;
        let weights = memory.weights().cast::<f64>();
        let decomposed = weights.view().thin_svd().map_err(|_| {
            Error::config(
                "LowRank::truncate",
                "must converge",
                "a decomposition that did not",
            )
        })?;
        let (u, s, v) = (
            decomposed.U(),
            decomposed.S().column_vector(),
            decomposed.V(),
        );
        let kept = rank.min(s.nrows());
        let down = Matrix::from_fn(kept, weights.cols(), |i, j| T::of(s[i] * v[(j, i)]));
        let up = Matrix::from_fn(weights.rows(), kept, |i, j| T::of(u[(i, j)]));
        Ok(Self { down, up })
    }

    /// `A [r, d]`.
    pub fn down(&self) -> &Matrix<T> {
        &self.down
    }

    /// `B [v, r]`.
    pub fn up(&self) -> &Matrix<T> {
        &self.up
    }

    /// `F(e)` for queries `[b, d]`: `[b, v]`.
    ///
    /// # Errors
    /// [`Error::Width`], [`Error::EmptyBatch`], [`Error::NonFinite`].
    pub fn recall(&self, queries: &Matrix<T>) -> Result<Matrix<T>> {
        queries.check("queries", self.down.cols())?;
        Ok(queries.dot_t(&self.down).dot_t(&self.up))
    }

    /// `<u_y, F(e_x)>` for queries `[b, d]` and answers `[a, v]`: `[b, a]`.
    ///
    /// # Errors
    /// As [`LowRank::recall`], of either.
    pub fn scores(&self, queries: &Matrix<T>, answers: &Matrix<T>) -> Result<Matrix<T>> {
        answers.check("answers", self.up.rows())?;
        Ok(self.recall(queries)?.dot_t(answers))
    }

    /// Numbers that are stored, `r (d + v)`.
    pub fn parameters(&self) -> usize {
        self.down.data().len() + self.up.data().len()
    }
}

/// The rows `e~_i` in the span of the keys with `<e~_i, e_j> = [i = j]`: `(E E^T)^(-1) E`.
pub(crate) fn dual_basis<T: Real>(keys: &Matrix<T>) -> Result<Matrix<T>> {
    let keys = keys.cast::<f64>();
    let dual = keys.dot_t(&keys).solve_spd(0.0, &keys);
    let dependent = || {
        let rule = "must be linearly independent for a dual basis";
        Error::config(
            "keys",
            rule,
            format!("{} keys of {} entries", keys.rows(), keys.cols()),
        )
    };
    Ok(dual.ok_or_else(dependent)?.cast())
}
