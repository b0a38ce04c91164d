//! Tables of systems that recall images: store blocks of images, corrupt the cues, read or complete
//! them, score what comes back.
//!
//! The generative model is trained once for each seed, or imported; memories that learn are trained on
//! its codes, clean or corrupted as their task is.

mod cell;
mod check;
mod codes;
mod memo;
mod model;
mod panel;
mod probe;

pub use cell::{Executor, Plan};
pub use check::parts as check;
