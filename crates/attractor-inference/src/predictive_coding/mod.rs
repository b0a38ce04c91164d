//! Predictive coding inference: every layer of the decoder is a variable.
//!
//! For a chain code = z_0 -> z_1 -> ... -> z_L = data with `z_l` predicted by
//! `p_l = f_l(W_l z_{l-1})`, errors are
//!
//! ```text
//! e_0 = z_0 - attract(z_0)        e_l = z_l - p_l        e_L = -dE_obs/dp_L  (cue - p_L if Gaussian)
//! z_0 += rate * (W_1^T (f_1' o e_1) - e_0)
//! z_l += rate * (W_{l+1}^T (f_{l+1}' o e_{l+1}) - e_l)
//! ```
//!
//! all from the same snapshot, started by a top-down pass. This descends the free energy
//! `E_obs + 1/2 sum_l |e_l|^2 + s^2 E_prior`, where s^2 is the prior's
//! [`attract_scale`](attractor_core::MemoryPrior::attract_scale). The adjoints come from the layers
//! themselves, so any decoder that is a [`LayerChain`](attractor_core::LayerChain) will do.
//!
//! With fixed predictions, p_l and f_l' stay those of the first pass.
//!
//! Annabi, Pitti and Quoy, NeurIPS 2022, section 3.4 (arXiv 2210.08013); Rao and Ballard, Nature
//! Neuroscience 2, 1999.

mod config;
mod model;
#[cfg(test)]
mod tests;

pub use config::PredictiveCodingConfig;
pub use model::PredictiveCoding;
