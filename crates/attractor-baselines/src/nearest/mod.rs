//! The nearest stored pattern.
//!
//! # Equations
//! For a cue x and stored patterns m_1 .. m_n, the answer is m_k with the smallest distance, of
//! equally near ones the first written:
//!
//! ```text
//! euclidean   sqrt( sum_p (x_p - m_p)^2 )
//! manhattan   sum_p |x_p - m_p|
//! cosine      1 - x.m / (|x| |m|), and 1 if either is zero
//! ```
//!
//! With a mask of known entries ([`attractor_core::Complete`]) all sums run over those alone. A cue
//! of which nothing is known is as near to every pattern: it is answered with the first one and the
//! outcome `Rejected`.
//!
//! The Euclidean distance is the limit of the Gaussian mixture's read for sigma to 0; the absolute
//! differences of `manhattan` weigh a few large errors, such as an occlusion, far less.
//!
//! # Complexity
//! Read: `3 b n D` operations, in O(b (block + D)) memory; Euclidean reads without a mask go through
//! the streaming read as a matrix product, everything else is scanned on the host by all cores.
//!
//! # References
//! - T. Cover, P. Hart, "Nearest neighbor pattern classification", IEEE Transactions on Information
//!   Theory 13(1), 1967.

mod config;
mod distance;
mod model;
mod scan;
#[cfg(test)]
mod tests;

pub use config::{Distance, NearestConfig};
pub(crate) use scan::{nearest_few, ranked};

pub use model::{Nearest, Neighbour};
