//! Recall and inference of hidden values.
//!
//! | part | what it is |
//! | --- | --- |
//! | [`reading`] | how a cue is read of which no entry is trusted |
//! | [`noisy`] | such reads |
//! | [`partial`] | reads from known entries |
//! | [`infer`] | hidden values around given data |

mod infer;
mod noisy;
mod partial;
mod reading;

pub use infer::Inferred;
pub use noisy::Round;
pub use reading::{Denoising, Reading};
