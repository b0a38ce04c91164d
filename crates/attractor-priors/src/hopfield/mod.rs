//! Modern continuous Hopfield network (MCHN).
//!
//! ```text
//! E(z) = -1/beta log sum_k exp(beta m_k.z) + |z|^2 / 2          (constants dropped)
//! attract(z) = sum_k w_k m_k,  w = softmax_k(beta m_k.z)
//! gradient(z) = z - attract(z)
//! ```
//!
//! Equal to the Gaussian mixture with sigma^2 = 1/beta when all patterns have the same norm; where
//! norms differ, long patterns attract from further away, which is why it fails on raw pixels.
//!
//! Ramsauer et al., "Hopfield networks is all you need", ICLR 2021, section 2 (arXiv 2008.02217).

mod config;
mod model;
#[cfg(test)]
mod tests;

pub use config::HopfieldConfig;
pub use model::Hopfield;
