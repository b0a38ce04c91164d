//! Hopfield networks of real-valued states with a sparse separation: sparsemax and alpha-entmax.
//!
//! # Equations
//! The factoring *similarity x separation x readout* of the Hopfield family, for states z:
//!
//! ```text
//! similarity   s_k = m_k.z   or   s_k = -|z - m_k|^2 / 2
//! separation   p = argmax over probabilities of  p.(beta s) - T(p),
//!              T(p) = (sum_k p_k^alpha - 1) / (alpha (alpha - 1))          (Tsallis)
//! readout      attract(z) = sum_k p_k m_k
//!
//! E(z) = -1/beta ( p.(beta s) - T(p) )  [ + |z|^2 / 2  with the dot product ]
//! gradient(z) = z - attract(z)
//! ```
//!
//! alpha = 2 is sparsemax, 1.5 is 1.5-entmax; alpha -> 1 is softmax, for which the other priors
//! exist and are faster: [`crate::hopfield`] (dot product) and [`crate::gaussian_mixture`] with
//! `sigma^2 = 1 / beta` (squared distance), whose energy is beta times this one. As there, `attract`
//! never increases E: the first part is minus a convex function of an affine map of z.
//!
//! Only patterns whose similarity comes within `1 / (beta (alpha - 1))` of the best have a weight at
//! all: a pattern that is better than all others by that much is recalled *exactly*, in one step.
//! Writing a pattern twice changes the weights of all others, unlike with softmax.
//!
//! # Complexity
//! 4 b n D operations and b n numbers, visited in groups of cues so that memory stays bounded. The
//! threshold is found by Newton's rule in host memory; elsewhere by sorting for alpha 2 and 1.5 and
//! by bisection otherwise.
//!
//! # References
//! - A. Martins, R. Astudillo, "From softmax to sparsemax", ICML 2016 (arXiv 1602.02068).
//! - B. Peters, V. Niculae, A. Martins, "Sparse sequence-to-sequence models", ACL 2019
//!   (arXiv 1905.05702): alpha-entmax and its thresholds.
//! - J. Hu et al., "On sparse modern Hopfield model", NeurIPS 2023 (arXiv 2309.12673).
//! - B. Millidge et al., "Universal Hopfield networks", ICML 2022 (arXiv 2202.04557): the factoring.

mod config;
mod host;
mod model;
mod separation;
#[cfg(test)]
mod tests;

pub use config::{Similarity, SparseHopfieldConfig};
pub use model::SparseHopfield;
pub(crate) use separation::separate;
pub use separation::{entmax, tsallis};
