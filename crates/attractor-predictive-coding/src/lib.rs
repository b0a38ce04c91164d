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
pub use registry::MEMORIES;

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
