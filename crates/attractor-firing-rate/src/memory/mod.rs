//! The memory on tensors.

mod capabilities;
mod coupling;
mod model;
mod persist;
mod relax;

pub use model::FiringRate;
