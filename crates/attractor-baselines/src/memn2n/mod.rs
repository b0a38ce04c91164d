//! End-to-end memory network with one hop, as an auto-associative memory.
//!
//! # Equations
//! For stored codes z_k, k = 1..n, and a cue z (rows of D numbers):
//!
//! ```text
//! m_k = A z_k      c_k = C z_k      u = B z
//! p_k = exp(beta alpha m_k.u) / sum_j exp(beta alpha m_j.u)
//! o   = sum_k p_k c_k                answer = W o
//! ```
//!
//! A, B, C, W are `[D, D]` and learned, as is beta. They start at A = B = I / sqrt(D), C = W = I,
//! beta = 0.1. The fixed factor alpha is 1 in training and 100 in recall, which sharpens a soft
//! attention that was trained softly. There is one hop, the answer is `W o` without the residual
//! `u + o`, and there are no biases.
//!
//! # Training
//! One episode stores patterns, reads cues and descends the mean squared error of the answers with
//! Adam through the dense `[b, n]` attention. Stored codes and cues are constants.
//!
//! # Complexity
//! Write: `4 n D^2` operations. Read: `4 b D^2 + 4 b n D`, through the streaming softmax read, in
//! O(b (block + D)) memory. Store: three rows (code, key, value) per pattern once it has been read.
//!
//! # References
//! - S. Sukhbaatar, A. Szlam, J. Weston, R. Fergus, "End-To-End Memory Networks", NeurIPS 2015,
//!   arXiv:1503.08895.
//! - L. Annabi, A. Pitti, M. Quoy, "On the Relationship Between Variational Inference and
//!   Auto-Associative Memory", NeurIPS 2022, arXiv:2210.08013: this form, as a baseline.

mod config;
mod model;
#[cfg(test)]
mod tests;

pub use config::MemN2NConfig;
pub use model::MemN2N;
