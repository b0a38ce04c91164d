//! Gaussian mixture: one isotropic component for each stored code.
//!
//! ```text
//! p(z) = 1/n sum_k N(z; m_k, sigma^2 I)
//! E(z) = -log sum_k exp(-|m_k - z|^2 / (2 sigma^2))            (constants dropped)
//! attract(z) = sum_k w_k m_k,  w = softmax_k(-|m_k - z|^2 / (2 sigma^2))
//! gradient(z) = (z - attract(z)) / sigma^2
//! ```
//!
//! `attract` is one step of expectation maximisation (mean shift) and never increases the energy.
//! sigma -> 0 recalls the nearest code, sigma -> infinity the mean of all codes.
//!
//! Annabi, Pitti and Quoy, "On the relationship between variational inference and auto-associative
//! memory", NeurIPS 2022, section 3 (arXiv 2210.08013).

mod config;
mod model;
#[cfg(test)]
mod tests;

pub use config::GaussianMixtureConfig;
pub use model::GaussianMixture;
