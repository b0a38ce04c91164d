//! The memory of +1 and -1 in a hypercube network. See the [`crate`] and [`crate::cube`].

mod config;
mod model;
mod persist;
#[cfg(test)]
mod tests;

pub use config::{Certify, SpikingMemoryConfig};
pub use model::SpikingMemory;
