//! Memory priors of Attractor: energies whose minima are the stored patterns.
//!
//! Each prior has a folder with the same files: `mod.rs` (what it is, equations, citation),
//! `config.rs` (serialisable, checked), `model.rs`, `tests.rs`. To add one, add a folder and a line
//! in `registry.rs`; nothing in another crate changes, because inference sees priors only through
//! [`attractor_core::MemoryPrior`] and experiments build them from a table by [`build()`].
//!
//! | prior | energy | attract |
//! | --- | --- | --- |
//! | [`gaussian_mixture`] | `-log sum_k exp(-\|m_k - z\|^2 / (2 sigma^2))` | one EM step (mean shift) |
//! | [`learned_precision`] | the same with a learned precision matrix | one EM step |
//! | [`hopfield`] | `-1/beta log sum_k exp(beta m_k.z) + \|z\|^2 / 2` | modern Hopfield update |
//! | [`slot_mixture`] | the mixture with each code's slots in their best order | one EM step |
//! | [`kernelised`] | the Hopfield energy after a linear map learned to spread the codes | mixture of codes |
//! | [`random_features`] | `-1/beta log` of an estimate of the mixture, in a store of fixed size | damped gradient step |
//! | [`sparse_hopfield`] | Hopfield and mixture with sparsemax or alpha-entmax | sparse mixture of codes |
//!
//! ```
//! use attractor_core::{Backend, Energy, MemoryPrior, rng};
//! use attractor_priors::GaussianMixtureConfig;
//!
//! fn main() -> attractor_core::Result<()> {
//!     let device = Backend::Flex.open()?;
//!     let patterns = rng::normal::<2>(&mut rng::stream(0, "example"), [100, 64], &device);
//!     let mut prior = GaussianMixtureConfig { sigma: 0.5 }.init(64, &device)?;
//!     prior.store(patterns.clone())?;
//!
//!     let cues = patterns.clone() + 0.2;
//!     let recalled = prior.attract(cues.clone())?;
//!     assert!((recalled.clone() - patterns).abs().max().into_scalar::<f32>() < 1e-3);
//!     let change = prior.energy(recalled)? - prior.energy(cues)?;
//!     assert!(change.max().into_scalar::<f32>() < 0.0);
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

pub mod gaussian_mixture;
pub mod hopfield;
pub mod kernelised;
pub mod learned_precision;
pub mod random_features;
mod registry;
pub mod slot_mixture;
pub mod sparse_hopfield;
mod store;

pub use gaussian_mixture::{GaussianMixture, GaussianMixtureConfig};
pub use hopfield::{Hopfield, HopfieldConfig};
pub use kernelised::{FeatureScale, Kernelised, KernelisedConfig, MapKind, SeparationConfig};
pub use learned_precision::{LearnedPrecision, LearnedPrecisionConfig, PrecisionForm};
pub use random_features::{
    DirectionKind, FeatureKind, RandomFeatures, RandomFeaturesConfig, Window, feasibility, spinodal,
};
pub use registry::{BuildPrior, PRIORS, PriorEntry, add_loaders, build};
pub use slot_mixture::{SlotMixture, SlotMixtureConfig};
pub use sparse_hopfield::{Similarity, SparseHopfield, SparseHopfieldConfig};

#[cfg(test)]
mod gradient_tests;
#[cfg(test)]
mod nearest_tests;
#[cfg(test)]
mod range_tests;
#[cfg(test)]
mod testing;

/// The snippets of the documentation pages, compiled and run as tests.
#[cfg(doctest)]
mod pages {
    #[doc = include_str!("../../../docs/systems/sparse-hopfield.md")]
    struct SparseHopfield;
    #[doc = include_str!("../../../docs/systems/kernelised-hopfield.md")]
    struct KernelisedHopfield;
    #[doc = include_str!("../../../docs/systems/random-features.md")]
    struct RandomFeatures;
}
