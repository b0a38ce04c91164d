//! Patterns on disk: a crash-safe store of Parquet files, read out of core.
//!
//! A memory that the machine does not hold is a folder here: patterns in single precision, half precision or bfloat16, under
//! ids that stay their own, with labels and payload columns beside them. The softmax read visits it chunk by chunk, with
//! the answer of [`attractor_core::kernel::read`] over the same patterns in memory.
//!
//! | part | what it is |
//! | --- | --- |
//! | [`Store`] | made, opened, changed: append, delete by id, compact; one change at a time, each whole or never |
//! | [`Snapshot`] | what a store holds at one moment: records, chunks, verification, and the reads |
//! | [`Snapshot::read`], [`Snapshot::top`], [`Snapshot::complete`] | softmax mean and log evidence, the best k, reads with a mask |
//! | [`StoredMemory`] | a store as an [`AssociativeMemory`](attractor_core::AssociativeMemory) |
//! | [`StoreConfig`], [`Precision`], [`Annotations`] | what is stored, and how |
//!
//! ```
//! use attractor_core::kernel::Score;
//! use attractor_core::{Backend, rng};
//! use attractor_store::{Annotations, Precision, ReadOptions, Store, StoreConfig};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("codes");
//! let device = Backend::Flex.open()?;
//! let mut store = Store::create(&path, StoreConfig::new(16, Precision::F16))?;
//! for part in 0..4 {
//!     let mut stream = rng::indexed_stream(0, "patterns", part);
//!     store.append(rng::normal(&mut stream, [1000, 16], &device), &Annotations::default())?;
//! }
//! let cues = rng::normal::<2>(&mut rng::stream(0, "cues"), [5, 16], &device);
//! let score = Score::SquaredDistance { variance: 0.1 };
//! let answer = store.read(cues, score, &ReadOptions::new())?;
//! assert_eq!(answer.mean()?.dims(), [5, 16]);
//! # Ok(())
//! # }
//! ```
//!
//! The files are Parquet, which pandas, DuckDB and DataFusion read as they are; `docs/out-of-core.md` has the layout, what is
//! promised after a crash, and when which form of a memory is the right one.
mod compact;
mod config;
mod deleted;
mod disk;
mod error;
#[cfg(test)]
mod faults;
mod lock;
mod manifest;
mod memory;
mod payload;
mod read;
mod segment;
mod snapshot;
mod store;
mod verify;

pub use attractor_core::kernel::Precision;
pub use compact::Compaction;
pub use config::{Field, Kind, StoreConfig};
pub use error::{Error, Result};
pub use memory::StoredMemory;
pub use payload::{Annotations, Column, Record, Value};
pub use read::{Answer, Chunk, Match, Matches, Progress, ReadOptions};
pub use snapshot::Snapshot;
pub use store::Store;

/// The snippets of documentation pages, compiled and run as tests.
#[cfg(doctest)]
mod pages {
    #[doc = include_str!("../../../docs/out-of-core.md")]
    struct OutOfCore;
}
