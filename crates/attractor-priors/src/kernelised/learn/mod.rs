//! Learning the map W.

mod config;
mod descent;
mod exp;
pub(super) mod loss;
mod span;
mod step;

pub use config::{Coordinates, Optimiser, SeparationConfig, SeparationLoss, Start};
pub use descent::{FitReport, learn};
