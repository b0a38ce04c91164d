//! What is done to a layer's values before they predict the layer below.
//!
//! [`functions`] has the activation functions and the derivative of each, [`gelu`] the loops of one of them.

mod functions;
mod gelu;

pub use functions::Activation;
