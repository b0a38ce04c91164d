//! The observation model inferred from the cue, for each candidate.
//!
//! A cue is P sites with C channels each, `x_i`; a candidate predicts `m_i` there. Each site is either
//! explained by the candidate, through an unknown affine map A of the channels and with noise of unknown
//! scale s, or it shows something else, which happens with unknown probability e:
//!
//! ```text
//! p(x_i) = (1 - e) N(x_i; A [m_i; 1], s^2 I) + e q_s(x_i)
//! ```
//!
//! `q_s` is what the cue's own values look like anywhere: their leave-one-out kernel density at the same
//! scale. So a value that the cue has everywhere (a grey square, clipped pixels) tells little, a rare one much.
//! With `r_i = N(x_i; A [m_i; 1], s^2 I) / q_s(x_i)`, its logarithm capped at 30, the evidence is
//!
//! ```text
//! L = max over s, e, A of  sum_i log( e + (1 - e) r_i )
//! score = max( L with A = 1,  L with A fitted - C (C + 1) / 2 log P - 10 |log singular values - mean|^2 )
//! ```
//!
//! and the energy is minus the score. The last term keeps maps from explaining one picture by another
//! through a nearly singular map; an overall gain is free.
//!
//! The fit goes through fixed scales from coarse to fine; at each it alternates weighted least squares for A with steps of
//! expectation maximisation for e, from where the coarser scale ended. At its end the derivative of L to s, e
//! and A vanishes (s stays on its grid), so that the gradient with respect to the candidate needs none of
//! theirs:
//!
//! ```text
//! dL/dm_i = -(w_i / s^2) A_C^T (A [m_i; 1] - x_i),   w_i = (1 - e) r_i / (e + (1 - e) r_i)
//! ```
//!
//! Cost: `O(C P^2)` for each scale and cue, and about 25 visits of every site for each scale and candidate.
//!
//! Not in any paper: ours.

mod background;
mod channel_map;
mod fit;
mod lanes;
mod model;
#[cfg(test)]
mod tests;

pub use channel_map::ChannelMap;
pub use fit::{Evidence, SCALES};
pub use model::SelfCalibrating;
