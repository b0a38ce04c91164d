//! The linear memory `F(e) = W e`.
//!
//! | part | what it is |
//! | --- | --- |
//! | [`Linear`] | `W [v, d]`: Hebbian sum, class-balanced sum, ridge regression |
//! | [`LowRank`] | `W = B A`, `A [r, d]`, `B [v, r]`: what the value matrices of an attention head hold |
//!
//! Training by gradient is [`crate::trained`]'s.

mod low_rank;
mod model;
#[cfg(test)]
mod tests;

pub(crate) use low_rank::dual_basis;
pub use low_rank::{Basis, LowRank};
pub use model::Linear;
pub(crate) use model::ridge;
