//! The factual-recall task: a prompt hides one subject and one relation among noise tokens; the answer is
//! the fact about both.
//!
//! | part | what it is |
//! | --- | --- |
//! | [`FactTask`] | vocabulary, facts, frequencies |
//! | [`Prompts`] | prompts as sequences of tokens |
//! | [`CountRows`] | prompts as counts of tokens: exact for models without positions |
//!
//! Tokens are subjects `0..S`, relations `S..S+R`, noise, and the end-of-sequence token last. Answers are a
//! vocabulary of their own: relation r owns the block `D r .. D r + D`, and `a*(s, r)` is uniform in it.
//!
//! # Source
//! Nichani, Lee, Bietti, ICLR 2025 (arXiv 2412.06538), section 4.

mod config;
mod prompts;
mod sampler;
#[cfg(test)]
mod tests;

pub use config::{FactTask, FactTaskConfig};
pub use prompts::{CountRows, Prompts};
