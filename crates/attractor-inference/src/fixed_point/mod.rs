//! Fixed-point iteration on the prior alone.
//!
//! `z <- attract(z)` from the encoder's answer. The observation is consulted only through that
//! start; this is what the paper runs for GMM, MCHN and VAE-GMM, with 10 iterations.

mod config;
mod model;
#[cfg(test)]
mod tests;

pub use config::FixedPointConfig;
pub use model::FixedPoint;
