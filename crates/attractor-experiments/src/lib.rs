//! What the studies in `experiments/` measure.
//!
//! A study file (`kind = "study"`) names a protocol; a protocol turns one cell of it into numbers.
//! Everything around that (presets, run folders, resume, shards, charts, reports) is
//! [`attractor::evaluation`]'s. [`PROTOCOLS`] lists what there is:
//!
//! | protocol | what it measures |
//! | --- | --- |
//! | [`bayespcn`] | recall, forgetting and width of a memory written by Bayes' rule |
//! | [`capacity`] | recall of random patterns against load |
//! | [`drdam`] | random features beside the memory that keeps its patterns |
//! | [`khm`] | kernelised Hopfield networks beside the identity map |
//! | [`pcn`] | recall of images by a predictive coding memory, from noise and parts |
//!
//! A new protocol is a folder with an implementation of [`Protocol`], and a line in the registry.
//!
//! # Speed in debug builds
//! Numerical code without optimisation is tens of times slower. In the `Cargo.toml` of your workspace:
//!
//! ```toml
//! [profile.dev.package."*"]
//! opt-level = 3
//! debug-assertions = false
//! ```

pub mod bayespcn;
pub mod capacity;
pub mod drdam;
mod error;
pub mod images;
pub mod khm;
pub mod pcn;
mod protocol;
mod session;
#[cfg(test)]
mod testing;

pub use error::{Error, Result};
pub use protocol::{PROTOCOLS, Protocol, ProtocolEntry, Task, Work, find};
pub use session::Session;
