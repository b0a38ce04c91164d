//! The mean of the nearest stored patterns.
//!
//! # Equations
//! For a cue x, with N(x) the k stored patterns of the smallest distance (of equally far ones those
//! written first; all of them while fewer are stored):
//!
//! ```text
//! answer(x) = 1/k sum_(m in N(x)) m
//! ```
//!
//! Distances are those of [`nearest`](crate::nearest), whose memory is the case k = 1. With a mask of known
//! entries they run over those alone.
//!
//! # When to use it
//! As a control for memories that answer with mixtures: what is gained by weights that fall smoothly, or
//! by more than one step, over a plain mean of a few neighbours?
//!
//! # Complexity
//! Read: `3 b n D` operations on all cores of the host, O(b k) memory beside the store.
//!
//! # References
//! - E. Fix, J. Hodges, "Discriminatory analysis: nonparametric discrimination", 1951.
//! - T. Cover, "Estimation by the nearest neighbor rule", IEEE Transactions on Information Theory 14(1),
//!   1968.

mod config;
mod model;
#[cfg(test)]
mod tests;

pub use config::KnnConfig;
pub use model::Knn;
