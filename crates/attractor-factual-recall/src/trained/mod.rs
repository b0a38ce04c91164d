//! Memories whose weights are learned by gradient on the cross entropy of the read.
//!
//! | part | what it is |
//! | --- | --- |
//! | [`Mlp`] | `F(e) = V^T relu(W e + b)` with both layers learned; [`crate::Linear`] is the other that learns |
//! | [`Rule`], [`Optimiser`] | gradient steps with momentum, Adam |
//! | [`Trainer`] | one step at a time |
//! | [`train`] | until a share of the keys is read, with an [`Ending`] |
//! | [`softmax`] | cross entropy, fused and as published |

mod learn;
mod mlp;
mod optimiser;
pub(crate) mod rows;
pub mod softmax;
#[cfg(test)]
mod tests;

pub use learn::{Ending, Facts, Learned, TrainConfig, Trainable, Trainer, train};
pub use mlp::Mlp;
pub(crate) use mlp::lecun_normal;
pub use optimiser::{Optimiser, Rule};
