//! How much a memory holds: recall against load, for every discrete and continuous model.
//!
//! # What is measured
//! A memory of D entries holds K random patterns of +1 and -1 and is read from some of them, with a
//! share rho of their entries flipped. With `s` the recalled state by its signs and x the pattern:
//!
//! ```text
//! overlap   m = x.s / D          bit error  (1 - m) / 2
//! recalled  m >= a limit         exact      m = 1
//! load      K / D                capacity   the load at which the share recalled falls through 1/2
//! ```
//!
//! [`sweep`] takes models as recipes of the [`catalogue`](attractor::catalogue), so that all of them run
//! through the same patterns, cues and measures, and a prior added tomorrow does too. [`family()`]
//! lists the dense-memory family with settings for signs; [`laws`] are the published capacities to
//! draw beside it. Nothing here prints; [`sweep`] reports each point to a closure.
//!
//! ```
//! use attractor_experiments::capacity::sweep::{self, SweepConfig};
//! use attractor::prelude::*;
//! use std::ops::ControlFlow;
//!
//! # fn main() -> Result<(), attractor::core::Error> {
//! let protocol = SweepConfig { dim: 64, counts: vec![2, 32], cues: 20, ..SweepConfig::default() };
//! let models = sweep::family(protocol.dim);
//! let hebb: Vec<_> = models.into_iter().filter(|model| model.name == "hebb").collect();
//! let mut heard = 0;
//! let points = sweep::sweep(&hebb, &protocol, &Backend::Flex.open()?, &mut |_| {
//!     heard += 1;
//!     ControlFlow::Continue(())
//! })?;
//! assert_eq!(heard, points.len());
//! let curve = sweep::curve(&points, "hebb", |point| point.recalled);
//! assert!(curve[0].mean > 0.9 && curve[1].mean < 0.5);
//! # Ok(())
//! # }
//! ```
//!
//! # Complexity
//! Memories fill up from one count to the next, so that a sweep costs the writes of its largest
//! count, and a read of at most `cues` rows for each count.

mod config;
mod curve;
mod family;
mod growth;
pub mod laws;
mod measure;
#[cfg(test)]
mod tests;

pub use config::SweepConfig;
pub use curve::{Mean, crossing, curve, power};
pub use family::{Model, family};
pub use growth::growth;
pub use measure::{Point, cues, patterns, sweep};
