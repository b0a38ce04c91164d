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
//! posteriors in `f64`, searches in `f32` with `f64` sums ([`SearchPrecision`]). Rows of a batch share
//! matrix products, which are cut into panels and spread over threads.
//!
//! | part | what it is |
//! | --- | --- |
//! | `config` | what a memory is made of |
//! | `model`, `memory`, `persist` | the memory: its state, its traits, its files |
//! | `posterior` | what it believes about the weights |
//! | `activation` | functions between layers |
//! | `inference` | the search for hidden values |
//! | `write` | storing, forgetting, resampling, removing |
//! | `recall` | noisy rows and rows with known entries |
//! | `evidence` | evidence of a pattern, patterns of its own |
//! | `gpcn` | the same network with point weights, by gradient steps |
//!
//! Yoo and Wood, "BayesPCN: A Continually Learnable Predictive Coding Associative Memory", NeurIPS
//! 2022 (arXiv 2205.09930).

mod activation;
mod config;
mod evidence;
mod gpcn;
mod inference;
mod memory;
mod model;
mod persist;
mod posterior;
mod recall;
#[cfg(test)]
mod tests;
mod write;

pub use activation::Activation;
pub use config::{
    BayesPcnConfig, Coding, PriorMean, Readout, SearchConfig, SearchPrecision, SearchStart, Writing,
};
pub use gpcn::{Gpcn, GpcnConfig};
pub use model::BayesPcn;
pub use posterior::MatrixNormal;
pub use recall::Given;
