//! How a simplified transformer comes to know facts: linear attention over one-hot embeddings, by gradient
//! descent from a small constant.
//!
//! ```text
//! scores = sum_t (x_T^T A x_t) V^T x_t
//! ```
//!
//! With one-hot embeddings and the end token always last, only the row w of A for that token learns, and
//! `scores_a = sum_z c_z w_z V[z, a]` with counts c. Three stages follow one another: the loss stays at
//! `ln(D R)`; then the relation is known and the subject not, so that answers are uniform in the block of the
//! relation (loss `ln D`); then the facts.
//!
//! | part | what it is |
//! | --- | --- |
//! | [`LinearAttention`] | w and V, gradient, diagnostics |
//! | [`Uncollapsed`] | the same with all of A, over sequences of tokens |
//! | [`StageTimes`] | when the stages are predicted to end |
//! | [`descend`] | gradient descent with a measured [`Curve`] |
//!
//! # Source
//! Nichani, Lee, Bietti, ICLR 2025 (arXiv 2412.06538), section 5 and figure 5.

mod curve;
mod model;
mod stages;
#[cfg(test)]
mod tests;
mod uncollapsed;

pub use curve::{Curve, Descent, Point, descend};
pub use model::{Evaluation, LinearAttention};
pub use stages::StageTimes;
pub use uncollapsed::Uncollapsed;
