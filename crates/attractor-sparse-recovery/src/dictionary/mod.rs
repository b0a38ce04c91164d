//! Learning sparse constraints: a square dictionary.
//!
//! Any basis `Y [m, n]` of the constraints equals `T B` with `B` the sparse ones and `T` unknown and square, so
//! that `B` is the sparse code of Y's n columns. ER-SpUD finds rows of B one by one as the sparsest vectors
//! of the row space:
//!
//! ```text
//! minimise |w^T Y|_1  subject to  r^T w = 1
//! ```
//!
//! with `r` a column of the whitened Y, or the sum of two; of all solutions the sparsest that are
//! independent are kept. Problems share a projector and run as one batch of
//! [alternating directions](crate::recovery::admm); supports are solved for in double precision.
//!
//! It works for up to about `sqrt(m)` weights per column and needs n of the order of `m log m` columns.
//!
//! # References
//! - D. Spielman, H. Wang, J. Wright, "Exact recovery of sparsely-used dictionaries", COLT 2012.
//! - A. Mazumdar, A. S. Rawat, AAAI 2017, arXiv 1611.09621.

mod learn;
mod seeds;
#[cfg(test)]
mod tests;

pub use learn::{Dictionary, ErSpud, Start, learn, match_rows, rounded_to_integers};
pub use seeds::{SeedSolution, solve_seeds, whiten};
