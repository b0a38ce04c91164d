//! The memory of several subspaces.
//!
//! Patterns are split among `subspaces` subspaces of dimension `rank` by the K-subspaces algorithm: each goes
//! to the one that misses it least, each subspace is learned anew from its patterns, until nothing changes;
//! the best of several starts is kept. A cue is recovered by every subspace, and the answer is the one whose
//! error has the smallest sum of absolute values among those that were verified.
//!
//! Unlike the memory of one subspace this one keeps its patterns, so that it can split them anew, and forget.
//!
//! # Reference
//! - P. Tseng, "Nearest q-flat to m points", Journal of Optimization Theory and Applications 105(1), 2000.

mod config;
mod fit;
mod model;
mod persist;
#[cfg(test)]
mod tests;

pub use config::SubspaceUnionConfig;
pub use fit::{Split, split};
pub use model::SubspaceUnion;
