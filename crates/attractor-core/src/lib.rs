//! Traits, backends, errors, seeded randomness and tensor kernels of Attractor.
//!
//! An associative memory stores *patterns* and recalls them from noisy or partial *cues*. This
//! crate holds what every part of the workspace agrees on, and nothing else:
//!
//! - [`AssociativeMemory`] and the capability traits beside it ([`memory`]);
//! - the four axes of the variational memory, each swappable alone: [`GenerativeModel`],
//!   [`ObservationModel`], [`MemoryPrior`] and [`Inference`];
//! - [`Recall`] with a typed [`Outcome`] per cue;
//! - [`Backend`]: parse a name, list what was compiled in, open a device;
//! - [`coding`]: predictive coding over a stack of layers;
//! - [`rng`]: counter-based random streams drawn on the host, equal on every backend;
//! - [`kernel`]: the streaming softmax read, its mergeable [`kernel::Partial`], distances;
//! - [`options`]: parts by name, with a table of options;
//! - [`weights`]: safetensors in and out;
//! - [`Failure`]: what `main` of a program returns, printed as a sentence.
//!
//! A cue is a row: every batch is a `[n, d]` tensor.
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
pub mod backend;
pub mod check;
pub mod coding;
pub mod error;
pub mod failure;
pub mod inference;
pub mod kernel;
pub mod layer;
pub mod math;
pub mod memory;
pub mod model;
pub mod observation;
pub mod options;
pub mod prior;
pub mod recall;
pub mod rng;
pub mod simd;
pub mod weights;

pub use backend::Backend;
pub use error::{Error, Result};
pub use failure::Failure;
pub use inference::{Inference, Problem, Stopping};
pub use layer::{Activation, Layer, LayerChain, Prediction};
pub use memory::{
    AssociativeMemory, Complete, Forget, HeteroAssociative, Merge, Persist, Recognise, Train,
};
pub use model::{GenerativeModel, Posterior, Segments};
pub use observation::ObservationModel;
pub use options::{Entry, Options};
pub use prior::{Energy, MemoryPrior, StoredCodes};
pub use recall::{Outcome, Recall, Trace};

pub use burn;

/// The snippets of documentation pages, compiled and run as tests.
#[cfg(doctest)]
mod pages {
    #[doc = include_str!("../../../docs/systems/self-calibrating.md")]
    struct SelfCalibrating;
}
