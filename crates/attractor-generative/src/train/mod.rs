//! Training of an autoencoder, deterministic given its seed.
//!
//! Two objectives, on a batch of `n` inputs with targets `x` (the inputs themselves unless given):
//!
//! - [`Objective::Variational`]: `sum ||x - g(z)||^2 + beta * 1/n sum KL(q(z | input) || N(0, I))`
//!   with `z = mean + exp(log_variance / 2) * noise`. The squared error is summed over rows and
//!   entries and the divergence averaged over rows, as the published weights were trained: a single
//!   row feels a divergence weight of `beta / n`.
//! - [`Objective::Reconstruction`]: `sum ||x - g(mean)||^2`, a plain autoencoder; a denoising one
//!   when the inputs are corrupted and the targets clean.
//!
//! On CPUs the steps run in [`crate::host`], elsewhere by automatic differentiation; see [`Engine`].
//!
//! The order of every epoch and the noise of every step come from host streams named by the seed,
//! the epoch and the step, so a run resumed at an epoch boundary continues exactly as it would have.

mod adam;
pub(crate) mod checkpoint;
mod config;
mod data;
mod engine;
mod schedule;
mod tensor_engine;
#[cfg(test)]
mod tests;
mod trainer;

#[cfg(test)]
pub(crate) use tensor_engine::gradients_by_autodiff;

pub(crate) use adam::{Adam, FIRST, SECOND};
pub use config::{AdamConfig, Engine, Objective, Optimiser, Order, RmsPropConfig, TrainerConfig};
pub(crate) use data::draw_order;
pub use data::{Batch, Batches, FromFn};
pub use schedule::{Decay, Schedule};
pub use trainer::{EpochReport, Progress, Trainer};
