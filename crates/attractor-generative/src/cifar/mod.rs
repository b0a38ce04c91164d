//! The CIFAR-10 variational autoencoder of Annabi, Pitti and Quoy, *On the relationship between
//! variational inference and auto-associative memory*, NeurIPS 2022 (arXiv 2210.08013).
//!
//! Images are 3x32x32 in `[0, 1]`. With `f` features and codes of width `d` (32 and 64 in the
//! paper):
//!
//! - encoder: three 3x3 convolutions of stride 2, padding 1 and no bias (3 to f to 2f to 4f
//!   channels), each with batch normalisation and ReLU; the `4f * 16` entries feed a linear layer
//!   of `2 d` outputs, means then log-variances;
//! - decoder: linear to `[4f, 4, 4]`, then three times nearest-neighbour doubling and a 3x3
//!   convolution (4f to 2f to f to 3 channels), with batch normalisation and ReLU after the first
//!   two and a sigmoid at the end.
//!
//! Loss of a batch: `sum ||x - g(z)||^2 + beta * mean KL`, that is, the squared error is *summed*
//! over the batch and the divergence *averaged*, so that one image feels a divergence weight of
//! `beta / batch`. That is how the published weights were trained.

mod config;
mod model;
#[cfg(test)]
mod tests;
mod weights;

pub use config::CifarVaeConfig;
pub use model::{CifarVae, Decoder, Encoder};
