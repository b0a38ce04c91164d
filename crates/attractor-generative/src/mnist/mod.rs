//! The MNIST variational autoencoder of Annabi, Pitti and Quoy, *On the relationship between
//! variational inference and auto-associative memory*, NeurIPS 2022 (arXiv 2210.08013).
//!
//! Images are 1x28x28 in `[0, 1]`. With `f` features and codes of width `d`, no padding anywhere:
//!
//! - encoder: convolutions 4x4 stride 2, 3x3 stride 2, 4x4 stride 2 (1 to f to 2f to 4f channels;
//!   28 to 13 to 6 to 2 pixels), each with ReLU; two linear heads of `16 f` inputs give means and
//!   log-variances;
//! - decoder: linear to `[4f, 2, 2]` with ReLU, then the transposed convolutions that undo the
//!   encoder's, with ReLU between and a sigmoid at the end.
//!
//! The loss mixes sum and mean as in [`crate::cifar`].

mod config;
mod model;
#[cfg(test)]
mod tests;
mod weights;

pub use config::MnistVaeConfig;
pub use model::{Decoder, Encoder, MnistVae};
