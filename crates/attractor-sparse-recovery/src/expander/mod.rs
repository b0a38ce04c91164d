//! Sparse constraints as a bipartite graph, and decoding on it.
//!
//! Entries are message nodes, constraints are check nodes, and a weight `B_ij` that is not 0 is an edge. A
//! residual `s = B e` of few wrong entries leaves most checks of a wrong entry to it alone: these agree on
//! its error, `s_i / B_ij`. Per node, ratios of unsatisfied checks are sorted and grouped where they are
//! equal within a relative 1e-7; `g` is the size of the largest group.
//!
//! | rule | an entry is corrected if | weights |
//! | --- | --- | --- |
//! | [`Rule::Majority`] | `g > d/2` of its `d` checks agree | any |
//! | [`Rule::TwoAgree`] | `g >= 2` | real numbers in general position, where checks agree by chance with probability 0; never signs |
//!
//! Each majority update lowers the number of unsatisfied checks; on a graph that expands by more than 3/4
//! errors of k entries are gone after at most 2k of them. It costs `O(edges)` per round.
//!
//! # References
//! - S. Jafarpour, W. Xu, B. Hassibi, R. Calderbank, "Efficient and robust compressed sensing using optimized
//!   expander graphs", IEEE Trans. Information Theory 55(9), 2009.
//! - A. Mazumdar, A. S. Rawat, "Associative memory using dictionary learning and expander decoding", AAAI 2017,
//!   arXiv 1611.09621.

mod decode;
mod graph;
#[cfg(test)]
mod tests;

pub use decode::{Decoded, Decoder, Order, Rule, Step};
pub use graph::Constraints;
