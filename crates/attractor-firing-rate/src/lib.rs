//! Firing-rate networks as associative memories.
//!
//! Units have rates between 0 and 1. Patterns of active and silent units become stable equilibria of
//!
//! ```text
//! tau dx/dt = -x + Phi(W x + u)
//! ```
//!
//! by a closed form for W, with a pattern-specific term and a homogeneous one that excites or inhibits
//! ([`Gains`]). What is stored of a pattern is its re-scaled copy `Phi(I0) + (Phi(I1) - Phi(I0)) xi`, for two
//! input currents that are chosen ([`Currents`]).
//!
//! | part | what it is |
//! | --- | --- |
//! | [`FiringRate`] | the memory: patterns in, rates and bits out, on any backend |
//! | [`StabilityReport`] | of everything stored: errors, spectral abscissae, certificates, warnings |
//! | [`Network`] | the same equations in double precision: trajectories, energy, weights |
//! | [`phase_map`] | stability over slopes and thresholds of Phi |
//! | [`sets`] | independent, fixed-count, ideal and correlated patterns; damaged cues |
//!
//! ```
//! use attractor_core::{AssociativeMemory, Backend, Outcome, check};
//! use attractor_firing_rate::{FiringRateConfig, sets};
//!
//! # fn main() -> attractor_core::Result<()> {
//! let (device, dim) = (Backend::Flex.open()?, 500);
//! let patterns = sets::bernoulli(7, dim, 0.2, 1)?;
//! let mut memory = FiringRateConfig::new(dim).init(&device)?;
//! let report = memory.store(check::from_host("patterns", patterns.clone(), dim, &device)?)?;
//! assert!(report.worst_abscissa() < 0.0);
//! // Two active units of five are lost, and come back.
//! let cues = sets::silenced(&patterns, dim, 0.6, 2)?;
//! let recall = memory.read(check::from_host("cues", cues, dim, &device)?)?;
//! assert_eq!(check::to_host(recall.data())?, patterns);
//! assert!(recall.outcomes.iter().all(|outcome| *outcome == Outcome::Converged));
//! # Ok(())
//! # }
//! ```
//!
//! # Complexity
//! W is never formed: P patterns of N bits and a few numbers are kept. A step of the dynamics costs `4 N P`
//! operations a cue; designing costs `O(N P^2 / 64)`, exact storage `O(P^3)` besides, a report
//! `O(P (N P^2 / 64 + P^3))`.
//!
//! # References
//! - S. Betteti, G. Baggio, F. Bullo, S. Zampieri, "Firing rate models as associative memory: Synaptic
//!   design for robust retrieval", Neural Computation 37(10):1807-1838, 2025 (arXiv 2411.07388).
//!
//! # Speed in debug builds
//! Numerical code without optimisation is tens of times slower. In the `Cargo.toml` of your workspace:
//!
//! ```toml
//! [profile.dev.package."*"]
//! opt-level = 3
//! debug-assertions = false
//! ```

pub mod activation;
mod bits;
mod certificates;
mod config;
mod design;
mod matrix;
mod memory;
pub mod network;
mod patterns;
mod phase;
pub mod registry;
mod report;
pub mod sets;
mod statistics;

pub use activation::{Activation, Shape};
pub use certificates::Certificates;
pub use config::{Design, Dynamics, FiringRateConfig, Guarantee};
pub use design::{Currents, Gains, Levels};
pub use memory::FiringRate;
pub use network::{Integrator, Network, Synapses, Trajectory};
pub use patterns::Patterns;
pub use phase::{PhaseCell, phase_map};
pub use registry::{MEMORIES, add_loaders};
pub use report::{MemoryReport, StabilityReport, Warning};
pub use statistics::Statistics;

#[cfg(test)]
mod tests;

/// The snippets of the documentation page, compiled and run as tests.
#[cfg(doctest)]
mod pages {
    #[doc = include_str!("../../../docs/systems/firing-rate.md")]
    struct FiringRate;
}
