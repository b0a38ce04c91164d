//! The encoder alone: a memory that answers with the cue itself.
//!
//! # Equation
//! ```text
//! answer(z) = z
//! ```
//!
//! The control without a memory: on codes it shows how far the encoder alone brings a corrupted
//! image to the code of the clean one, on pixels it shows how hard the corruption is. Whatever a
//! memory is worth is what it adds to this row. Patterns are stored, but only so that answers can
//! be compared with them ([`attractor_core::AssociativeMemory::stored_states`]).
//!
//! # Complexity
//! Write: O(n D). Read: O(b D), the check of the input.
//!
//! # References
//! - L. Annabi, A. Pitti, M. Quoy, "On the Relationship Between Variational Inference and
//!   Auto-Associative Memory", NeurIPS 2022, arXiv:2210.08013: the row without a memory.

mod config;
mod model;
#[cfg(test)]
mod tests;

pub use config::EncoderOnlyConfig;
pub use model::EncoderOnly;
