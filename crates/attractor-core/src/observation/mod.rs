//! Observation models: how a cue arises from decoded data.

use burn::tensor::Tensor;

/// Minus the log density of a cue given decoded data, up to constants, with its derivative.
///
/// Each entry is independent: `E(x~, y) = sum_i rho(y_i - x~_i)`. Gaussian in the paper; the others
/// make recall robust to occlusion and outliers, because rho grows slower than the square.
pub trait ObservationModel: Send + Sync + std::fmt::Debug {
    /// Name for messages and results, such as `gaussian`.
    fn name(&self) -> &'static str;

    /// Energy per row `[b]` of `decoded [b, d]` for `cues [b, d]`.
    fn energy(&self, cues: &Tensor<2>, decoded: Tensor<2>) -> Tensor<1>;

    /// Derivative `[b, d]` of the energy with respect to `decoded`.
    fn gradient(&self, cues: &Tensor<2>, decoded: Tensor<2>) -> Tensor<2>;

    /// Which entries of the cues are given, `[b, d]` of 0 and 1, if only some are.
    fn known(&self) -> Option<&Tensor<2>> {
        None
    }

    /// A copy behind a pointer: what [`Masked`] needs to wrap any model.
    fn boxed(&self) -> Box<dyn ObservationModel>;
}

mod masked;
mod registry;
mod robust;

pub use masked::Masked;
pub use registry::{OBSERVATIONS, ObservationEntry, build};
pub use robust::{Gaussian, Laplace, StudentT, Truncated};

#[cfg(test)]
mod tests;
