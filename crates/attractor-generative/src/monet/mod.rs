//! MONet, a variational autoencoder that takes a scene apart into objects: C. P. Burgess, L.
//! Matthey, N. Watters, R. Kabra, I. Higgins, M. Botvinick, A. Lerchner, *MONet: Unsupervised Scene
//! Decomposition and Representation*, 2019 (arXiv 1901.11390), in the form that Annabi, Pitti and
//! Quoy (NeurIPS 2022, arXiv 2210.08013) use for CLEVR.
//!
//! Images are 3x64x64 rows in `[0, 1]`; inside the network they lie in [`MonetConfig::RANGE`].
//!
//! **Attention.** One U-Net looks at the image and at `log s_k`, the scope that is still
//! unexplained, and gives logits `l_k`. Slots take their share in turn, from `log s_0 = 0`:
//!
//! ```text
//! log m_k = log s_k + log sigmoid(l_k)      log s_(k+1) = log s_k + log(1 - sigmoid(l_k))
//! ```
//!
//! and the last slot takes what is left, `m_(K-1) = s_(K-1)`. Masks are positive and sum to 1.
//!
//! **Component autoencoder.** For each slot, an encoder of `[image; log m_k]` gives the posterior of
//! a code `z_k`; a spatial broadcast decoder turns a code into colours `mu_k` and a mask logit for
//! each pixel. A scene's code is `[z_0 ... z_(K-1)]`, and `decode` is
//! `sum_k softmax_k(logits) mu_k`.
//!
//! **Loss** of one image, with pixel variances `s_0^2` for the background and `s_k^2` for
//! others, colours `x` and `mu_k` taken to `[0, 1]`:
//!
//! ```text
//! - sum_pixels log sum_k m_k N(x; mu_k, s_k^2)  +  beta sum_k KL(q(z_k | x) || N(0, I))
//!   +  gamma sum_pixels KL(m || softmax_k(logits))
//! ```
//!
//! Here:
//!
//! - `config`, `model`, `attention`, `weights`: sizes, Burn modules, published files;
//! - `frozen`: the inference form;
//! - `objective`, `trainer`, `checkpoint`: the loss, its training and what resumes it;
//! - `host`: the same network with hand-written gradients, for training and inference on CPUs.

mod attention;
mod checkpoint;
mod config;
mod frozen;
mod host;
mod model;
mod objective;
#[cfg(test)]
mod tests;
mod trainer;
mod weights;

pub use attention::{Attention, Block};
pub use config::MonetConfig;
pub use frozen::{FrozenMonet, Slots};
pub use model::{Component, Monet};
pub use objective::{MonetLoss, MonetObjective, MonetTrainerConfig};
#[cfg(test)]
pub(crate) use tests::TINY;
pub use trainer::MonetTrainer;
