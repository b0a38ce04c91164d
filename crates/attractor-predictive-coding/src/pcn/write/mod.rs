//! Writing patterns into the weights.
//!
//! | part | what it is |
//! | --- | --- |
//! | [`config`] | what can be asked for |
//! | [`report`] | what is reported |
//! | [`store`] | the calls that write |
//! | [`train`] | the training loop |
//! | [`gradient`] | the local gradient of the weights |
//! | [`optimiser`] | from a gradient to a step |
//! | [`ridge`] | the weights of the data in closed form |

mod config;
mod gradient;
mod optimiser;
mod report;
mod ridge;
mod store;
mod train;

pub use config::{Ridge, StopRule, WriteConfig};
#[cfg(test)]
pub(crate) use gradient::ascent;
pub(crate) use optimiser::AdamMoments;
pub use optimiser::Optimiser;
pub use report::{Progress, Stopped, WriteReport};
