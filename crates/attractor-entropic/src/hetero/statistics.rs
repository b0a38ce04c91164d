use rayon::prelude::*;

use super::gates::Gates;
use super::relation::{Derived, Relation};
use crate::draw;

impl Relation {
    /// Mean count of the active cells of each block, `[n, p]`.
    pub fn means(&self) -> Vec<f64> {
        let blocks = self.sums.iter().zip(&self.active);
        blocks
            .map(|(&sum, &active)| sum as f64 / f64::from(active.max(1)))
            .collect()
    }

    /// Mean of [`Self::means`], mu.
    pub fn mean(&self) -> f64 {
        *self
            .mean
            .get_or_init(|| self.means().iter().sum::<f64>() / self.sums.len() as f64)
    }

    /// Sums of the blocks S `[n, p]`.
    pub fn sums(&self) -> &[u64] {
        &self.sums
    }

    /// Entropy of each block in bits, `[n, p]`.
    pub fn entropies(&self) -> Vec<f64> {
        let (left, right) = (self.config.left, self.config.right);
        let blocks = (0..left.columns * right.columns).into_par_iter();
        let entropy = |block: usize| {
            let (i, j) = (block / right.columns, block % right.columns);
            let cells = (0..left.rows).flat_map(|k| {
                let row = self.tables[0].row(i, k);
                row[j * right.rows..(j + 1) * right.rows].iter()
            });
            draw::entropy(cells.copied().map(u64::from))
        };
        blocks.map(entropy).collect()
    }

    /// Entropy of the memory in bits: the mean over blocks, from 0 to log2 (m q).
    pub fn entropy(&self) -> f64 {
        self.entropies().iter().sum::<f64>() / self.sums.len() as f64
    }

    /// Share of the cells that are not 0.
    pub fn fullness(&self) -> f64 {
        let active: u64 = self.active.iter().copied().map(u64::from).sum();
        active as f64 / self.tables[0].counts.len() as f64
    }

    /// What iota lets through.
    pub(super) fn derived(&self) -> &Derived {
        self.derived.get_or_init(|| {
            let p = self.config.right.columns;
            let least = |mean: f64| (self.config.iota * mean).ceil().max(1.0) as u32;
            let thresholds: Vec<u32> = self.means().into_iter().map(least).collect();
            let [left, right] = &self.tables;
            if self.active.iter().all(|&active| active == 0) {
                let gates = [Gates::new(left), Gates::new(right)];
                return Derived { thresholds, gates };
            }
            let gates = [
                Gates::of(left, |i, j| thresholds[i * p + j]),
                Gates::of(right, |j, i| thresholds[i * p + j]),
            ];
            Derived { thresholds, gates }
        })
    }
}
