//! Trainable Hopfield layers as modules of Burn: association, pooling and lookup.
//!
//! | part | what it is |
//! | --- | --- |
//! | [`Hopfield`] | states read stored patterns and their values |
//! | [`Pooling`] | trained states read each set |
//! | [`Lookup`] | states read a trained table |
//! | [`HopfieldConfig`], [`PoolingConfig`], [`LookupConfig`] | what they are made of, with the names of the published layers |
//! | [`Masks`], [`Options`], [`Report`] | what a call asks for, and what came of it |
//! | [`Layer`] | weights in PyTorch's names and layout, checkpoints |
//! | [`LayerMemory`] | a layer as an associative memory |
//!
//! ```
//! use attractor_core::Backend;
//! use attractor_core::burn::tensor::Tensor;
//! use attractor_nn::{HopfieldConfig, Masks, PoolingConfig};
//!
//! # fn main() -> Result<(), attractor_core::Error> {
//! let device = Backend::available()[0].open()?;
//! let config = HopfieldConfig::new(8).with_num_heads(2).with_update_steps_max(Some(3).into());
//! let pooling = PoolingConfig::new(config).init(&device)?;
//! // Five sets of up to ten vectors.
//! let sets = Tensor::<3>::ones([5, 10, 8], &device);
//! let masks = Masks::none().lengths(&[10, 3, 1, 7, 0]);
//! assert_eq!(pooling.forward(sets, &masks)?.dims(), [5, 8]);
//! # Ok(())
//! # }
//! ```
//!
//! # Reference
//! H. Ramsauer et al., *Hopfield Networks is All You Need*, ICLR 2021, arXiv:2008.02217.
//!
//! # Speed in debug builds
//! Numerical code without optimisation is tens of times slower. In the `Cargo.toml` of your workspace:
//!
//! ```toml
//! [profile.dev.package."*"]
//! opt-level = 3
//! debug-assertions = false
//! ```

mod checkpoint;
mod config;
mod energy;
mod host;
mod layer;
mod memory;
mod persist;
mod precision;
mod read;
#[cfg(test)]
mod tests;

pub use checkpoint::Layer;
pub use config::{
    Activation, Grad, HopfieldConfig, LookupConfig, PerHead, PoolingConfig, Separation, Stop,
};
pub use layer::{
    Affine, Answer, AssociationCore, Hopfield, Lookup, Masks, Options, OutputProjection, Pooling,
};
pub use memory::{Decode, LayerMemory};
pub use persist::add_loaders;
pub use precision::in_precision;
pub use read::{Report, Solve};

/// The snippets of the documentation page, compiled and run as tests.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/systems/hopfield-layers.md")]
struct Page;
