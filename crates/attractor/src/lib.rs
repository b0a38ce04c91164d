//! Associative memories on Burn: write patterns, recall them from noisy or partial cues.
//!
//! ```
//! use attractor::prelude::*;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let device = Backend::Flex.open()?;
//! let photos = builtin::scenes(Split::Test, &BuiltinSize { train: 1, test: 100 })?;
//! let mut memory = image_memory(photos.dim(), &device)?;
//! memory.write(photos.tensor(&photos.all(), &device)?)?;
//! let (torn, known) = torn_half(&photos, 7, &device)?;
//! let recall = memory.complete(torn, known)?;
//! # let stored = photos.tensor(&[7], &device)?;
//! # assert!((recall.data() - stored).abs().max().into_scalar::<f32>() < 1e-3);
//! # Ok(())
//! # }
//! ```
//!
//! The parts are crates of their own, re-exported here: [`core`] (traits, backends, the read
//! kernel), [`datasets`], [`generative`] models, memory [`priors`], [`inference`] algorithms,
//! [`baselines`], assembled [`memories`], [`predictive_coding`] and [`evaluation`]. [`catalogue`] builds any memory from a
//! name and a table of options.
//!
//! # Features
//! `flex` (default): multithreaded CPU. `ndarray`: the older CPU backend. `wgpu`: any GPU.
//! `vulkan`, `cuda`: GPUs through their own interfaces.

pub mod catalogue;
mod photos;
pub mod prelude;

pub use attractor_baselines as baselines;
pub use attractor_core as core;
pub use attractor_datasets as datasets;
pub use attractor_evaluation as evaluation;
pub use attractor_generative as generative;
pub use attractor_inference as inference;
pub use attractor_memories as memories;
pub use attractor_predictive_coding as predictive_coding;
pub use attractor_priors as priors;
pub use photos::{image_memory, torn_half};
