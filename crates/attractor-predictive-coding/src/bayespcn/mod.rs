//! BayesPCN: a predictive coding network that is written in one shot, by Bayes' rule.
//!
//! ```text
//! x_l | x_(l+1), W_l ~ N( f(x_(l+1)) W_l , s_l^2 I )        columns of W_l ~ N( R_l[:, j], U_l )
//! LJ(x) = sum_l log N( x_l ; z R_l , (s_l^2 + z U_l z^T) I ),   z = f(x_(l+1))
//! write(x): hidden values that maximise LJ, then the exact posterior of every W_l given them
//! read(x~): hidden values given x~, then x~ given them
//! ```
//!
//! Gradients of the log joint density `LJ` are in closed form, and while sensory values are clamped
//! an iteration does not touch them ([`BayesPcnConfig::readout`]). Everything runs on the host:
//! posteriors in `f64`, searches in `f32` with `f64` sums ([`Precision`]). Rows of a batch share
//! matrix products, which are cut into panels and spread over threads.
//!
//! Yoo and Wood, "BayesPCN: A Continually Learnable Predictive Coding Associative Memory", NeurIPS
//! 2022 (arXiv 2205.09930).

mod activation;
mod clamp;
mod config;
mod density;
mod energy;
mod evidence;
mod gelu;
mod gpcn;
mod layer;
mod lift;
mod memory;
mod mixture;
mod model;
mod panels;
mod particle;
mod persist;
mod read;
mod readout;
pub(crate) mod real;
mod remove;
mod rows;
mod search;
mod sweep;
#[cfg(test)]
mod tests;
mod view;
mod write;

use crate::linalg;

pub use activation::Activation;
pub use config::{
    BayesPcnConfig, Coding, Precision, PriorMean, Readout, SearchConfig, Start, Writing,
};
pub use gpcn::{Gpcn, GpcnConfig};
pub use layer::MatrixNormal;
pub use mixture::{MixtureWeights, StoredMixture, StoredMixtureConfig};
pub use model::BayesPcn;
pub use read::Given;
