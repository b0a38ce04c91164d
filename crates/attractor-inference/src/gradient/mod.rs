//! Gradient inference through the decoder (the paper's BP).
//!
//! ```text
//! E(z) = E_obs(cue, g(z)) + E_prior(z)            per cue
//! dE/dz = J_g(z)^T dE_obs/dg + dE_prior/dz
//! ```
//!
//! The decoder's Jacobian is applied by [`attractor_core::GenerativeModel::pull_back`]; no autodiff
//! graph is built. Rules: Adam (the paper's, rate 0.5), plain gradient descent with momentum, and
//! steepest descent with a backtracking line search per row, which never increases the energy.
//!
//! [`Scaling::PerCue`] treats every cue as its own problem. [`Scaling::BatchMeans`] is the
//! reference code's objective `mean((g - x)^2) + gamma * mean_b(E_prior)`, whose result for a cue
//! depends on how many others are read with it (through Adam's epsilon). With a Gaussian observation
//! of variance `gamma * data_dim / 2` the per-cue objective is proportional to the reference's.
//! [`Scaling::PriorOnly`] leaves the observation out, which is how dense associative memories are
//! read: with [`GradientConfig::hold_known`], known entries stay at their values and the energy
//! fills in the others (Hoover et al., NeurIPS 2024, arXiv 2410.24153).
//!
//! Annabi, Pitti and Quoy, NeurIPS 2022, section 3.3 (arXiv 2210.08013).

mod config;
mod model;
mod rule;
#[cfg(test)]
mod tests;

pub use config::{GradientConfig, Rule, Scaling};
pub use model::Gradient;
