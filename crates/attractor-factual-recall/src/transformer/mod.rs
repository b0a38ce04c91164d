//! A one-layer transformer that recalls facts: attention of several heads from the last token, then an MLP
//! beside a residual connection.
//!
//! ```text
//! q_h = Q_h^T x_T    k_t = K_h^T x_t    p_h = softmax_t(<k_t, q_h> / sqrt(d_h))
//! x   = concat_h(sum_t p_h(t) V_h^T x_t) O
//! y   = x + W2^T relu(W1^T x + b1)        scores = y unembedding^T
//! ```
//!
//! No positions, no normalisation, no mask; embeddings are never trained, and only the last token is read.
//!
//! | part | what it is |
//! | --- | --- |
//! | [`Transformer`], [`Parameters`] | weights, their start, their number |
//! | [`explicit`] | forward and gradient over sequences of tokens |
//! | [`collapsed`] | the same numbers from counts of tokens, with tables over the vocabulary |
//! | [`construct`] | weights that hold the facts without training |
//! | [`edit`] | one fact changed by a rank-one write |
//! | [`train`](mod@train) | Adam on fresh prompts, with an [`Ending`](crate::Ending) |
//!
//! # Source
//! Nichani, Lee, Bietti, ICLR 2025 (arXiv 2412.06538), section 4.

pub mod collapsed;
pub mod construct;
#[cfg(test)]
mod construct_tests;
pub mod edit;
pub mod explicit;
mod model;
mod occurrences;
pub(crate) mod tables;
mod tail;
#[cfg(test)]
mod tests;
pub mod train;

pub use collapsed::Workspace;
pub use model::{Parameters, Transformer, TransformerConfig, beside_each_other, one_after_another};
pub use occurrences::Occurrences;
pub use train::{Progress, TrainedTransformer, TransformerTraining};

/// What a batch came to, and how to change the weights.
#[derive(Debug, Clone, PartialEq)]
pub struct Step<T> {
    /// Mean cross entropy, in nats; NaN or infinite where scores are.
    pub loss: f64,
    /// Share of the prompts whose answer alone has the largest score.
    pub accuracy: f64,
    /// Its gradient.
    pub gradient: Parameters<T>,
}
