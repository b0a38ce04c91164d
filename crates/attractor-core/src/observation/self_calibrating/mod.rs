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
//! `q_s` is what the cue's own values look like anywhere: their leave-one-out density, by kernels of 0.6 s. So a
//! value that the cue has everywhere (a grey square) tells little, a rare one much. The values hold the noise already:
//! kernels as wide as the noise would blur them once more, and a map to a constant would seem to explain every cue. Values
//! at an end of their range may have been cut off there; kernels are as wide as the noise where they are.
//! With `r_i = N(x_i; A [m_i; 1], s^2 I) / q_s(x_i)`, its logarithm capped at 30, the evidence is
//!
//! ```text
//! L = max over s, e  of  sum_i log( e + (1 - e) r_i )
//! score = max( L with A = 1,  max over A of L + log p(A) - 1/2 log det )
//! ```
//!
//! and the energy is minus the score. The prior p(A) and the determinant (Laplace's volume of the maps that do as well)
//! are those of [`map_prior`]: a gain and an offset around a permutation of the channels or their mean, with or without
//! departures from it.
//!
//! The fit goes through fixed scales from coarse to fine; at each it takes the most likely map given the weights so far,
//! and steps of expectation maximisation for e, from where the coarser scale ended. At its end the derivative of what is
//! maximised to e and A vanishes (s stays on its grid), so that the gradient with respect to the candidate needs none of
//! theirs (the determinant is left out of it):
//!
//! ```text
//! dL/dm_i = -(w_i / s^2) A_C^T (A [m_i; 1] - x_i),   w_i = (1 - e) r_i / (e + (1 - e) r_i)
//! ```
//!
//! In host memory sites go through vectors of the processor, on all cores; on other devices tensor operations do the
//! same ([`SelfCalibrating::in_tensors`]).
//!
//! Cost: `O(C P^2)` for each cue, and about 13 visits of every site for each scale and candidate.
//!
//! Not in any paper: ours.

mod background;
mod channel_map;
mod cues;
mod first_pass;
mod fit;
mod host_form;
mod lanes;
mod map_prior;
mod model;
pub mod nuisance;
mod options;
mod pair;
mod passes;
mod second;
mod spread;
mod tensor_form;
#[cfg(test)]
mod tests;

pub use channel_map::ChannelMap;
pub use fit::{Evidence, SCALES};
pub use model::SelfCalibrating;
