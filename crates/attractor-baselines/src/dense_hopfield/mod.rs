//! Dense associative memories of +1 and -1: polynomial and exponential Hopfield networks.
//!
//! # Equations
//! With overlaps `m_k = x_k . s` between patterns and state, and a separation F that grows fast:
//!
//! ```text
//! E(s) = -sum_k F(m_k)
//! s_i <- sgn( sum_k F(h_k + x_ki) - F(h_k - x_ki) ),   h_k = sum_{j != i} x_kj s_j,   0 keeps s_i
//!
//! polynomial    F(z) = z^n, or max(z, 0)^n where rectified        (kept as (z / 2^p)^n, 2^p >= D)
//! exponential   F(z) = exp(z)
//! ```
//!
//! The difference is exact for every F. Its first Taylor term, `sum_k x_ki F'(h_k)`, is the shortcut
//! of many implementations ([`UpdateRule::Gradient`]); near ties the two disagree. For the
//! exponential both are `sum_k x_ki exp(h_k)` up to a factor, computed as a softmax-weighted vote so
//! that nothing overflows. With n = 2 every update equals that of the classical network with Hebb's
//! rule; the factoring is *similarity* (dot product) x *separation* (F) x *readout* (sign), of which
//! the priors of real-valued states are the other half.
//!
//! Rectified polynomials and the exponential tell a pattern from its negative; even powers do not.
//!
//! Energies are reported scaled: the polynomial's in the units above, the exponential's as
//! `-log sum_k exp(m_k)`, which has the same minima.
//!
//! # Capacity
//! Random patterns without errors: D / (2 ln D) for n = 2, D^(n-1) / (2 (2n - 3)!! ln D) in general;
//! exponential in D for the exponential.
//!
//! # Complexity
//! n D bytes of patterns. The overlaps are carried along, and what all votes have in common with them: a
//! flip costs 2 n table look-ups, a unit's vote one dot product of n terms, a sweep O(n D).
//!
//! # References
//! - D. Krotov, J. Hopfield, "Dense associative memory for pattern recognition", NeurIPS 2016
//!   (arXiv 1606.01164).
//! - M. Demircigil et al., "On a model of associative memory with huge storage capacity", J. Stat.
//!   Phys. 168, 2017 (arXiv 1702.01929).

mod config;
mod model;
mod persist;
mod separation;
#[cfg(test)]
mod tests;

pub use config::{BinarySeparation, DenseHopfieldConfig, UpdateRule};
pub use model::DenseHopfield;
