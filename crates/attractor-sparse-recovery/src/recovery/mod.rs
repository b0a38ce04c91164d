//! Finding the sparse error of a word: `y = x + e` with `x` in the [subspace](crate::subspace) and few entries
//! of `e` not 0. The syndrome `s = Q y = Q e` no longer knows `x`.
//!
//! | solver | what it is |
//! | --- | --- |
//! | [`admm`] | basis pursuit `min \|e\|_1 s.t. Q e = s` by the alternating direction method; with noise `\|Q e - s\| <= eta` |
//! | [`linear`] | the same as a linear program, by an interior-point method |
//! | [`bregman`] | the same by Bregman iteration, and its linearised form |
//! | [`irls`] | the same as least absolute deviations, by reweighted least squares |
//! | [`thresholding`] | iterative hard thresholding and hard thresholding pursuit: the number of errors is known or swept |
//! | [`amp`] | approximate message passing |
//!
//! Each proposes an error. [`polish`] solves for its entries on its support in double precision and looks for a
//! certificate; what comes out is a [`Status`], which never says more than was verified.
//!
//! ```
//! use attractor_sparse_recovery::ensembles::{self, Errors, Ensemble};
//! use attractor_sparse_recovery::recovery::{Settings, Solver, Status, recover};
//!
//! let subspace = ensembles::subspace(Ensemble::Gaussian, 60, 20, 1)?;
//! let word = ensembles::word(&subspace, 6, Errors::Gaussian, 1)?;
//! let cues = attractor_sparse_recovery::linalg::columns(60, &[word.cue.clone()])?;
//! let found = recover(&subspace, &cues, &Solver::default(), &Settings::default())?;
//! assert_eq!(found[0].status, Status::Exact);
//! assert!(found[0].error.iter().zip(&word.error).all(|(a, b)| (a - b).abs() < 1e-9));
//! # Ok::<(), attractor_core::Error>(())
//! ```

pub mod admm;
pub mod amp;
pub mod bregman;
mod decode;
pub mod irls;
pub mod linear;
pub mod polish;
mod position;
mod projector;
pub mod real;
mod settings;
mod status;
#[cfg(test)]
mod tests;
pub mod thresholding;

pub use decode::{recover, recover_from};
pub use settings::{Settings, Solver};
pub use status::{Found, Status};
