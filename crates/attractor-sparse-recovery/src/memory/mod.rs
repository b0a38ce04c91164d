//! The memory of one subspace.
//!
//! # Equations
//! Patterns `x` written so far span a subspace (around their mean if `centred`) with orthonormal constraints `Q`:
//! `Q (x - mean) = 0`. A cue `y` is answered by
//!
//! ```text
//! s = Q (y - mean)                       syndrome
//! e = argmin |e|_1  s.t.  Q e = s        (|Q e - s| <= noise, if there is some)
//! answer = y - e
//! ```
//!
//! or, with `sparse` constraints `B` learned from Q, by decoding on the graph of B first. Only constraints are
//! kept: which points of the subspace were patterns is not, so that a cue may be corrected to a point that was
//! never written.
//!
//! # Outcomes
//! | [`Status`](crate::recovery::Status) | outcome |
//! | --- | --- |
//! | `Stored`, `Interpolated` | `SinglePass` |
//! | `Exact`, `Consistent`, `WithinNoise` | `Converged` |
//! | `L1Optimal`: the smallest sum of absolute values, but too many errors to be a claim | `Rejected` |
//! | `Underdetermined`: too few known entries, or patterns that span everything | `Underdetermined` |
//! | `Unsettled`: the patterns do not settle the constraints ([`Evidence`](crate::subspace::Evidence)) | `Underdetermined` |
//! | `Unverified` | `MaxSteps` |
//!
//! # Complexity
//! Write: `O(n^3)` for patterns of n entries, whatever their number; the memory is `2 n^2` numbers of double
//! precision. Read: `2 n min(m, r)` multiplications per cue and iteration. Patterns of more than some
//! thousand entries belong behind a model or in patches.

mod config;
mod model;
mod persist;
#[cfg(test)]
mod tests;
mod traits;

pub use config::SparseRecoveryConfig;
pub(crate) use model::{Answers, host_columns};
pub use model::{Recognition, SparseRecovery};
