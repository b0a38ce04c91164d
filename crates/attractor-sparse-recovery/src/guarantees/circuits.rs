//! Exact statements about basis pursuit from the smallest dependencies of the columns.
//!
//! A circuit is a vector of the null space whose support contains that of no other. Every null vector is a sum
//! of circuits whose entries agree in sign with it (R. T. Rockafellar, "The elementary vectors of a subspace of
//! R^N", 1969), so that `|h_T|_1 / |h_rest|_1` over all null vectors is largest at a circuit, and an error on T
//! with signs sigma is the only minimiser exactly if `|sum_T sigma_i h_i| < |h_rest|_1` for every circuit h.

use attractor_core::{Error, Result};
use faer::{Mat, MatRef};

use super::subsets;
use crate::input;
use crate::linalg::{pick_columns, right_svd};

/// The circuits of `B [m, n]`.
#[derive(Debug, Clone)]
pub struct Circuits {
    width: usize,
    /// Null vectors of length 1.
    vectors: Vec<Vec<f64>>,
}

/// Entries of a support at most whose signs are all visited.
pub const MOST_SIGNS: usize = 24;

/// Singular values, and entries, below this are 0.
const ZERO: f64 = 1e-10;

impl Circuits {
    /// Visits all sets of `rank + 1` columns.
    ///
    /// # Errors
    /// [`Error::Config`] for more than [`super::MOST_SUBSETS`] of them; [`Error::NonFinite`].
    pub fn of(matrix: MatRef<'_, f64>) -> Result<Self> {
        input::matrix("matrix", matrix)?;
        let n = matrix.ncols();
        let values = matrix.singular_values().unwrap_or_default();
        let largest = values.first().copied().unwrap_or(0.0);
        let rank = values
            .iter()
            .filter(|&&value| value > ZERO * largest)
            .count();
        let mut vectors: Vec<Vec<f64>> = Vec::new();
        if rank < n {
            subsets::each(n, rank + 1, |chosen| {
                let columns: Mat<f64> = pick_columns(matrix, chosen);
                let Some(svd) = right_svd(columns.as_ref()) else {
                    return;
                };
                let value = |i: usize| svd.values.get(i).copied().unwrap_or(0.0);
                // More dependencies than one: each is found in a set of its own.
                if rank > 0 && value(rank - 1) <= ZERO * largest {
                    return;
                }
                let mut vector = vec![0.0; n];
                for (k, &i) in chosen.iter().enumerate() {
                    let entry = svd.vectors[(k, rank)];
                    vector[i] = if entry.abs() > ZERO { entry } else { 0.0 };
                }
                vectors.push(vector);
            })?;
        }
        Ok(Self { width: n, vectors })
    }

    /// Fewest columns that are dependent; `n + 1` if none are.
    pub fn spark(&self) -> usize {
        let size = |vector: &Vec<f64>| vector.iter().filter(|x| **x != 0.0).count();
        self.vectors
            .iter()
            .map(size)
            .min()
            .unwrap_or(self.width + 1)
    }

    /// `max |h_T|_1 / |h_rest|_1` over null vectors and sets T of `t` entries: below 1 exactly if basis pursuit
    /// recovers every error of t entries. Infinite if t entries hold a whole null vector.
    pub fn null_space_constant(&self, t: usize) -> f64 {
        let ratio = |vector: &Vec<f64>| {
            let mut sizes: Vec<f64> = vector.iter().map(|x| x.abs()).collect();
            sizes.sort_by(|a, b| b.total_cmp(a));
            let split = t.min(sizes.len());
            let inside: f64 = sizes[..split].iter().sum();
            let outside: f64 = sizes[split..].iter().sum();
            inside / outside
        };
        self.vectors.iter().map(ratio).fold(0.0, f64::max)
    }

    /// Whether an error with these signs (0 beside its support) is the only minimiser of its sum of absolute
    /// values.
    ///
    /// # Errors
    /// [`Error::Width`] unless there are n signs.
    pub fn recovers(&self, signs: &[f64]) -> Result<bool> {
        input::length("signs", self.width, signs.len())?;
        Ok(self.is_recovered(signs))
    }

    fn is_recovered(&self, signs: &[f64]) -> bool {
        self.vectors.iter().all(|vector| {
            let (mut inside, mut outside) = (0.0f64, 0.0f64);
            for (h, sign) in vector.iter().zip(signs) {
                match *sign == 0.0 {
                    true => outside += h.abs(),
                    false => inside += h * sign.signum(),
                }
            }
            inside.abs() < outside * (1.0 - ZERO)
        })
    }

    /// Supports of `t` entries with signs, up to a common one, that are recovered, and how many there are.
    ///
    /// # Errors
    /// As [`super::restricted_isometry`]; [`Error::Config`] beyond [`MOST_SIGNS`] entries.
    pub fn recovered(&self, t: usize) -> Result<(usize, usize)> {
        if t > MOST_SIGNS {
            let rule = "must be at most 24 to visit all signs";
            return Err(Error::config("entries of a support", rule, t));
        }
        let (mut good, mut all) = (0, 0);
        subsets::each(self.width, t, |chosen| {
            for signs in subsets::signs(t) {
                let mut whole = vec![0.0; self.width];
                chosen
                    .iter()
                    .zip(signs)
                    .for_each(|(&i, sign)| whole[i] = sign);
                all += 1;
                good += usize::from(self.is_recovered(&whole));
            }
        })?;
        Ok((good, all))
    }
}
