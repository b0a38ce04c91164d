//! What a program sees of a memory at work: spans of [`tracing`], one for each write, read and step of training.
//!
//! | span | level | fields |
//! | --- | --- | --- |
//! | `write`, `read`, `complete` | debug | `memory`, `rows`, `width` |
//! | `train` | debug | `part`, `rows`, `width` |
//! | `kernel` | trace | `patterns`, `cues`, `width` |
//!
//! The target is `attractor`, so that a filter such as `attractor=debug` selects them. A memory inside another one
//! (behind a model, say) opens its span inside the other's. Without a subscriber, a span is one comparison with a
//! number in memory.
//!
//! A memory from outside opens the same ones:
//! ```
//! # use attractor_core::{Recall, Result, spans};
//! # use attractor_core::burn::tensor::Tensor;
//! # struct Median;
//! # impl Median {
//! fn read(&self, cues: Tensor<2>) -> Result<Recall> {
//!     let _span = spans::read("median", &cues);
//!     // ...
//! #   Ok(Recall::single_pass(cues))
//! }
//! # }
//! ```

use burn::tensor::Tensor;
use tracing::span::EnteredSpan;

/// The target of every span.
pub const TARGET: &str = "attractor";

/// Entered until it is dropped: `memory` stores `patterns [n, d]`.
pub fn write(memory: &'static str, patterns: &Tensor<2>) -> EnteredSpan {
    let [rows, width] = patterns.dims();
    tracing::debug_span!(target: TARGET, "write", memory, rows, width).entered()
}

/// Entered until it is dropped: `memory` is read with `cues [b, d]`.
pub fn read(memory: &'static str, cues: &Tensor<2>) -> EnteredSpan {
    let [rows, width] = cues.dims();
    tracing::debug_span!(target: TARGET, "read", memory, rows, width).entered()
}

/// Entered until it is dropped: `memory` is read with `cues [b, d]` of which some entries are known.
pub fn complete(memory: &'static str, cues: &Tensor<2>) -> EnteredSpan {
    let [rows, width] = cues.dims();
    tracing::debug_span!(target: TARGET, "complete", memory, rows, width).entered()
}

/// Entered until it is dropped: one step of training of `part` on a batch of `rows` rows of `width` entries.
pub fn train(part: &'static str, rows: usize, width: usize) -> EnteredSpan {
    tracing::debug_span!(target: TARGET, "train", part, rows, width).entered()
}

/// Entered until it is dropped: the kernel goes over `patterns` patterns with `cues [b, d]`.
pub(crate) fn kernel(patterns: usize, cues: &Tensor<2>) -> EnteredSpan {
    let [cues, width] = cues.dims();
    tracing::trace_span!(target: TARGET, "kernel", patterns, cues, width).entered()
}
