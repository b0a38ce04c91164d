//! Predictive coding within one layer: the covariances of the entries are stored.
//!
//! ```text
//! explicit    F = 1/2 (x - m) S^-1 (x - m)^T + 1/2 log det S        dx = -(x - m) S^-1
//! implicit    F = 1/2 |e|^2,  e = x - m - f(x) V^T,  V_ii = 0        dx = -e + f'(x) o (e V)
//! dendritic   the same, without the second term                      dx = -e
//! ```
//!
//! Learning sees patterns through their means and covariances alone, so that patterns may arrive in
//! any number of writes and a store has one size. With f linear, the learned implicit weights are
//! `V_ij = -K_ij / K_ii` with the precision `K = S^-1`; the explicit and the dendritic form then complete
//! known entries to their conditional mean under a normal distribution. The implicit form also weighs
//! the errors of the known entries, and answers alike where these determine the pattern.
//!
//! Tang, Salvatori, Millidge, Song, Lukasiewicz, Bogacz, "Recurrent predictive coding models for
//! associative memory employing covariance learning", PLoS Computational Biology 2023.

mod config;
mod field;
mod learn;
mod memory;
mod model;
mod moments;
mod persist;
#[cfg(test)]
mod tests;

pub use config::{CovarianceForm, CovariancePcnConfig, Learning};
pub use model::CovariancePcn;
