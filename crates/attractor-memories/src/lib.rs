//! Memories assembled from models, priors and inference.
//!
//! | memory | what it is |
//! | --- | --- |
//! | [`variational`] | generative model x observation model x prior x inference, any of each |
//! | [`encoded`] | any memory of codes behind an encoder and a decoder |
//! | [`self_calibrating`] | stored patterns compared by evidence: what happened to the cue is inferred, what is not known rejected |
//! | [`signs`] | memories of +1 and -1 behind a threshold |
//!
//! ```
//! use std::sync::Arc;
//!
//! use attractor_core::model::Identity;
//! use attractor_core::observation::Truncated;
//! use attractor_core::{AssociativeMemory, Backend, rng};
//! use attractor_inference::ModeSearch;
//! use attractor_memories::VariationalMemory;
//! use attractor_priors::GaussianMixtureConfig;
//!
//! fn main() -> attractor_core::Result<()> {
//!     let device = Backend::Flex.open()?;
//!     let mut memory = VariationalMemory::new(
//!         Arc::new(Identity::new(64)?),
//!         Box::new(Truncated::new(0.01, 0.01)?),
//!         Box::new(GaussianMixtureConfig { sigma: 0.1 }.init(64, &device)?),
//!         Box::new(ModeSearch),
//!     )?;
//!     let patterns = rng::uniform::<2>(&mut rng::stream(0, "example"), [30, 64], 0.0, 1.0, &device);
//!     memory.write(patterns.clone())?;
//!
//!     // A third of every cue is covered, and nobody says which.
//!     let cues = patterns.clone().slice_fill([0..30, 40..64], 1.0);
//!     let recalled = memory.read(cues)?.data();
//!     assert_eq!((recalled - patterns).abs().max().into_scalar::<f32>(), 0.0);
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

pub mod encoded;
pub mod registry;
pub mod self_calibrating;
pub mod signs;
pub mod variational;

pub use encoded::EncodedMemory;
pub use registry::{MEMORIES, add_loaders};
pub use self_calibrating::{SelfCalibratingConfig, SelfCalibratingMemory};
pub use variational::VariationalMemory;

#[cfg(test)]
mod identify_tests;
#[cfg(test)]
mod testing;
