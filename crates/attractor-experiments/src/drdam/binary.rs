//! Random binary patterns and cues.

use std::collections::HashSet;

use attractor::core::burn::tensor::{Device, Tensor};
use attractor::core::{check, rng};
use attractor::datasets::{Damage, ImageShape};
use serde::Deserialize;

use crate::{Result, Task};

/// Where cues lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Class {
    /// Stored patterns.
    Memory,
    /// Stored patterns with a share of their bits turned over.
    Near,
    /// Fresh patterns.
    Random,
}

/// Patterns of bits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Binary {
    pub(super) dim: usize,
    pub(super) stored: usize,
    pub(super) seed: u64,
}

impl Binary {
    /// Those of a cell, `dim` bits each.
    pub(super) fn of(task: Task<'_>, dim: usize) -> Result<Self> {
        let stored = task.n_stored()?;
        Self::with(task, dim, stored)
    }

    /// So many patterns by the seed of a cell.
    pub(super) fn with(task: Task<'_>, dim: usize, stored: usize) -> Result<Self> {
        let binary = Self {
            dim,
            stored,
            seed: task.cell.seed,
        };
        binary.check(task)?;
        Ok(binary)
    }

    /// Refuses more patterns than there are, within a factor of two.
    fn check(&self, task: Task<'_>) -> Result<()> {
        let enough = self.dim > 1 && (self.dim > 60 || self.stored <= 1 << (self.dim - 1));
        match enough && self.stored > 0 {
            true => Ok(()),
            false => {
                let expected = format!("at most half of the patterns of {} bits", self.dim);
                Err(task.misplaced("n_stored", expected, self.stored))
            }
        }
    }

    /// One bit that is set.
    pub(super) fn one(&self) -> f32 {
        (self.dim as f32).sqrt().recip()
    }

    /// `[stored, dim]` distinct rows in `{0, 1 / sqrt(dim)}`; those of fewer are the first of more.
    pub(super) fn patterns(&self) -> Vec<f32> {
        let mut rng = rng::stream(self.seed, "drdam patterns");
        let mut seen = HashSet::new();
        let mut patterns = Vec::with_capacity(self.stored * self.dim);
        while seen.len() < self.stored {
            let row = self.row(&mut rng);
            let bits: Vec<bool> = row.iter().map(|value| *value > 0.0).collect();
            if seen.insert(bits) {
                patterns.extend(row);
            }
        }
        patterns
    }

    fn row(&self, rng: &mut rng::Rng) -> Vec<f32> {
        let draws = rng::uniform_vec(rng, self.dim, 0.0, 1.0);
        draws
            .into_iter()
            .map(|value| if value < 0.5 { 0.0 } else { self.one() })
            .collect()
    }

    /// `count` cues of a class, those of stored patterns being of the first; at most one for each.
    pub(super) fn cues(
        &self,
        class: Class,
        flips: f64,
        count: usize,
        patterns: &[f32],
    ) -> Result<Vec<f32>> {
        let count = count.min(self.stored);
        if class == Class::Random {
            let mut rng = rng::stream(self.seed, "drdam random cues");
            return Ok((0..count).flat_map(|_| self.row(&mut rng)).collect());
        }
        let cues = patterns[..count * self.dim].to_vec();
        let damage = match class {
            Class::Near => Damage::Flip {
                entries: (flips * self.dim as f64) as usize,
                mirror: self.one(),
            },
            Class::Memory | Class::Random => Damage::Nothing,
        };
        let stream = |row: usize| rng::indexed_stream(self.seed, "drdam flips", row as u64);
        let shape = ImageShape::new(1, 1, self.dim);
        Ok(damage.apply(cues, shape, stream)?.cues)
    }

    /// Whether an entry counts as set.
    pub(super) fn is_set(&self, entry: f32) -> bool {
        entry > 0.5 * self.one()
    }
}

/// Rows on a device.
pub(super) fn rows(values: &[f32], dim: usize, device: &Device) -> Result<Tensor<2>> {
    Ok(check::from_host("patterns", values.to_vec(), dim, device)?)
}
