//! The hetero-associative entropic memory: pairs of objects superposed in one table of four dimensions.
//!
//! # Equations
//! Left objects a have n columns of m levels, right objects b have p columns of q levels. The relation
//! R `[n, p, m, q]` counts how often level k of left column i met level l of right column j:
//!
//! ```text
//! register    R[i, j, a_i, b_j] += w_ij, up to the saturation;  w_ij = floor(sqrt(u_i v_j)), u = v = 1
//! blocks      S_ij, c_ij: sum and number of the active cells of block (i, j);  mu = mean_ij S_ij / max(c_ij, 1)
//! relation    R^iota = R where R >= iota S_ij / c_ij, else 0
//! recognise   #{(i, j): w_ij > 0, R^iota[i, j, a_i, b_j] = 0} <= xi,
//!             kappa mu sum w <= sum w R[i, j, a_i, b_j],   sum w > 0
//! plane       P[j, l] = sum_i w_i R^iota[i, j, a_i, l] where every term of a defined a_i has R^iota > 0,
//!             else 0;  w of mean 1
//! recall      the cue is recognised if no column of its plane is empty
//! entropy     H = mean_ij -sum p log2 p over the m q cells of block (i, j)
//! ```
//!
//! A cue of one side selects a *memory plane* over the other side, in which the partner of every stored cue
//! lies, among many other functions. There is no cue on that side: which function is meant is the problem of the
//! missing cue. Its three answers ([`Method`]), each built on the one before:
//!
//! - *random*: one draw from the plane, column by column;
//! - *sample and test*: of 1 + S different draws b, the one whose own plane, back on the side of the cue, lies
//!   closest to the cue: D(a, b) = mean_i sum_k (k - a_i)^2 B[i, k] / sum_k B[i, k], in squared levels;
//! - *search and test*: from there by changes of one column by one level, each to a smaller D, until there is
//!   none.
//!
//! Search minimises the distance back, which is not the error to the true partner.
//!
//! # Beside the published program
//! Counters saturate however large the weight; a cue without weights is rejected rather than NaN; a weight of
//! 0 leaves a column out of the sum, whichever it is; undefined values do not count in thresholds;
//! `kappa mu = rho` is compared without rounding in between; a candidate outside the plane is infinitely
//! far ([`EmptyBack`]); sampling ends when the plane holds no further function.
//!
//! # Cost
//! Two layouts of `n p m q` counters of 16 bits, and a bit for each: 4.3 MiB at 64, 64, 16, 16, whatever is
//! registered. Registration and recognition O(n p), a plane O(n p q), a candidate O(n p m), a neighbour of the
//! search O(n m). If iota is not 0, the bits are computed anew after a registration, O(n p m q).
//!
//! # References
//! R. Morales, L. A. Pineda, "Entropic hetero-associative memory", arXiv 2411.02438, 2024.

mod back;
mod config;
mod cue_recall;
mod file;
mod gates;
mod memory;
mod memory_config;
mod plane;
mod recognise;
mod relation;
mod search;
mod statistics;
mod sums;
mod table;
#[cfg(test)]
mod tests;

pub use back::EmptyBack;
pub use config::{Method, RelationConfig, SearchConfig, Side};
pub use memory::HeteroMemory;
pub use memory_config::HeteroConfig;
pub use plane::Plane;
pub use relation::Relation;
pub use search::Response;
