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
//! | part | what it is |
//! | --- | --- |
//! | `config` | what a memory is made of |
//! | `model`, `memory`, `persist` | the memory: its state, its traits, its files |
//! | `network` | weights, what they predict, the energy around data |
//! | `write` | training, and solutions in closed form |
//! | `recall` | noisy cues, partial cues, inferred hidden values |
//! | `crate::relaxation` | the descent itself, which it shares |
//!
//! [`crate::covariance`] holds the single-layer relatives.
//!
//! Salvatori, Song, Hong, Sha, Frieder, Xu, Bogacz, Lukasiewicz, "Associative Memories via Predictive
//! Coding", NeurIPS 2021 (arXiv 2109.08063); the post-synaptic convention is that of Pinchetti et al.,
//! "Benchmarking Predictive Coding Networks" (ICLR 2025), the recurrent top that of Tang et al.,
//! "Recurrent predictive coding models for associative memory", PLoS Computational Biology 2023.

mod config;
mod memory;
mod model;
mod network;
mod persist;
mod recall;
#[cfg(test)]
mod tests;
mod write;

pub use crate::relaxation::{Form, InferenceConfig, Precision, StepSize};
pub use config::{Completion, HiddenStart, PcnConfig, Placement, TopPrior};
pub use model::Pcn;
pub use network::{PcnLayer, PcnParameters};
pub use recall::{Denoising, Inferred, Reading, Round};
pub use write::{Optimiser, Progress, Ridge, StopRule, Stopped, WriteConfig, WriteReport};
