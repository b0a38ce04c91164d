//! Linear and MLP memories behind the traits of every memory: keys and values of one width, read as the
//! stored value with the largest inner product, or as what the weights give.
//!
//! Reads use the weights and the list of different values, which play the part of the unembeddings. The
//! pairs are kept beside them for removal, and for rules that learn from all pairs at once.

mod config;
mod model;
mod persist;
#[cfg(test)]
mod tests;
mod traits;
mod weights;

pub use config::{EmbeddingMemoryConfig, Layer, MemoryRule, Reading};
pub use model::EmbeddingMemory;
