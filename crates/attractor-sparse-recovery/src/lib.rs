//! Associative memory by sparse recovery: what is stored are linear constraints that all patterns fulfil; a cue
//! with a few wrong entries breaks some of them, and the sparsest error that explains which is what is
//! subtracted.
//!
//! | part | what it is |
//! | --- | --- |
//! | [`memory`] | [`SparseRecovery`], the memory of one subspace |
//! | [`union`] | [`SubspaceUnion`], the memory of several |
//! | [`subspace`] | learning the constraints, with rules for the rank |
//! | [`recovery`] | finding the error: basis pursuit and its relatives, with certificates |
//! | [`erasures`] | where only some entries are known |
//! | [`expander`] | decoding on sparse constraints |
//! | [`dictionary`] | learning sparse constraints from any others |
//! | [`curve`] | how many errors are corrected, in theory |
//! | [`guarantees`] | how many are for certain |
//! | [`ensembles`] | random subspaces, graphs and words |
//!
//! ```
//! use attractor_core::{AssociativeMemory, Backend, Outcome};
//! use attractor_core::burn::tensor::Tensor;
//! use attractor_sparse_recovery::SparseRecoveryConfig;
//!
//! # fn main() -> Result<(), attractor_core::Error> {
//! let device = Backend::available()[0].open()?;
//! let mut memory = SparseRecoveryConfig::new(8).init(&device)?;
//! let patterns = [[1.0f32, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0], [1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0, -1.0]];
//! memory.write(Tensor::from_data(patterns, &device))?;
//! let mut cue = patterns[1];
//! cue[2] = -40.0;
//! let recall = memory.read(Tensor::from_data([cue], &device))?;
//! assert_eq!(recall.outcomes, [Outcome::Converged]);
//! let answer = recall.data().into_data().try_into_vec::<f32>().unwrap();
//! assert!(answer.iter().zip(patterns[1]).all(|(a, b)| (a - b).abs() < 1e-5));
//! # Ok(())
//! # }
//! ```
//!
//! # References
//! - A. Mazumdar, A. S. Rawat, "Associative memory via a sparse recovery model", NeurIPS 2015.
//! - A. Mazumdar, A. S. Rawat, "Associative memory using dictionary learning and expander decoding", AAAI 2017,
//!   arXiv 1611.09621.
//!
//! # Speed in debug builds
//! Numerical code without optimisation is tens of times slower. In the `Cargo.toml` of your workspace:
//!
//! ```toml
//! [profile.dev.package."*"]
//! opt-level = 3
//! debug-assertions = false
//! ```

/// Matrices of the public functions.
pub use faer;

pub mod curve;
pub mod dictionary;
pub mod ensembles;
pub mod erasures;
pub mod expander;
pub mod guarantees;
mod input;
#[cfg(test)]
mod input_tests;
pub mod linalg;
pub mod memory;
pub mod recovery;
pub mod registry;
pub mod subspace;
pub mod union;

pub use memory::{SparseRecovery, SparseRecoveryConfig};
pub use registry::{MEMORIES, add_loaders};
pub use subspace::{Evidence, RankRule, Subspace};
pub use union::{SubspaceUnion, SubspaceUnionConfig};

/// The snippets of the documentation page, compiled and run as tests.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/systems/sparse-recovery.md")]
struct Page;
