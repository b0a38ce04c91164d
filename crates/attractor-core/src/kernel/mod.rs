//! The streaming softmax read and pairwise distances.
//!
//! Every memory that answers with a softmax-weighted mean of stored patterns reads through
//! [`read`]: for cues u and patterns m_k with scores s_k(u),
//!
//! ```text
//! w_k = exp(s_k) / sum_j exp(s_j)      answer = sum_k w_k v_k      log Z = log sum_k exp(s_k)
//! ```
//!
//! with v_k = m_k unless separate values are given. Patterns are visited in blocks with a running
//! maximum (online softmax), so that peak memory is O(b (block + d)) beyond the store itself and
//! `[b, n, d]` never exists. The state of such a pass is a [`Partial`]: partials of disjoint shards
//! merge into the partial of their union, on one machine or many.
//!
//! On CPU backends the read runs in a hand-written kernel ([`mod@host`]); on devices, and wherever
//! gradients are tracked, it is composed of tensor operations over the store's blocks.
//!
//! # Accuracy
//! Squared distances expand into a matrix product, which cancels badly when the variance is small
//! against the squared norms. Whenever the rounding error of a score could exceed
//! `REFINE_ABOVE`, the scores that matter (those near a row's maximum) are computed again directly
//! from the differences, and scores of squared distances are clamped at 0.

mod device;
mod distance;
pub(crate) mod host;
mod partial;
mod read;
mod store;

pub use distance::{nearest, squared_distances};
pub use host::{PackedMatrix, WaveSums, Waves};
pub use partial::Partial;
pub use read::{Score, read, read_with_values};
pub use store::PatternStore;

#[cfg(test)]
mod tests;
