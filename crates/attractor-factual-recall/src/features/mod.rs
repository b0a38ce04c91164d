//! MLP memories of a frozen first layer.
//!
//! | part | what it is |
//! | --- | --- |
//! | [`Nonlinearity`] | Hermite polynomials and the centred rectifier |
//! | [`RandomFeatures`] | `h(e) = sigma(W e)` with frozen directions `W [m, d]` |
//! | [`FeatureMemory`] | `F(e) = V^T h(e)`, `V [m, v]` a Hebbian sum or ridge regression |
//! | [`TangentMemory`] | what is stored is the first layer, at frozen output directions |
//!
//! Both layers learned by gradient are [`crate::trained`]'s.

mod memory;
mod nonlinearity;
mod tangent;
#[cfg(test)]
mod tests;

pub use memory::{FeatureMemory, RandomFeatures};
pub use nonlinearity::Nonlinearity;
pub use tangent::TangentMemory;
