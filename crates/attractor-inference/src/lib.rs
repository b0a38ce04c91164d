//! Inference algorithms of Attractor: from a cue to a state on which generative model, observation
//! model and memory prior agree.
//!
//! All of them implement [`attractor_core::Inference`], see models and priors only through the
//! traits of `attractor-core`, record their energies, and stop on a criterion
//! ([`attractor_core::Stopping`]). A row that has converged is frozen, so that its result does not
//! depend on the rows beside it.
//!
//! [`build`] makes any of them from a table such as `{ kind = "fixed_point", iterations = 10 }`; to
//! add one, add a folder and a line in `registry.rs`.
//!
//! | algorithm | minimises | needs |
//! | --- | --- | --- |
//! | [`amortised`] | nothing: the encoder's answer | |
//! | [`fixed_point`] | the prior's energy, from the encoder's answer | |
//! | [`gradient`] | observation + prior, through the decoder | |
//! | [`mode_search`] | observation + prior, over the stored codes | |
//! | [`predictive_coding`] | prediction errors of every decoder layer + prior | a layer chain |
//!
//! ```
//! use attractor_core::options::Options;
//! use attractor_inference::build;
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let table: Options = "kind = 'gradient'\niterations = 20".parse()?;
//!     assert_eq!(build(&table)?.name(), "gradient");
//!
//!     let misspelt: Options = "kind = 'gradint'".parse()?;
//!     assert!(build(&misspelt).unwrap_err().to_string().contains("gradient"));
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

pub mod amortised;
mod driver;
pub mod fixed_point;
pub mod gradient;
pub mod mode_search;
pub mod predictive_coding;
mod registry;

pub use amortised::Amortised;
pub use fixed_point::{FixedPoint, FixedPointConfig};
pub use gradient::{Gradient, GradientConfig, Rule, Scaling};
pub use mode_search::ModeSearch;
pub use predictive_coding::{PredictiveCoding, PredictiveCodingConfig};
pub use registry::{INFERENCES, InferenceEntry, add_loaders, build};

#[cfg(test)]
mod testing;
