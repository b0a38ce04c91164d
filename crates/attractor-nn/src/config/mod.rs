//! What a layer is made of.

mod hopfield;
mod options;
mod others;
mod sizes;

pub use hopfield::HopfieldConfig;
pub use options::{Activation, Grad, PerHead, Separation, Stop};
pub use others::{LookupConfig, PoolingConfig};
pub(crate) use sizes::{Limit, Sizes};
