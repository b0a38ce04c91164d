//! Any memory of codes, used on data: encode, recall the code, decode.
//!
//! ```text
//! write(x): inner.write(mean of q(z | x))      read(x~): g(inner.read(mean of q(z | x~)))
//! ```
//!
//! This is how the paper runs its trained memory networks on top of the VAE.

mod model;
#[cfg(test)]
mod tests;

pub use model::EncodedMemory;
