//! What is believed about the weights.
//!
//! | part | what it is |
//! | --- | --- |
//! | [`matrix_normal`] | the posterior of one layer |
//! | [`factor`] | how the factor of its covariance narrows and widens |
//! | [`particle`] | one hypothesis: a posterior for each layer, and the prior it came from |

mod factor;
mod matrix_normal;
mod particle;

pub use matrix_normal::MatrixNormal;
pub(crate) use matrix_normal::check_strength;
pub(crate) use particle::{Origin, Particle};
