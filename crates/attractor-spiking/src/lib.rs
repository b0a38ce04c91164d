//! Associative memory in spiking networks: overlapping patterns on the vertices of a hypercubic manifold.
//!
//! W. Podlaski and C. Machens (NeurReps 2024, arXiv 2411.17485) store overlapping patterns in networks of leaky
//! integrate-and-fire neurons that only inhibit each other: activity moves along the boundary of a convex
//! region, and the vertices of a hypercubic one are the memories of a Hopfield network.
//!
//! **This is a reconstruction.** The framework ([`network`]) follows the authors' published work on low-rank spiking
//! networks (Neural Computation 36, 2024). How the hypercube is built, which rules fill it and how cues are
//! given ([`cube`], [`rules`]) is derived here from what the abstract states; the paper's own choices may differ, and
//! no number here is a number of the paper.
//!
//! | part | what it is |
//! | --- | --- |
//! | [`network`] | networks of any weights, dense or low-rank: the exact event-driven engine, the clock-driven rules, stable faces, end states without spikes |
//! | [`cube`] | the hypercube: weights, O(K) engine, certificates V1 to V3, recall |
//! | [`rules`] | Hebb, pseudo-inverse, perceptron, gradient: incremental, and backwards |
//! | [`SpikingMemory`] | the memory behind the common interface |
//!
//! Computation is in `f64` on the host, cues in parallel; results do not depend on the number of threads.
//!
//! ```
//! use attractor_core::{AssociativeMemory, Backend, rng};
//! use attractor_spiking::{LearningRule, SpikingMemoryConfig};
//!
//! fn main() -> attractor_core::Result<()> {
//!     let device = Backend::Flex.open()?;
//!     let patterns = rng::normal(&mut rng::stream(0, "example"), [10, 100], &device).sign();
//!     let rule = LearningRule::PseudoInverse { keep_diagonal: false };
//!     let mut memory = SpikingMemoryConfig::with_rule(100, rule).init(&device)?;
//!     memory.write(patterns.clone())?;
//!
//!     // The first ten units of every pattern, turned round.
//!     let turned = patterns.clone().narrow(1, 0, 10).neg();
//!     let recall = memory.read(patterns.clone().slice_assign([0..10, 0..10], turned))?;
//!     assert_eq!((recall.state - patterns).abs().max().into_scalar::<f32>(), 0.0);
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

pub mod algebra;
pub mod cube;
pub mod memory;
pub mod network;
pub mod registry;
pub mod rules;

#[cfg(test)]
mod tests;

pub use cube::{Certificate, CubeNetwork, CubeRecall, CubeRun, Schedule};
pub use memory::{Certify, SpikingMemory, SpikingMemoryConfig};
pub use network::Network;
pub use registry::{MEMORIES, add_loaders};
pub use rules::LearningRule;

/// The snippets of the documentation page, compiled and run as tests.
#[cfg(doctest)]
mod pages {
    #[doc = include_str!("../../../docs/systems/spiking.md")]
    struct Spiking;
}
