//! What constraints guarantee, for every error rather than for most.
//!
//! | measure | guarantees recovery of every error of t entries by basis pursuit if |
//! | --- | --- |
//! | [`coherence`] mu | `t < (1 + 1/mu) / 2` ([`coherence_bound`]) |
//! | [`Circuits::null_space_constant`] | below 1 at t: necessary as well |
//! | [`Circuits::recovers`] | of one support with signs: exactly if |
//! | [`restricted_isometry`] delta | `delta_2t < sqrt(2) - 1` |
//! | [`expansion`] | of a graph: neighbours, and unique ones, of every t entries |
//!
//! Only the first is cheap. The others visit all subsets and are for small matrices: they say so by their
//! [`work limit`](MOST_SUBSETS). The average case lies far above: [`curve`](crate::curve).
//!
//! # References
//! - D. Donoho, X. Huo, IEEE Trans. Information Theory 47(7), 2001; J. Tropp, IEEE Trans. Information Theory
//!   50(10), 2004: coherence.
//! - A. Cohen, W. Dahmen, R. DeVore, Journal of the AMS 22(1), 2009: the null-space property.
//! - E. Candès, Comptes Rendus Mathématique 346(9), 2008: restricted isometry.

mod circuits;
mod counts;
mod subsets;
#[cfg(test)]
mod tests;

pub use circuits::{Circuits, MOST_SIGNS};
pub use counts::{Expansion, IntegerPoints, coset_bound, expansion, integer_points};
pub use subsets::MOST_SUBSETS;

use attractor_core::Result;
use faer::MatRef;

use crate::input;
use crate::linalg::{dot, norm, pick_columns};

/// Largest cosine between two columns of `B [m, n]`, both not 0; 0 if there are no two.
pub fn coherence(matrix: MatRef<'_, f64>) -> f64 {
    let column = |j: usize| -> Vec<f64> { matrix.col(j).iter().copied().collect() };
    let units: Vec<Vec<f64>> = (0..matrix.ncols())
        .filter_map(|j| {
            let column = column(j);
            let length = norm(&column);
            (length > 0.0).then(|| column.iter().map(|x| x / length).collect())
        })
        .collect();
    let mut largest = 0.0f64;
    for (i, a) in units.iter().enumerate() {
        for b in &units[..i] {
            largest = largest.max(dot(a, b).abs());
        }
    }
    largest.min(1.0)
}

/// The largest t with `t < (1 + 1/mu) / 2`, at most `n`.
pub fn coherence_bound(mu: f64, n: usize) -> usize {
    if mu <= 0.0 {
        return n;
    }
    let bound = 0.5 * (1.0 + 1.0 / mu);
    ((bound.ceil() as usize).saturating_sub(1)).min(n)
}

/// Extreme squared singular values over all sets of columns of one size.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Isometry {
    /// `max(largest - 1, 1 - smallest)`.
    pub delta: f64,
    /// The smallest.
    pub smallest: f64,
    /// The largest.
    pub largest: f64,
}

/// The restricted isometry constant of order `t`, by brute force.
///
/// # Errors
/// [`attractor_core::Error::Config`] for a `t` of 0 or above the columns, and beyond [`MOST_SUBSETS`];
/// [`attractor_core::Error::NonFinite`].
pub fn restricted_isometry(matrix: MatRef<'_, f64>, t: usize) -> Result<Isometry> {
    input::matrix("matrix", matrix)?;
    let (mut smallest, mut largest) = (f64::INFINITY, 0.0f64);
    subsets::each(matrix.ncols(), t, |chosen| {
        let values = pick_columns(matrix, chosen).singular_values();
        let values = values.unwrap_or_default();
        largest = largest.max(values.first().map_or(0.0, |s| s * s));
        let last = values.last().filter(|_| t <= matrix.nrows());
        smallest = smallest.min(last.map_or(0.0, |s| s * s));
    })?;
    Ok(Isometry {
        delta: (largest - 1.0).max(1.0 - smallest),
        smallest,
        largest,
    })
}
