//! Observation models: how a cue arises from decoded data.

use burn::tensor::Tensor;

use crate::Result;

/// Minus the log density of a cue given decoded data, up to constants, with its derivative.
///
/// Each entry is independent: `E(x~, y) = sum_i rho(y_i - x~_i)`.
pub trait ObservationModel: Send + Sync + std::fmt::Debug {
    /// Name for messages and results, such as `gaussian`.
    fn name(&self) -> &'static str;

    /// Energy per row `[b]` of `decoded [b, d]` for `cues [b, d]`.
    fn energy(&self, cues: &Tensor<2>, decoded: Tensor<2>) -> Tensor<1>;

    /// Derivative `[b, d]` of the energy with respect to `decoded`.
    fn gradient(&self, cues: &Tensor<2>, decoded: Tensor<2>) -> Tensor<2>;

    /// The same model restricted to the entries where `known [b, d]` is 1.
    ///
    /// # Errors
    /// [`crate::Error::Unsupported`] by default.
    fn masked(&self, known: Tensor<2>) -> Result<Box<dyn ObservationModel>> {
        let _ = known;
        Err(crate::Error::Unsupported {
            what: "reading with a mask",
            capability: "a masked form",
            part: format!("the observation model `{}`", self.name()),
        })
    }
}
