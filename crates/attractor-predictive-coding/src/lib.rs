//! Predictive coding memories: patterns live in the weights of a network that predicts them.
//!
//! | memory | what it is |
//! | --- | --- |
//! | [`pcn`] | generative network trained until its patterns are attractors |
//! | [`covariance`] | its relatives of one layer, which store covariances |
//! | [`bayespcn`] | network written by Bayes' rule: one-shot, forgetting, evidence |
//!
//! [`MEMORIES`] has them by name.
//!
//! ```
//! use attractor_core::{AssociativeMemory, Backend, Complete, check, rng};
//! use attractor_predictive_coding::PcnConfig;
//!
//! fn main() -> attractor_core::Result<()> {
//!     let device = Backend::Flex.open()?;
//!     let patterns = rng::uniform(&mut rng::stream(0, "example"), [4, 64], 0.0, 1.0, &device);
//!     let config = PcnConfig { hidden: vec![32, 32], ..PcnConfig::new(64) };
//!     let mut memory = config.init(&device)?;
//!     memory.write(patterns.clone())?;
//!
//!     // The first 48 of 64 entries are known.
//!     let known: Vec<f32> = (0..4 * 64).map(|at| if at % 64 < 48 { 1.0 } else { 0.0 }).collect();
//!     let known = check::from_host("known", known, 64, &device)?;
//!     let recall = memory.complete(patterns.clone() * known.clone(), known)?;
//!     let error = (recall.data() - patterns).square().mean().into_scalar::<f32>();
//!     assert!(error < 1e-2, "{error}");
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

pub mod bayespcn;
pub mod covariance;
mod files;
mod linalg;
pub mod pcn;
pub mod registry;
mod relaxation;

pub use bayespcn::{BayesPcn, BayesPcnConfig, Gpcn, GpcnConfig};
pub use covariance::{CovariancePcn, CovariancePcnConfig};
pub use pcn::{Pcn, PcnConfig};
pub use registry::{MEMORIES, add_loaders};

#[cfg(test)]
mod testing;

/// The snippets of the documentation pages, compiled and run as tests.
#[cfg(doctest)]
mod pages {
    #[doc = include_str!("../../../docs/systems/bayespcn.md")]
    struct BayesPcn;

    #[doc = include_str!("../../../docs/systems/predictive-coding.md")]
    struct PredictiveCoding;
}
