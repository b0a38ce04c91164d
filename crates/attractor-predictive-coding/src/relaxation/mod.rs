//! Descent of an energy over blocks of values, which no memory owns: [`crate::pcn`] and
//! [`crate::covariance`] descend their own landscapes with it.
//!
//! | part | what it is |
//! | --- | --- |
//! | [`settings`] | what may be asked of a descent |
//! | [`precision`] | the numbers that tensors are made of |
//! | [`landscape`] | what is descended: drives, energies, perhaps a form in host memory |
//! | [`descent`] | steps between looks, until every row has ended |
//! | [`steps`] | a step, plain or with momentum |
//! | [`progress`] | what is known of each row: its rate, its energy, its end |
//! | [`recall`] | from an end to an answer |
//! | [`rows`] | rows of tensors: picked, ordered, measured |
//! | [`power`] | largest singular values, which bound the size of a step |

mod descent;
mod landscape;
pub(crate) mod power;
mod precision;
mod progress;
mod recall;
mod rows;
mod settings;
mod steps;

pub(crate) use descent::{Relaxed, relax};
pub(crate) use landscape::{Evaluation, HostSteps, Landscape, Motion};
pub use precision::Precision;
pub(crate) use recall::{energies, narrow, recall};
pub(crate) use rows::{doubles, energy, in_order, pick, squares};
#[cfg(test)]
pub(crate) use settings::Descent;
pub use settings::{Form, InferenceConfig, StepSize};
