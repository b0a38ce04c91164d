//! The content-based read of a neural Turing machine, as an auto-associative memory.
//!
//! # Equations
//! For stored codes M_k, k = 1..n, and a cue z (rows of D numbers), each head h:
//!
//! ```text
//! k = K_h z        g = exp(G_h . z + b_h)
//! w_k = softmax_k( cos(M_k, k) )
//! w_k = softmax_k( g log(1e-5 + w_k) )
//! r_h = sum_k w_k M_k                   answer = mean_h r_h
//! ```
//!
//! K starts at I, G and b at 0, so that g = 1. There is no location-based addressing, no
//! interpolation with earlier weights and no learned write: patterns are stored as they are.
//!
//! # One sharpening per dimension
//! The authors' experiments use one key and a G of shape `[D, D]`, a slip of shapes: it yields D
//! sharpening strengths that share one bias, hence D attentions over the same cosines and as many
//! reads, which are averaged. [`Sharpening::ReferencePerDimension`] reproduces it, at D times the
//! exponentials; [`Sharpening::PerHead`] is the definition.
//!
//! # Numbers
//! Cosines are taken of rows scaled by their largest entry, so that they neither overflow nor
//! underflow; the cosine with a zero row is 0. `G z + b` is limited to +-80, where g is finite in
//! single precision and the attention long saturated.
//!
//! # Complexity
//! The attention is a softmax of a softmax and cannot stream in one pass, so the `[b, n]` weights
//! exist, for as many cues at a time as fit a bound ([`Ntm::with_weight_entries`]); `[b, n, D]`
//! never does. Read: `4 b n D` operations and b n exponentials per sharpening.
//!
//! # References
//! - A. Graves, G. Wayne, I. Danihelka, "Neural Turing Machines", 2014, arXiv:1410.5401,
//!   section 3.3.1.
//! - L. Annabi, A. Pitti, M. Quoy, "On the Relationship Between Variational Inference and
//!   Auto-Associative Memory", NeurIPS 2022, arXiv:2210.08013: this form, as a baseline.

mod attention;
mod config;
mod model;
#[cfg(test)]
mod tests;

pub use config::{NtmConfig, Sharpening};
pub use model::Ntm;
