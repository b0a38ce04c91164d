//! The constraints that all stored patterns fulfil: the null space of what was shown.
//!
//! Patterns `x` of `n` entries span an affine subspace of dimension `r`; with an orthonormal basis `A [n, r]` of
//! it and one `Q [m, n]`, `m = n - r`, of its complement, `Q (x - mean) = 0` holds for every stored pattern,
//! and for every other point of the subspace too: which of them were patterns is not kept.
//!
//! | part | what it is |
//! | --- | --- |
//! | [`Subspace`] | both bases, the spectrum, recuts, single additions, unions of spans |
//! | [`RankRule`] | where the spectrum ends |
//! | [`Evidence`] | whether the samples settle that |
//! | [`Factor`] | what is kept of any number of patterns: a triangle of `n + 1` columns |
//! | [`MinorSubspace`] | a rule that learns `Q` from one pattern at a time, by messages along the edges of a network |
//!
//! # References
//! - A. Mazumdar, A. S. Rawat, "Associative memory via a sparse recovery model", NeurIPS 2015.
//! - E. Oja, "Principal components, minor components, and linear neural networks", Neural Networks 5(6),
//!   1992.

mod basis;
mod evidence;
mod factor;
mod rank;
mod stream;
#[cfg(test)]
mod tests;

pub use basis::Subspace;
pub use evidence::Evidence;
pub use factor::Factor;
pub use rank::RankRule;
pub use stream::MinorSubspace;
