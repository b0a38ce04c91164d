//! The streaming softmax read and pairwise distances.
//!
//! Every memory that answers with a softmax-weighted mean of stored patterns reads through
//! [`read`]: for cues u and patterns m_k with scores s_k(u),
//!
//! ```text
//! w_k = exp(s_k) / sum_j exp(s_j)      answer = sum_k w_k v_k      log Z = log sum_k exp(s_k)
//! ```
//!
//! with v_k = m_k unless separate values are given. Patterns are visited in blocks with a running
//! maximum (online softmax), so that peak memory is O(b (block + d)) beyond the store itself and
//! `[b, n, d]` never exists. The state of such a pass is a [`Partial`]: partials of disjoint shards
//! merge into the partial of their union, on one machine or many.
//!
//! On CPU backends the read runs in a hand-written kernel ([`mod@host`]); on devices it is composed of tensor
//! operations over the store's blocks. Where gradients are tracked it is one node of the graph, whose backward pass
//! visits the blocks again. [`top()`] is the pass that keeps the best patterns instead of their mean.
//!
//! # Accuracy
//! Squared distances expand into a matrix product, which cancels badly when the variance is small
//! against the squared norms. Where the rounding error of a row's scores could exceed
//! `REFINE_ABOVE`, those that matter (near the row's maximum) are computed again directly
//! from the differences, and scores of squared distances are clamped at 0.
//!
//! # Range
//! What a row is answered depends on that row and the store alone, at any magnitude. The kernel and
//! the tensors work in single precision as long as it holds every score; rows that leave its range,
//! because squared norms overflow or a temperature is extreme, are read in `f64` in host memory, and
//! so are rows whose best scores are so large that rounding could decide between patterns. Scores
//! beyond 1e38 either way are given as that. On devices, where cues stay there, a row that leaves the
//! range is NaN, which inference calls diverged.

mod device;
mod distance;
mod exact;
pub(crate) mod host;
mod learn;
mod on_device;
mod on_host;
mod partial;
mod read;
mod score;
mod similarity;
mod store;
mod top;

pub use distance::{nearest, squared_distances};
pub use exact::dot;
pub use host::{PackedMatrix, WaveSums, Waves, squared_distance};
pub use learn::{LearnedScore, read_learned};
pub use partial::Partial;
pub use read::{read, read_by, read_with_values};
pub use score::Score;
pub use similarity::{Measure, Similarity};
pub use store::{PatternIds, PatternStore, Precision, Tags};
pub use top::{Ranked, TopK, top, top_by};

#[cfg(test)]
mod precision_tests;
#[cfg(test)]
mod range_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod top_tests;
