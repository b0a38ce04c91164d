//! The layers.

mod fused;
mod hopfield;
mod lookup;
mod masks;
mod parameters;
mod pooling;
mod project;
mod spaces;

pub use hopfield::Hopfield;
pub use lookup::Lookup;
pub use masks::Masks;
pub(crate) use masks::{Mask, Shape};
pub use parameters::{Affine, AssociationCore, OutputProjection};
pub use pooling::Pooling;

use burn::tensor::Tensor;

use crate::read::Report;

/// What a call asks for beside the output.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Which stored patterns are open to which states.
    pub masks: Masks,
    /// Drops entries of the final association at the rate of the configuration, chosen by this seed: the same seed
    /// drops the same entries. Nothing is dropped without it.
    pub dropout_seed: Option<u64>,
    /// Energies and changes of every step, at the price of more passes.
    pub record: bool,
}

impl From<Masks> for Options {
    fn from(masks: Masks) -> Self {
        Self {
            masks,
            ..Self::default()
        }
    }
}

/// What came of a call.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Answer<const D: usize> {
    /// The output.
    pub output: Tensor<D>,
    /// Steps, outcomes and energies.
    pub report: Report,
}
