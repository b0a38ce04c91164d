//! Configuration of the mean of neighbours.

use attractor_core::Result;
use attractor_core::error::require_nonzero;
use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::Knn;
use crate::nearest::Distance;

/// How a [`Knn`] is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnnConfig {
    /// Entries of a pattern.
    pub dim: usize,
    /// Neighbours that are averaged, k. Default 3.
    pub neighbours: usize,
    /// What is compared. Default Euclidean.
    pub distance: Distance,
}

impl KnnConfig {
    /// Three Euclidean neighbours, for patterns of `dim` entries.
    pub fn new(dim: usize) -> Self {
        Self {
            dim,
            neighbours: 3,
            distance: Distance::default(),
        }
    }

    /// Checks the rules: at least one entry and one neighbour.
    ///
    /// # Errors
    /// [`attractor_core::Error::Config`] naming the field.
    pub fn validate(&self) -> Result<()> {
        require_nonzero("KnnConfig.dim", self.dim)?;
        require_nonzero("KnnConfig.neighbours", self.neighbours)
    }

    /// An empty memory on `device`.
    ///
    /// # Errors
    /// As [`KnnConfig::validate`].
    pub fn init(&self, device: &Device) -> Result<Knn> {
        Knn::new(*self, device)
    }
}
