//! Search among the stored codes: the exact maximum a posteriori of a sharp prior.
//!
//! ```text
//! z = m_k  with  k = argmin_k  E_obs(cue, g(m_k)) + E_prior(m_k)
//! ```
//!
//! As the mixture's sigma goes to 0, the minimum of the total energy lies at a stored code, and this
//! finds the lowest one, where iterations from the encoder's answer may end in another's basin. It
//! is what makes robust observation models pay off: the encoder knows nothing of them, so a start
//! from its answer is led astray by an occlusion that the observation model would have ignored.
//! (With the Gaussian observation and no generative model it is the nearest neighbour.)
//!
//! Every stored code is decoded once per read; cues are compared with one decoded code after the
//! other and codes are taken from the store in parts, so that a read needs O(b data_dim + b n) beside
//! the store. Cost O(b n data_dim).
//!
//! Not in the paper: ours.

mod model;
#[cfg(test)]
mod tests;

pub use model::ModeSearch;
