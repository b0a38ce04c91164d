//! The hypercube: a network with two opposed neurons for each unit of +1 and -1, all-inhibitory, whose
//! vertices are patterns.
//!
//! Unit k has the neurons (k, +) and (k, -), at indices 2k and 2k + 1. With a coupling J between units, the
//! pooled inhibition a of a pair and the global inhibition c,
//!
//! ```text
//! W_(k s),(l t) = -c + s t J_kl - a delta_kl
//! U_(k s) = h + s g_k - a p_k - c R,    g = J m,  m_k = r_k+ - r_k-,  p_k = r_k+ + r_k-,  R = sum p
//! ```
//!
//! A pattern is the vertex where exactly the neurons (k, xi_k) are active. An inhibition of a neuron
//! by itself, `a_s`, that differs from that of its opponent, `a_o`, is the same as a self-connection
//! `J_kk = -(a_s - a_o) / 2` beside `a = (a_s + a_o) / 2`: [`CubeNetwork::new`] folds it in, so that one form
//! serves all.
//!
//! | part | what it is |
//! | --- | --- |
//! | [`CubeNetwork`] | the weights, also written out and factored |
//! | [`CubeRun`] | the exact engine, O(K) a spike |
//! | [`certificate`] | V1 to V3: whether a vertex is a stable state |
//! | [`recall`] | from a cue to what is read out |

pub mod certificate;
pub(crate) mod held;
mod network;
pub mod recall;
mod run;

pub use certificate::Certificate;
pub use network::CubeNetwork;
pub use recall::{CubeRecall, Schedule};
pub use run::CubeRun;
