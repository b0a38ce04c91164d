//! Images as memories see them.

use attractor::core::burn::tensor::{Device, Tensor};
use attractor::core::check;
use attractor::datasets::ImageShape;

use crate::Result;

/// Images as rows of values in `[0, 1]`, channel after channel. Memories see them in `[-1, 1]`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Images {
    pub(super) values: Vec<f32>,
    pub(super) shape: ImageShape,
}

impl Images {
    /// Values of an image.
    pub(super) fn dim(&self) -> usize {
        self.shape.dim()
    }

    /// One image in `[-1, 1]`.
    pub(super) fn scaled(&self, index: usize) -> impl Iterator<Item = f32> {
        let dim = self.dim();
        let values = &self.values[index * dim..(index + 1) * dim];
        values.iter().map(|value| 2.0 * value - 1.0)
    }

    /// Images as a memory takes them, `[n, d]` in `[-1, 1]`.
    pub(super) fn rows(&self, chosen: &[usize], device: &Device) -> Result<Tensor<2>> {
        let values = chosen.iter().flat_map(|&at| self.scaled(at)).collect();
        Ok(check::from_host("images", values, self.dim(), device)?)
    }
}
