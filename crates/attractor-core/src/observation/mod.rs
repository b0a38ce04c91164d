//! Observation models: how a cue arises from decoded data.

use burn::tensor::{Bool, Tensor, TensorData};

use crate::{Persist, Result};

/// Minus the log density of a cue given decoded data, up to constants, with its derivative.
///
/// Most take entries to be independent: `E(x~, y) = sum_i rho(y_i - x~_i)`. Gaussian in the paper; the others
/// make recall robust to occlusion and outliers, because rho grows slower than the square.
/// [`SelfCalibrating`] infers from each cue what happened to it.
///
/// # Example
/// Errors above a limit cost no more than the limit does:
/// ```
/// use attractor_core::burn::tensor::Tensor;
/// use attractor_core::{Backend, ObservationModel, check};
///
/// #[derive(Debug, Clone)]
/// struct Limited(f32);
///
/// impl ObservationModel for Limited {
///     fn name(&self) -> &'static str { "limited" }
///
///     fn energy(&self, cues: &Tensor<2>, decoded: Tensor<2>) -> Tensor<1> {
///         let error = (decoded - cues.clone()).clamp(-self.0, self.0);
///         error.square().sum_dim(1).mul_scalar(0.5).squeeze_dim(1)
///     }
///
///     fn gradient(&self, cues: &Tensor<2>, decoded: Tensor<2>) -> Tensor<2> {
///         let error = decoded - cues.clone();
///         let beyond = error.clone().abs().greater_elem(self.0);
///         error.mask_fill(beyond, 0.0)
///     }
///
///     fn boxed(&self) -> Box<dyn ObservationModel> {
///         Box::new(self.clone())
///     }
/// }
///
/// let device = Backend::Flex.open()?;
/// let cue = Tensor::<2>::from_data([[0.0f32, 0.0]], &device);
/// let decoded = Tensor::<2>::from_data([[1.0f32, 50.0]], &device);
/// assert_eq!(check::to_host(Limited(2.0).energy(&cue, decoded))?, [0.5 + 2.0]);
/// # Ok::<(), attractor_core::Error>(())
/// ```
pub trait ObservationModel: Send + Sync + std::fmt::Debug {
    /// Name for messages and results, such as `gaussian`.
    fn name(&self) -> &'static str;

    /// Energy per row `[b]` of `decoded [b, d]` for `cues [b, d]`.
    fn energy(&self, cues: &Tensor<2>, decoded: Tensor<2>) -> Tensor<1>;

    /// Derivative `[b, d]` of the energy with respect to `decoded`.
    fn gradient(&self, cues: &Tensor<2>, decoded: Tensor<2>) -> Tensor<2>;

    /// Refuses data of a width that the model has no use for; memories ask before anything else.
    ///
    /// # Errors
    /// [`crate::Error::Config`].
    fn check(&self, dim: usize) -> Result<()> {
        let _ = dim;
        Ok(())
    }

    /// Energy `[b, n]` of every candidate `[n, d]` for every cue `[b, d]`.
    fn energies(&self, cues: &Tensor<2>, candidates: Tensor<2>) -> Tensor<2> {
        let columns = (0..candidates.dims()[0]).map(|at| {
            let one = candidates.clone().narrow(0, at, 1).expand(cues.shape());
            self.energy(cues, one).unsqueeze_dim(1)
        });
        Tensor::cat(columns.collect(), 1)
    }

    /// How many candidates of each cue are worth exact energies, where [`ObservationModel::rough_energies`] is to rule out the
    /// others first; `None` if all are. Searches over stored patterns ask.
    fn shortlist(&self) -> Option<usize> {
        None
    }

    /// Cheap stand-ins `[b, n]` for [`ObservationModel::energies`], of which only the order among the candidates of a cue
    /// counts.
    fn rough_energies(&self, cues: &Tensor<2>, candidates: Tensor<2>) -> Tensor<2> {
        self.energies(cues, candidates)
    }

    /// Energies `[b, n]` of the pairs that are `chosen`, `b n` of them row by row; infinite for all others, so that these
    /// never win.
    fn chosen_energies(
        &self,
        cues: &Tensor<2>,
        candidates: Tensor<2>,
        chosen: &[bool],
    ) -> Tensor<2> {
        let energies = self.energies(cues, candidates);
        let left_out: Vec<bool> = chosen.iter().map(|chosen| !chosen).collect();
        let mask = TensorData::new(left_out, energies.dims());
        let mask = Tensor::<2, Bool>::from_data(mask, &energies.device());
        energies.mask_fill(mask, f32::INFINITY)
    }

    /// The model for the cues `[b, d]` of one read, where something about them is worth computing once.
    fn prepared(&self, cues: &Tensor<2>) -> Option<Box<dyn ObservationModel>> {
        let _ = cues;
        None
    }

    /// The model on the entries where `known` is 1, for the cues of one read, which have that shape.
    ///
    /// # Errors
    /// As [`crate::check::known`].
    fn restricted(&self, known: Tensor<2>, cues: [usize; 2]) -> Result<Box<dyn ObservationModel>> {
        Ok(Box::new(Masked::new(self.boxed(), known, cues)?))
    }

    /// Which entries of the cues are given, `[b, d]` of 0 and 1, if only some are.
    fn known(&self) -> Option<&Tensor<2>> {
        None
    }

    /// The model in files, if it has a form there: see [`crate::file`].
    fn as_persist(&self) -> Option<&dyn Persist> {
        None
    }

    /// A copy behind a pointer: what [`Masked`] needs to wrap any model.
    fn boxed(&self) -> Box<dyn ObservationModel>;
}

mod masked;
mod registry;
mod robust;
pub mod self_calibrating;
mod shortlist;

pub use masked::Masked;
pub use registry::{OBSERVATIONS, ObservationEntry, build};
pub use robust::{Gaussian, Laplace, StudentT, Truncated};
pub use self_calibrating::SelfCalibrating;
pub use shortlist::lowest_of_rows;

#[cfg(test)]
mod tests;
