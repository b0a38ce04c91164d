//! Traits, backends, errors, seeded randomness and tensor kernels of Attractor.
//!
//! An associative memory stores *patterns* and recalls them from noisy or partial *cues*. This
//! crate holds what every part of the workspace agrees on, and nothing else:
//!
//! | part | what it is |
//! | --- | --- |
//! | [`AssociativeMemory`], [`memory`] | the interface of every memory, and the capability traits beside it |
//! | [`GenerativeModel`], [`ObservationModel`], [`MemoryPrior`], [`Inference`] | the four axes of the variational memory, each swappable alone |
//! | [`Recall`] | what a read gives, with a typed [`Outcome`] for each cue |
//! | [`Backend`] | parse a name, list what was compiled in, open a device |
//! | [`autodiff`] | functions with a gradient of their own |
//! | [`coding`] | predictive coding over a stack of layers |
//! | [`rng`] | counter-based random streams drawn on the host, equal on every backend |
//! | [`kernel`] | the streaming softmax read, its mergeable [`kernel::Partial`], distances |
//! | [`options`] | parts by name, with a table of options |
//! | [`weights`] | safetensors in and out |
//! | [`spans`] | spans of `tracing` on writes, reads and training |
//! | [`file`](mod@file) | memories in files, and back |
//! | [`Failure`] | what `main` of a program returns, printed as a sentence |
//!
//! A cue is a row: every batch is a `[n, d]` tensor.
//!
//! ```
//! use attractor_core::kernel::{PatternStore, Score, read};
//! use attractor_core::{Backend, Result, rng};
//!
//! fn main() -> Result<()> {
//!     let device = Backend::Flex.open()?;
//!     let patterns = rng::normal::<2>(&mut rng::stream(0, "patterns"), [1000, 64], &device);
//!     let mut store = PatternStore::new(64, &device)?;
//!     store.push(patterns.clone())?;
//!
//!     // The softmax-weighted mean of all stored patterns, for five cues at once.
//!     let wanted = patterns.narrow(0, 0, 5);
//!     let score = Score::SquaredDistance { variance: 0.1 };
//!     let answers = read(&store, wanted.clone() + 0.1, score)?.mean()?;
//!     assert!((answers - wanted).abs().max().into_scalar::<f32>() < 1e-3);
//!     Ok(())
//! }
//! ```
//!
//! # Speed in debug builds
//! Numerical code without optimisation is tens of times slower. In the `Cargo.toml` of your workspace:
//!
//! ```toml
//! [profile.dev.package."*"]
//! opt-level = 3
//! debug-assertions = false
//! ```

pub mod adam;
pub mod autodiff;
pub mod backend;
pub mod check;
pub mod coding;
pub mod error;
pub mod failure;
pub mod file;
pub mod inference;
pub mod kernel;
pub mod layer;
pub mod math;
pub mod matmul;
pub mod memory;
pub mod model;
pub mod observation;
pub mod options;
pub mod out;
pub mod prior;
pub mod recall;
pub mod rng;
pub mod simd;
pub mod spans;
pub mod weights;

pub use backend::Backend;
pub use error::{Error, Result};
pub use failure::Failure;
pub use file::{Persist, Restore};
pub use inference::{Inference, Problem, Stopping};
pub use layer::{Activation, Layer, LayerChain, Prediction};
pub use memory::{
    AssociativeMemory, Candidate, Complete, Explain, Forget, HeteroAssociative, Identification,
    Identify, KeepsPatterns, Merge, Ranking, Recognise, Train,
};
pub use model::{GenerativeModel, Posterior, Segments};
pub use observation::ObservationModel;
pub use options::{Entry, Options};
pub use prior::{Energy, MemoryPrior, StoredCodes};
pub use recall::{Outcome, Recall, Recalled, Trace};

pub use burn;

/// The snippets of documentation pages, compiled and run as tests.
#[cfg(doctest)]
mod pages {
    #[doc = include_str!("../../../docs/systems/self-calibrating.md")]
    struct SelfCalibrating;
}
