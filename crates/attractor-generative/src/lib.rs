//! Generative models of Attractor: convolutional variational autoencoders as chains of layers.
//!
//! | part | what it is |
//! | --- | --- |
//! | [`vae`] | what a trainable autoencoder offers; those of Annabi, Pitti and Quoy (2022) as checked configurations, from which a Burn module is made, with safetensors in PyTorch's layout |
//! | [`FrozenVae`] | the inference form: implements [`attractor_core::GenerativeModel`] without any autodiff graph |
//! | [`mod@monet`] | the autoencoder that takes scenes apart into objects, with a trainer of its own |
//! | [`features`] | an encoder, a decoder and a classifier that learn together, for memories of features |
//! | [`train`] | one trainer for both, variational or as a plain (denoising) autoencoder, with checkpoints at epoch boundaries |
//! | [`host`] | training steps on the CPU, several times faster than automatic differentiation |
//! | [`layers`] | affine layers with adjoints, the links of a frozen encoder or decoder |
//! | [`nn`] | the trainable layers, initialised as PyTorch does from host random streams |
//!
//! Data and codes are rows: images `[n, channels * height * width]`, channel-major, in `[0, 1]`.
//!
//! ```
//! use attractor_core::{Backend, GenerativeModel, rng};
//! use attractor_generative::{CifarVaeConfig, Vae};
//!
//! fn main() -> attractor_core::Result<()> {
//!     let device = Backend::Flex.open()?;
//!     let model = CifarVaeConfig { features: 4, code: 8 }.init(0, &device)?.freeze()?;
//!     let images = rng::uniform::<2>(&mut rng::stream(0, "images"), [5, 3072], 0.0, 1.0, &device);
//!     let codes = model.encode(images).mean;
//!     assert_eq!(codes.dims(), [5, 8]);
//!     assert_eq!(model.decode(codes).dims(), [5, 3072]);
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

pub mod features;
pub mod host;
pub mod layers;
pub mod monet;
pub mod nn;
#[cfg(test)]
mod testing;
pub mod train;
pub mod vae;

pub use features::{ClassAutoencoder, ClassAutoencoderConfig};
pub use monet::{FrozenMonet, Monet, MonetConfig, MonetTrainer, MonetTrainerConfig};
pub use train::{
    AdamConfig, Batch, Batches, Engine, EpochReport, FromFn, Objective, Progress, Trainer,
    TrainerConfig,
};
pub use vae::{CifarVae, CifarVaeConfig, FrozenVae, MnistVae, MnistVaeConfig, Vae};

/// Adds what makes every frozen model again from a file, and the layers of which they are made.
pub fn add_loaders(loaders: &mut attractor_core::file::Loaders) {
    loaders
        .add_model::<FrozenVae>()
        .add_model::<FrozenMonet>()
        .add_layer::<layers::Linear>()
        .add_layer::<layers::Conv2d>()
        .add_layer::<layers::UpsampleConv2d>()
        .add_layer::<layers::BroadcastConv2d>();
}

/// The snippets of the documentation pages, compiled and run as tests.
#[cfg(doctest)]
mod pages {
    #[doc = include_str!("../../../docs/systems/monet.md")]
    struct Monet;
}
