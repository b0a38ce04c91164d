//! The network: weights, what they predict, and its energy around given data.
//!
//! | part | what it is |
//! | --- | --- |
//! | [`parameters`] | everything that is learned |
//! | [`structure`] | configuration and weights, read together |
//! | [`drawn`] | weights before anything is learned |
//! | [`links`] | layers as predictive coding over a stack sees them |
//! | [`body`] | the energy around given data |
//! | [`host`] | its steps in host memory, with packed weights |
//! | [`probes`] | the norm that bounds a step |

mod body;
mod drawn;
mod host;
mod links;
mod parameters;
mod probes;
mod structure;

pub(crate) use body::Body;
pub(crate) use links::{Gram, Sensory};
pub use parameters::{PcnLayer, PcnParameters};
pub(crate) use probes::Probes;
pub(crate) use structure::{Network, off_diagonal};
