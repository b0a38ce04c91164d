//! What a descent descends.

use attractor_core::Result;
use burn::tensor::Tensor;

/// An energy over blocks of values `[b, n_i]`, the rows of which are independent.
pub(crate) trait Landscape {
    /// Minus the gradient with respect to each block.
    fn drives(&self, state: &[Tensor<2>]) -> Result<Vec<Tensor<2>>>;

    /// The energy, as exactly as the precision allows.
    fn evaluate(&self, state: &[Tensor<2>]) -> Result<Evaluation>;

    /// The same landscape in host memory, where that is faster.
    fn host(&self) -> Option<&dyn HostSteps> {
        None
    }

    /// Squared length of the rows of what enters the errors beside the state, if anything does:
    /// errors round like the values they are differences of.
    fn size(&self) -> Result<Option<Vec<f64>>>;
}

/// The energy at a state.
#[derive(Debug)]
pub(crate) struct Evaluation {
    /// Of each row.
    pub(crate) energy: Vec<f64>,
    /// The errors it is made of.
    pub(crate) errors: Vec<Tensor<2>>,
}

/// Steps along the drives of a landscape, made in host memory.
pub(crate) trait HostSteps {
    /// Makes so many steps.
    fn run(&self, motion: Motion<'_>, steps: usize) -> Result<()>;
}

/// What moves, `[b, n]` for each block, the memory layer first.
pub(crate) struct Motion<'a> {
    pub(crate) state: &'a mut [Vec<f32>],
    /// Of each row.
    pub(crate) rates: &'a [f32],
    /// Velocities of each block and age of each row, see [`super::steps`].
    pub(crate) momentum: Option<(&'a mut [Vec<f32>], &'a mut [f32])>,
    /// Minus the gradient that the last step went along.
    pub(crate) drives: &'a mut [Vec<f32>],
}
