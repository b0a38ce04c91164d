//! Entropic associative memories: objects superposed in tables of counters, whose entropy says how much is
//! in them.
//!
//! An *object* is a discrete function: `n` columns (features), each with one of `m` rows (levels) or undefined.
//! A memory counts; it never sees labels and keeps no object by itself, so its size does not grow. It tells
//! without a search whether it knows a cue, and answers with an object that it constructs.
//!
//! | memory | what it is |
//! | --- | --- |
//! | [`Register`] | weighted register of single objects: n m counters |
//! | [`BinaryRegister`] | the same with cells that are on or off |
//! | [`RegisterSystem`] | one register for each class |
//! | [`Relation`] | pairs of objects: n p m q counters; either side is recalled from the other |
//! | [`EntropicMemory`], [`HeteroMemory`] | a register and a relation over rows of numbers, behind the interface of all memories |
//!
//! Numbers become levels by a [`Quantiser`]; [`stream`] registers from files that do not fit into memory.
//!
//! ```
//! use attractor_core::rng;
//! use attractor_entropic::{Domain, RelationConfig, SearchConfig, Side};
//!
//! fn main() -> attractor_core::Result<()> {
//!     // Objects of three columns and eight rows beside objects of two and eight.
//!     let mut relation = RelationConfig::new(Domain::new(3, 8), Domain::new(2, 8)).init()?;
//!     relation.register(&[0, 3, 5, 7, 2, 1], &[4, 4, 1, 6])?;
//!     let cue = (Side::Left, [0, 3, 5].as_slice(), None);
//!     let rng = &mut rng::stream(0, "example");
//!     let answer = relation.recall(cue, &SearchConfig::default(), rng)?;
//!     assert_eq!(answer.map(|found| found.object), Some(vec![4, 4]));
//!     assert!(!relation.accepts(Side::Left, &[1, 3, 5])?);
//!     Ok(())
//! }
//! ```
//!
//! # References
//! - L. A. Pineda, G. Fuentes, R. Morales, "An entropic associative memory", Scientific Reports 11, 6948, 2021.
//! - L. A. Pineda, R. Morales, "Weighted entropic associative memory and phonetic learning", Scientific
//!   Reports 12, 16703, 2022.
//! - R. Morales, L. A. Pineda, "Entropic hetero-associative memory", arXiv 2411.02438, 2024.

pub mod binary;
mod draw;
mod file;
pub mod hetero;
mod input;
#[cfg(test)]
mod input_tests;
mod object;
pub mod quantiser;
pub mod register;
pub mod registry;
pub mod stream;
pub mod system;
#[cfg(test)]
mod testing;

pub use binary::{BinaryConfig, BinaryRegister};
pub use hetero::{
    EmptyBack, HeteroConfig, HeteroMemory, Method, Plane, Relation, RelationConfig, Response,
    SearchConfig, Side,
};
pub use object::{Domain, UNDEFINED};
pub use quantiser::Quantiser;
pub use register::{EntropicConfig, EntropicMemory, Range, Register, RegisterConfig};
pub use registry::{MEMORIES, add_loaders};
pub use system::{Preference, RegisterSystem};

/// Whether a memory knows a cue.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Recognition {
    /// Whether it does.
    pub accepted: bool,
    /// Cells of the cue that the memory does not have.
    pub mismatches: usize,
    /// Mean count of the cue's cells, rho; undefined ones count as 0.
    pub weight: f64,
}

/// The snippets of the documentation pages, compiled and run as tests.
#[cfg(doctest)]
mod pages {
    #[doc = include_str!("../../../docs/systems/entropic.md")]
    struct Entropic;
}
