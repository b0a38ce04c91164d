//! How a relation behind the interface of all memories is built.

use attractor_core::{Error, Result};
use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::{HeteroMemory, RelationConfig, SearchConfig};
use crate::input::Scale;
use crate::object::Domain;
use crate::register::{Range, check_sigma};

/// How a [`HeteroMemory`] is built.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeteroConfig {
    /// Entries of a pair, left ones first: n + p.
    pub dim: usize,
    /// Entries of the left side, n. Default: the first half.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<usize>,
    /// Levels of a left entry, m. Default 16.
    pub left_rows: usize,
    /// Levels of a right entry, q. Default 16.
    pub right_rows: usize,
    /// Between which numbers they lie. Default: of the first write.
    pub range: Range,
    /// See [`RelationConfig::iota`].
    pub iota: f64,
    /// See [`RelationConfig::kappa`].
    pub kappa: f64,
    /// See [`RelationConfig::xi`]. Recall between two cues forgives its square root on each side.
    pub xi: usize,
    /// Width of the Gaussian around the cue of the side that is recalled, as a share of its rows, where there
    /// is one. Default 0.1.
    pub sigma: f64,
    /// See [`RelationConfig::saturation`].
    pub saturation: u16,
    /// How the missing side is chosen.
    pub search: SearchConfig,
    /// Of the draws.
    pub seed: u64,
}

impl HeteroConfig {
    /// The published defaults for pairs of together `dim` entries.
    pub fn new(dim: usize) -> Self {
        let half = Domain::new(dim / 2, 16);
        let relation = RelationConfig::new(half, half);
        Self {
            dim,
            left: None,
            left_rows: half.rows,
            right_rows: half.rows,
            range: Range::default(),
            iota: relation.iota,
            kappa: relation.kappa,
            xi: relation.xi,
            sigma: 0.1,
            saturation: relation.saturation,
            search: SearchConfig::default(),
            seed: 0,
        }
    }

    /// An empty memory whose answers are put on `device`.
    ///
    /// # Errors
    /// Those of [`RelationConfig::validate`]; [`Error::Config`] unless both sides have an entry, and for a
    /// range that does not rise.
    pub fn init(&self, device: &Device) -> Result<HeteroMemory> {
        let left = self.left.unwrap_or(self.dim / 2);
        if left == 0 || left >= self.dim {
            let rule = "must leave an entry to both sides";
            let found = format!("{left} of {}", self.dim);
            return Err(Error::config("HeteroConfig.left", rule, found));
        }
        check_sigma("HeteroConfig.sigma", self.sigma)?;
        let relation = RelationConfig {
            left: Domain::new(left, self.left_rows),
            right: Domain::new(self.dim - left, self.right_rows),
            iota: self.iota,
            kappa: self.kappa,
            xi: self.xi,
            saturation: self.saturation,
        };
        Ok(HeteroMemory {
            relation: relation.init()?,
            scales: [
                Scale::new(relation.left, self.range)?,
                Scale::new(relation.right, self.range)?,
            ],
            config: *self,
            device: device.clone().without_autodiff(),
        })
    }
}
