//! Associative memories on Burn: write patterns, recall them from noisy or partial cues.
//!
//! ```
//! use attractor::prelude::*;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let device = Backend::Flex.open()?;
//! let photos = builtin::scenes(Split::Test, &BuiltinSize { train: 1, test: 100 })?;
//! let mut memory = image_memory(photos.shape, &device)?;
//! memory.write(photos.tensor(&photos.all(), &device)?)?;
//! let cue = bad_copy(&photos, 7, &device)?;
//! let recall = memory.read(cue)?;
//! # let stored = photos.tensor(&[7], &device)?;
//! # assert!((recall.data() - stored).abs().max().into_scalar::<f32>() < 1e-3);
//! # Ok(())
//! # }
//! ```
//!
//! The parts are crates of their own, re-exported here: [`core`] (traits, backends, the read
//! kernel), data sets, generative models, memory [`priors`], [`inference`] algorithms,
//! baselines, assembled [`memories`], predictive coding, entropic memories, firing-rate and spiking networks and evaluation. [`catalogue`] builds any memory from a
//! name and a table of options.
//!
//! # Features
//! | feature | brings | default |
//! | --- | --- | --- |
//! | `flex` | the multithreaded CPU backend | yes |
//! | `ndarray`, `wgpu`, `vulkan`, `cuda` | other backends; `wgpu` runs on any GPU | |
//! | `datasets` | loaders, built-in images, corruptions, [`image_memory`] | yes |
//! | `fetch` | downloads of data sets: the only feature with a network client | |
//! | `generative` | autoencoders, MONet and their training | |
//! | `baselines` | memory networks, Hopfield networks of signs, nearest neighbours | |
//! | `firing-rate` | firing-rate networks of sparse bits | |
//! | `spiking` | hypercubes of inhibitory spiking neurons | |
//! | `predictive-coding` | PCN, its covariance relatives, BayesPCN | |
//! | `entropic` | entropic registers and the hetero-associative relation | |
//! | `sparse-recovery` | linear constraints learned from patterns, errors found by basis pursuit or on graphs | |
//! | `factual-recall` | linear and MLP memories over embeddings, the transformer that recalls facts | |
//! | `nn` | trainable Hopfield layers: association, pooling, lookup | |
//! | `evaluation` | metrics, figures, run folders, reports | |
//! | `full` | all but further backends | |
//!
//! The [`catalogue`] holds what the features bring.
//!
//! # Speed in debug builds
//! Numerical code without optimisation is tens of times slower. In the `Cargo.toml` of your workspace:
//!
//! ```toml
//! [profile.dev.package."*"]
//! opt-level = 3
//! debug-assertions = false
//! ```

pub mod catalogue;
mod files;
#[cfg(feature = "datasets")]
mod photos;
pub mod prelude;

#[cfg(feature = "baselines")]
pub use attractor_baselines as baselines;
pub use attractor_core as core;
#[cfg(feature = "datasets")]
pub use attractor_datasets as datasets;
#[cfg(feature = "entropic")]
pub use attractor_entropic as entropic;
#[cfg(feature = "evaluation")]
pub use attractor_evaluation as evaluation;
#[cfg(feature = "factual-recall")]
pub use attractor_factual_recall as factual_recall;
#[cfg(feature = "firing-rate")]
pub use attractor_firing_rate as firing_rate;
#[cfg(feature = "generative")]
pub use attractor_generative as generative;
pub use attractor_inference as inference;
pub use attractor_memories as memories;
#[cfg(feature = "nn")]
pub use attractor_nn as nn;
#[cfg(feature = "predictive-coding")]
pub use attractor_predictive_coding as predictive_coding;
pub use attractor_priors as priors;
#[cfg(feature = "sparse-recovery")]
pub use attractor_sparse_recovery as sparse_recovery;
#[cfg(feature = "spiking")]
pub use attractor_spiking as spiking;
#[cfg(feature = "store")]
pub use attractor_store as store;
pub use files::{load, load_with, loaders};
#[cfg(feature = "datasets")]
pub use photos::{bad_copy, image_memory, torn_half};

/// The snippets of documentation pages, compiled and run as tests.
#[cfg(all(doctest, feature = "datasets"))]
mod pages {
    #[doc = include_str!("../../../docs/tutorial.md")]
    struct Tutorial;
    #[doc = include_str!("../../../docs/files.md")]
    struct Files;
    #[doc = include_str!("../../../docs/identify.md")]
    struct Identify;
    #[doc = include_str!("../../../docs/kernel.md")]
    struct Kernel;
}
