//! Named associative memories, assembled from models, priors and inference.
//!
//! | memory | what it is |
//! | --- | --- |
//! | [`variational`] | generative model x observation model x prior x inference, any of each |
//! | [`bayespcn`] | predictive coding network written by Bayes' rule: one-shot, forgetting, evidence |
//! | [`predictive_coding`] | generative network trained until its patterns are attractors; covariance relatives |
//! | [`encoded`] | any memory of codes behind an encoder and a decoder |

pub mod bayespcn;
pub mod encoded;
mod files;
mod linalg;
mod mask;
pub mod predictive_coding;
pub mod variational;

pub use bayespcn::{BayesPcn, BayesPcnConfig, Gpcn, GpcnConfig};
pub use encoded::EncodedMemory;
pub use predictive_coding::covariance::{CovariancePcn, CovariancePcnConfig};
pub use predictive_coding::{Pcn, PcnConfig};
pub use variational::VariationalMemory;

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
