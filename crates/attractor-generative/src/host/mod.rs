//! Training steps on the CPU without automatic differentiation.
//!
//! Convolution gradients through general tensor operations cost a CPU several times the arithmetic
//! in them: whole-tensor copies, transposes, and fresh memory for every intermediate result. Here a
//! network is a list of layers that know their own gradients and keep their buffers from step to
//! step. Images are channels-last (`[batch, height, width, channels]`), so that a convolution is a
//! copy of windows and one matrix product, and nothing is ever transposed.
//!
//! Nearest-neighbour doubling followed by a 3x3 convolution needs no doubled image: each of the
//! four positions in a 2x2 output block sees a 2x2 window of the small image, with weights that are
//! sums of the original ones. One 2x2 convolution to four times the channels does it, with less
//! than half of the multiplications.
//!
//! - [`chain`]: layers one after the other; [`network`]: a [`Plan`](crate::vae::Plan) as two chains with their loss;
//! - [`layer`]: what a layer offers, and how batches are divided; [`slot`]: a parameter with its
//!   gradient and moments;
//! - [`conv`], [`linear`], [`norm`], [`pool`], [`dropout`], [`standardise`]: layers over whole batches;
//! - [`image`]: single images in registers and caches, which [`mod@crate::monet`] is made of.
//!
//! A step splits its batch into parts whose number depends on the batch alone and adds their
//! gradients in order, so results do not depend on the number of threads.

mod chain;
pub(crate) mod conv;
pub(crate) mod dropout;
pub(crate) mod image;
pub(crate) mod layer;
pub(crate) mod linear;
mod network;
pub(crate) mod norm;
pub(crate) mod pool;
pub(crate) mod slot;
pub(crate) mod standardise;
#[cfg(test)]
pub(crate) mod tests;

pub(crate) use chain::Chain;
pub(crate) use network::{Network, Rows};
