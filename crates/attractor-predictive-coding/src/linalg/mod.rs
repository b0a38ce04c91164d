//! Row-major matrices in two precisions, and the few products that inference needs.
//!
//! | part | what it is |
//! | --- | --- |
//! | [`real`] | `f32` or `f64` |
//! | [`mat`] | matrices |
//! | [`vectors`] | inner products and sums |
//! | [`solve`] | symmetric positive definite systems |
//! | [`row_products`] | a few rows at a time, in vector instructions |
//! | [`panels`] | many products at once, cut into panels for several threads |
//! | [`sweep`] | both products with a row in one pass over a matrix |
//!
//! It knows nothing of networks.

mod mat;
mod panels;
mod real;
mod row_products;
mod solve;
mod sweep;
mod vectors;

pub(crate) use attractor_core::math::log_sum_exp;
pub(crate) use mat::Mat;
pub(crate) use panels::{Factor, Panels};
pub(crate) use real::Real;
pub(crate) use solve::{cholesky, inverse_spd, solve_spd};
pub(crate) use sweep::Sweeps;
pub(crate) use vectors::{axpy, dot, wide_dot};
