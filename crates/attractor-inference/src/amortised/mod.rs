//! Amortised inference: the encoder's answer as it is.
//!
//! `z = mean of q(z | cue)`. Nothing of the memory is consulted; the paper's "encoder only" control
//! and the start of every other algorithm.

mod model;
#[cfg(test)]
mod tests;

pub use model::Amortised;
