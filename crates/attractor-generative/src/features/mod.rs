//! Features in which classes are clusters, and from which images can be drawn: an encoder, a decoder and a
//! classifier that learn together.
//!
//! # Equations
//! ```text
//! z   = standardised(block5(.. block1(x)))       block = convolutions of 3 x 3, each with ReLU and batch
//!                                                normalisation; the maximum of 2 x 2; dropout of channels
//! x^  = sigmoid(conv(grow(grow(relu(V z)))))     grow = transposed convolution to twice the size, ReLU, dropout,
//!                                                batch normalisation
//! p   = softmax(U3 relu(U2 relu(U1 z)))          with dropout
//! loss = mean over rows of  -log p[label] - weight mean over pixels of (x log x^ + (1 - x) log(1 - x^))
//! ```
//! The blocks have 2, 2, 3, 3, 3 convolutions of d/16, d/8, d/4, d/2, d channels for d features (at least 4); images of
//! up to 32 x 32 end as one pixel, of larger ones the last block takes the maximum over all that is left.
//!
//! A memory of features (such as the entropic ones) sees z alone; what it recalls is judged by the class head and
//! shown by the decoder. The layers are those of the program of R. Morales, L. A. Pineda, arXiv 2411.02438. What
//! differs: pixels lie in `[0, 1]` and their error is the cross-entropy with a weight of its own (there the squared error
//! of 0 to 255, which outweighs naming by far, and whose gradient behind a sigmoid vanishes where a pixel is wrong by 1:
//! with it, patches of some classes stayed white for good); z has no trained scale and shift, which the layers behind it
//! begin with anyhow; dropout is a share of the published one, and the number of epochs is given, for trainings of
//! minutes instead of up to 300 epochs with a rule for when to stop.

mod config;
mod host;
mod model;
mod plan;
mod stage;
#[cfg(test)]
mod tests;
mod train;

pub use config::ClassAutoencoderConfig;
pub use model::ClassAutoencoder;
pub use train::Fit;
