//! Memories assembled from models, priors and inference.
//!
//! | memory | what it is |
//! | --- | --- |
//! | [`variational`] | generative model x observation model x prior x inference, any of each |
//! | [`encoded`] | any memory of codes behind an encoder and a decoder |
//! | [`signs`] | memories of +1 and -1 behind a threshold |
//!
//! # Speed in debug builds
//! Numerical code without optimisation is tens of times slower. In the `Cargo.toml` of your workspace:
//!
//! ```toml
//! [profile.dev.package."*"]
//! opt-level = 3
//! debug-assertions = false
//! ```

pub mod encoded;
pub mod signs;
pub mod variational;

pub use encoded::EncodedMemory;
pub use variational::VariationalMemory;

#[cfg(test)]
mod testing;
