//! The weighted entropic register: objects superposed in one table of counters.
//!
//! # Equations
//! An object a has n columns, each with one of m levels or undefined. The table R `[n, m]` counts; an undefined
//! column is counted apart and enters no statistic.
//!
//! ```text
//! register    R[i, a_i] <- min(R[i, a_i] + 1, saturation)
//! sums        S_i = sum_k R[i, k],  c_i = #{k: R[i, k] > 0},  mu_i = S_i / max(c_i, 1),  mu = mean_i mu_i
//! relation    R^iota[i, k] = R[i, k] where R[i, k] >= iota mu_i, else 0
//! recognise   #{i: a_i defined, R^iota[i, a_i] = 0} <= xi   and   kappa mu <= rho = 1/n sum_i R[i, a_i]
//! retrieve    if recognised, column by column: P(k) ~ R[i, k] exp(-(k - a_i)^2 / (2 (sigma m)^2)),
//!             P(k) ~ R[i, k] where a_i is undefined
//! entropy     H = mean_i -sum_k p log2 p,  p = R[i, k] / S_i
//! ```
//!
//! iota raises the bar for a cell, kappa for the whole object, xi forgives columns. Retrieval constructs: it
//! is in general no copy of anything that was registered.
//!
//! # Beside the published program
//! Undefined values do not move the threshold of iota; a column that saw nothing else is retrieved as
//! undefined; the exponential is computed in logarithms, so that a small sigma empties no column.
//!
//! # Cost
//! `n m` counters of 32 bits whatever is registered. A registration or recognition costs O(n), a retrieval
//! O(n m).
//!
//! # References
//! - L. A. Pineda, R. Morales, "Weighted entropic associative memory and phonetic learning", Scientific
//!   Reports 12, 16703, 2022.
//! - R. Morales, L. A. Pineda, "Imagery in the entropic associative memory", Scientific Reports 13, 9553, 2023.

mod config;
mod file;
mod forgetting;
mod memory;
mod model;
mod retrieve;
#[cfg(test)]
mod tests;

pub use config::RegisterConfig;
pub(crate) use config::check_sigma;
pub use memory::{EntropicConfig, EntropicMemory, Range};
pub use model::Register;
