//! Gaussian mixture with a precision matrix learned through the read (GMM*).
//!
//! ```text
//! w = softmax_k(-1/2 (m_k - z)^T P (m_k - z))      attract(z) = sum_k w_k m_k
//! E(z) = -log sum_k exp(-1/2 (m_k - z)^T P (m_k - z))
//! gradient(z) = P (z - attract(z))
//! ```
//!
//! Diagonal: `P = diag(exp(p))` with p trained from 0, as in the paper. Full: `P = L L^T` with L
//! lower triangular, trained from the identity; the reference code leaves P unconstrained, which
//! lets it lose positive definiteness, so ours is parametrised by its Cholesky factor.
//!
//! Reads run on whitened keys `m_k L` (or `m_k exp(p / 2)`), where the quadratic form is a plain
//! squared distance, and mix the codes themselves.
//!
//! Annabi, Pitti and Quoy, NeurIPS 2022, appendix (arXiv 2210.08013).

mod config;
mod model;
mod persist;
mod precision;
#[cfg(test)]
mod tests;

pub use config::{LearnedPrecisionConfig, PrecisionForm};
pub use model::LearnedPrecision;
pub use precision::Precision;
