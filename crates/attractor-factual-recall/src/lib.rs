//! Associative memories over embeddings, and the one-layer transformer that recalls facts with them.
//!
//! Three nested systems share one read, the answer whose unembedding has the largest inner product:
//!
//! | part | what it is |
//! | --- | --- |
//! | [`linear`] | `F(e) = W e`: Hebbian, class-balanced, ridge; of limited rank |
//! | [`features`] | MLP memories of a frozen first layer: random features, tangent features |
//! | [`trained`] | linear and MLP memories learned by gradient |
//! | [`memory`] | all of these behind the traits of [`attractor_core`] |
//! | [`precision`] | weights of fewer bits, and with noise |
//! | [`capacity`] | how much is held, and how that grows with the parameters |
//! | [`task`] | prompts that hide a subject and a relation; the answer is the fact about both |
//! | [`transformer`] | attention and MLP: explicit, collapsed, constructed, trained |
//! | [`dynamics`] | linear attention by gradient descent, and when its stages end |
//!
//! [`MEMORIES`] has the memories by name. Numbers live on the host, in `f32` or `f64` ([`Real`]): the matrices
//! are small, and the order of sums is part of a result.
//!
//! # Source
//! E. Nichani, J. D. Lee, A. Bietti, Understanding Factual Recall in Transformers via Associative
//! Memories, ICLR 2025, arXiv 2412.06538.
//!
//! # Speed in debug builds
//! Numerical code without optimisation is tens of times slower. In the `Cargo.toml` of your workspace:
//!
//! ```toml
//! [profile.dev.package."*"]
//! opt-level = 3
//! debug-assertions = false
//! ```

pub mod capacity;
pub mod dynamics;
pub mod embedding;
pub mod features;
#[cfg(test)]
mod input_tests;
mod kernels;
pub mod linear;
mod matrix;
pub mod memory;
pub mod precision;
pub mod read;
mod real;
pub mod registry;
pub mod task;
pub mod trained;
pub mod transformer;

pub use features::{FeatureMemory, Nonlinearity, RandomFeatures, TangentMemory};
pub use linear::{Linear, LowRank};
pub use matrix::Matrix;
pub use memory::{EmbeddingMemory, EmbeddingMemoryConfig};
pub use real::Real;
pub use registry::{MEMORIES, add_loaders};
pub use task::{CountRows, FactTask, FactTaskConfig, Prompts};
pub use trained::{Ending, Mlp};
pub use transformer::{Transformer, TransformerConfig};

/// The snippet of the documentation page, compiled and run as a test.
#[cfg(doctest)]
mod pages {
    #[doc = include_str!("../../../docs/systems/factual-recall.md")]
    struct FactualRecall;
}
