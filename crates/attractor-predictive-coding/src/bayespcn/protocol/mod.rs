//! The experiments of the paper, as functions: what to corrupt, how to score, which curves.
//!
//! Images are rows of values in `[0, 1]`, channel after channel; memories see them in `[-1, 1]`,
//! and errors are in those units. An image counts as recalled if its mean squared error, over
//! unknown entries where some are known, is below [`RECALLED`].
//!
//! Yoo and Wood 2022, section 5: white noise is added before the change of scale and not clipped;
//! dropped pixels are dropped in all channels; a mask hides the rightmost columns. Both come with
//! the knowledge of which entries are left.

mod baselines;
mod corruption;
mod curves;
mod recall;
#[cfg(test)]
mod tests;

pub use baselines::{Baseline, Contender, Trial, contest};
pub use corruption::{Corruption, Cues, PAPER};
pub use curves::{Age, Fading, Load, capacity, fading, loads};
pub use recall::{Answers, Images, Questions, RECALLED, Scores};
