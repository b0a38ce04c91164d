//! A mixture of one Gaussian for each stored pattern, with known entries held.
//!
//! # Equations
//! ```text
//! LJ(x) = log sum_k exp( a_k - |x - x_k|^2 / (2 sigma^2) )
//! read    x <- sum_k r_k x_k on the free entries, with the responsibilities r at x
//! ```
//! The weights `a_k` make it the modern Hopfield network that BayesPCN's paper compares with
//! ([`MixtureWeights`]). It is no point of the variational memory: that computes in `f32` and compares
//! the known entries alone, this one in `f64` and with whole rows, whose known entries stay.
//!
//! # Complexity
//! `4 n D` operations for each row and iteration, on one core.
//!
//! # References
//! - J. Yoo, F. Wood, "BayesPCN: A Continually Learnable Predictive Coding Associative Memory",
//!   NeurIPS 2022 (arXiv 2205.09930), experiments.

mod config;
mod memory;
mod model;
#[cfg(test)]
mod tests;

pub use config::{MixtureWeights, StoredMixtureConfig};
pub use model::StoredMixture;
