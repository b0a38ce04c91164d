//! The nearest pattern of each cue by comparing all pairs on the host.

use attractor_core::kernel::PatternStore;
use attractor_core::{Result, check};
use rayon::prelude::*;

use super::{Distance, Neighbour};

/// Bytes of the patterns that one task keeps in cache while it visits all cues.
const TASK_BYTES: usize = 128 << 10;

/// Finds the nearest pattern of each row of `cues`, over the entries with `known` 1 or over all;
/// of equally near ones the first. Visits the store block by block.
pub(super) fn nearest(
    store: &PatternStore,
    cues: &[f32],
    known: Option<&[f32]>,
    distance: Distance,
) -> Result<Vec<Neighbour>> {
    let dim = store.dim();
    let nothing = Neighbour {
        index: usize::MAX,
        distance: f64::INFINITY,
    };
    let empty = || vec![nothing; cues.len() / dim];
    let task_rows = (TASK_BYTES / 4 / dim).max(1);
    let mut best = empty();
    let mut first = 0;
    for block in store.block_tensors() {
        let block = check::to_host(block)?;
        let found = block
            .par_chunks(task_rows * dim)
            .enumerate()
            .map(|(task, patterns)| {
                let mut best = empty();
                for (row, best) in best.iter_mut().enumerate() {
                    let entries = row * dim..(row + 1) * dim;
                    let cue = &cues[entries.clone()];
                    let known = known.map(|known| &known[entries]);
                    for (k, pattern) in patterns.chunks_exact(dim).enumerate() {
                        let index = first + task * task_rows + k;
                        let distance = distance.between(cue, pattern, known);
                        best.improve(Neighbour { index, distance });
                    }
                }
                best
            })
            .reduce(empty, merge);
        best = merge(best, found);
        first += block.len() / dim;
    }
    Ok(best)
}

impl Neighbour {
    fn improve(&mut self, other: Self) {
        if (other.distance, other.index) < (self.distance, self.index) {
            *self = other;
        }
    }
}

fn merge(mut a: Vec<Neighbour>, b: Vec<Neighbour>) -> Vec<Neighbour> {
    a.iter_mut().zip(b).for_each(|(a, b)| a.improve(b));
    a
}
