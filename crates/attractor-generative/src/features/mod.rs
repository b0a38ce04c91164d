//! Features in which classes are clusters, and from which images can be drawn: an encoder, a decoder and a
//! classifier that learn together.
//!
//! # Equations
//! ```text
//! h   = relu(W2 relu(W1 x)),   z = norm(W3 h)          features: mean 0 and variance 1 over the entries
//! x^  = sigmoid(V3 relu(V2 relu(V1 z)))                image
//! p   = softmax(U2 relu(U1 z))                         class
//! loss = mean over rows of  -log p[label] + weight |x - x^|^2 / pixels
//! ```
//!
//! A memory of features (such as the entropic ones) sees z alone; what it recalls is judged by the class head and
//! shown by the decoder. The loss is that of R. Morales, L. A. Pineda, arXiv 2411.02438, with a weight, on pixels in
//! `[0, 1]`; the layers are fully connected, where theirs are convolutions, so that an epoch of ten thousand digits
//! takes seconds on one core.

mod config;
mod model;
#[cfg(test)]
mod tests;

pub use config::ClassAutoencoderConfig;
pub use model::{ClassAutoencoder, Fit};
