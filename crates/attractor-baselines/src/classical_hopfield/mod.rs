//! The Hopfield network of 1982 and its two better learning rules.
//!
//! # Equations
//! States s are +1 or -1, the weights W symmetric:
//!
//! ```text
//! E(s) = -1/2 sum_{i != j} W_ij s_i s_j - sum_i theta_i s_i
//! s_i <- sgn( sum_j W_ij s_j + theta_i ), 0 keeps s_i; theta = 0 unless given
//!
//! Hebb             W = 1/D sum_k x_k x_k^T, diagonal 0
//! pseudo-inverse   W = the projection on the span of the patterns, X^T (X X^T)^-1 X
//! Storkey          W += 1/D (x x^T - x g^T - g x^T) entry by entry, with the local fields
//!                  g_ij = sum_{k != i, j} W_ik x_k before the write
//! ```
//!
//! Every asynchronous flip lowers E, so recall settles; synchronous recall settles or alternates
//! between two states. E(-s) = E(s): the negative of a stored pattern is recalled as readily as the
//! pattern.
//!
//! # Capacity
//! Random patterns: Hebb about 0.138 D with a few wrong bits (Amit, Gutfreund and Sompolinsky 1985),
//! D / (2 ln D) without (McEliece et al. 1987); Storkey D / sqrt(2 ln D); the pseudo-inverse every
//! linearly independent set, with useful basins up to about D / 2.
//!
//! # Complexity
//! O(D^2) numbers whatever is stored. A sweep reads D fields and costs O(D) per flip. Beside W, the
//! patterns are kept: exact removal of one from the pseudo-inverse or Storkey's rule needs the
//! others. The dynamics reads W alone.
//!
//! # References
//! - J. Hopfield, PNAS 79, 1982.
//! - L. Personnaz, I. Guyon, G. Dreyfus, J. Physique Lett. 46, 1985 (pseudo-inverse).
//! - A. Storkey, "Increasing the capacity of a Hopfield network without sacrificing functionality",
//!   ICANN 1997.

mod config;
mod model;
mod persist;
mod rules;
#[cfg(test)]
mod tests;

pub use config::{ClassicalHopfieldConfig, LearningRule};
pub use model::ClassicalHopfield;
