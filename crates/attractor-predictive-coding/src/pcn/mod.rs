//! Associative memory via predictive coding: patterns stored in the weights of a generative network,
//! recalled by minimising its energy.
//!
//! ```text
//! p_l = f(x_(l+1)) W_l^T + c_l      l = 0 (the data) .. L-1          e_l = x_l - p_l
//! p_L = b                           the memory layer                 F = 1/2 sum_l |e_l|^2
//! infer   x_l += g ( -e_l + f'(x_l) o (e_(l-1) W_(l-1)) )            data clamped, masked or free
//! write   infer, then W_l += a e_l^T f(x_(l+1)), b += a e_L          until F no longer falls
//! read    infer from the cue, answer with p_0; repeat
//! ```
//!
//! The step size g is chosen from the weights so that inference is stable, and halved for a row whose
//! energy rises. While data are clamped, an iteration does not touch them: `e_0 W_0 = x_0 W_0 -
//! f(x_1) (W_0^T W_0)`. Errors and steps are those of [`attractor_core::coding`], which inference over
//! decoders uses too; everything runs on the device, in `f32` or `f64`, and energies are summed in
//! `f64`.
//!
//! [`crate::covariance`] holds the single-layer relatives.
//!
//! Salvatori, Song, Hong, Sha, Frieder, Xu, Bogacz, Lukasiewicz, "Associative Memories via Predictive
//! Coding", NeurIPS 2021 (arXiv 2109.08063); the post-synaptic convention is that of Pinchetti et al.,
//! "Benchmarking Predictive Coding Networks" (ICLR 2025), the recurrent top that of Tang et al.,
//! "Recurrent predictive coding models for associative memory", PLoS Computational Biology 2023.

pub(crate) mod body;
mod config;
mod host;
pub(crate) mod infer;
mod learn;
mod links;
mod memory;
mod model;
mod network;
mod optimiser;
mod partial;
mod persist;
pub(crate) mod read;
pub(crate) mod relax;
mod ridge;
mod rows;
mod settings;
pub(crate) mod spectral;
#[cfg(test)]
mod tests;
mod train;
mod write;

pub use config::{PcnConfig, Placement, Precision, Start, TopPrior};
pub use infer::Inferred;
pub use model::Pcn;
pub use network::{PcnLayer, PcnParameters};
pub use optimiser::Optimiser;
pub use read::{Denoising, Reading, Round};
pub use settings::{Completion, Form, InferenceConfig, Step};
pub use write::{Progress, Ridge, StopRule, Stopped, WriteConfig, WriteReport};
