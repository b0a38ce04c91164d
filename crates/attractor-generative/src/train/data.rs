//! Where batches come from.

use attractor_core::{Error, Result, rng};
use burn::tensor::Tensor;

/// Inputs and what to reconstruct from them.
#[derive(Debug, Clone)]
pub struct Batch {
    /// `[n, data_dim]`
    pub input: Tensor<2>,
    /// `[n, data_dim]`; the inputs themselves if `None`.
    pub target: Option<Tensor<2>>,
}

impl From<Tensor<2>> for Batch {
    /// A batch that is its own target.
    fn from(input: Tensor<2>) -> Self {
        Self {
            input,
            target: None,
        }
    }
}

/// A data set as the trainer sees it.
pub trait Batches {
    /// Rows.
    fn len(&self) -> usize;

    /// Whether there are no rows.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The rows `indices`, on the trainer's device. `epoch` counts from 0, for data that vary from
    /// one epoch to the next such as corrupted inputs.
    ///
    /// # Errors
    /// Whatever keeps the rows from being made.
    fn batch(&mut self, epoch: usize, indices: &[usize]) -> Result<Batch>;
}

/// [`Batches`] from a length and a closure.
#[derive(Debug, Clone)]
pub struct FromFn<F> {
    len: usize,
    batch: F,
}

impl<F: FnMut(usize, &[usize]) -> Result<Batch>> FromFn<F> {
    /// A data set of `len` rows whose batches `batch(epoch, indices)` makes.
    pub fn new(len: usize, batch: F) -> Self {
        Self { len, batch }
    }
}

impl<F: FnMut(usize, &[usize]) -> Result<Batch>> Batches for FromFn<F> {
    fn len(&self) -> usize {
        self.len
    }

    fn batch(&mut self, epoch: usize, indices: &[usize]) -> Result<Batch> {
        (self.batch)(epoch, indices)
    }
}

/// The order in which an epoch visits the rows, of `width` numbers: permutation number `number`.
pub(crate) fn draw_order(
    data: &dyn Batches,
    width: usize,
    seed: u64,
    number: u64,
) -> Result<Vec<usize>> {
    if data.is_empty() {
        return Err(Error::EmptyBatch {
            what: "training data",
            width,
        });
    }
    let mut stream = rng::indexed_stream(seed, "training/order", number);
    Ok(rng::permutation(&mut stream, data.len()))
}
