//! Dense associative memory as a classifier: a rectified polynomial network with learned memories.
//!
//! # Equations
//! K memories have a part for the N entries of an image and one for the C class units. An image v
//! (entries in [-1, 1]) is shown with all class units at -1, and then with class unit a at +1; the
//! answer is by how much that lowers the energy:
//!
//! ```text
//! h_k  = x_k.v - sum_c y_kc                 h_ka = h_k + 2 y_ka
//! c_a  = tanh( sum_k max(h_ka / T, 0)^n - max(h_k / T, 0)^n )
//! loss = sum_a (t_a - c_a)^(2 m),           t_a = 1 for the right class, -1 for the others
//! ```
//!
//! This is one asynchronous update of the class units of a [`crate::dense_hopfield`] network whose
//! patterns are learned instead of stored, with the sign softened to tanh. A small n spreads an image
//! over many memories, which become features; a large n gives it to the nearest, which become
//! prototypes.
//!
//! # Learning
//! Descent with momentum p, in which each memory moves by a fixed amount, whatever its gradient:
//!
//! ```text
//! G_k <- p G_k - gradient_k       x_k <- clip( x_k + rate G_k / max |G_k|, -1, 1 )
//! ```
//!
//! Gradients are in closed form: with `r_ka = n (h_ka / T)^(n-1) / T` and `g_a` the slope of the loss
//! behind tanh, the image part of the gradient is `sum_a g_a (r_ka - r_k) v`, so that a batch costs two
//! matrix products however many classes there are. All in f64: `(t - c)^(2 m)` leaves f32 at once.
//!
//! # Complexity
//! `4 K N b` operations per step of b images and `K C b` powers.
//!
//! # References
//! - D. Krotov, J. Hopfield, "Dense associative memory for pattern recognition", NeurIPS 2016
//!   (arXiv 1606.01164), section 4; settings as in the authors' notebook for MNIST.

mod config;
mod gradient;
mod model;
#[cfg(test)]
mod tests;
mod train;

pub use config::{DenseClassifierConfig, DenseTrainingConfig};
pub use model::DenseClassifier;
pub use train::{DenseProgress, evaluate};
