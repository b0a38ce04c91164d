//! Recall by iterated reconstruction: an autoencoder without a memory.
//!
//! # Equation
//! With a frozen encoder e (its mean) and decoder g, from x_0 = cue:
//!
//! ```text
//! x_{t+1} = g(e(x_t))        answer = x_T, or the first x_t that stopped moving
//! ```
//!
//! Whatever this recalls lies in the weights of the autoencoder, which were learned elsewhere:
//! **writing changes nothing in the answers**. Patterns are stored only so that answers can be
//! compared with them. An overparameterised autoencoder that was trained on the patterns alone can
//! have them as attractors of this map; one that was trained on a large data set has few, and the
//! iteration slowly blurs.
//!
//! # Shapes and outcomes
//! States are data rows `[b, data_dim]`, and so is `decoded`. A row that has converged or left the
//! finite numbers is frozen, so that rows do not depend on each other; the latter is set back to
//! its last finite state (`Diverged`). With one iteration there is nothing to converge
//! (`SinglePass`).
//!
//! # Complexity
//! One encoder and one decoder pass per iteration.
//!
//! # References
//! - A. Radhakrishnan, M. Belkin, C. Uhler, "Overparameterized neural networks implement
//!   associative memory", PNAS 117(44), 2020, arXiv:1909.12362.

mod config;
mod model;
#[cfg(test)]
mod tests;

pub use config::AutoencoderConfig;
pub use model::AutoencoderRecall;
