//! The nearest pattern of each cue by comparing all pairs on the host.

use attractor_core::error::require_nonzero;
use attractor_core::kernel::{PatternStore, Score, top};
use attractor_core::{Ranking, Result, check};
use burn::tensor::Tensor;
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

/// The `k` nearest patterns of one cue, the nearest first and of equally near ones the first, over the entries with `known` 1
/// or over all.
pub(crate) fn nearest_few(
    blocks: &[Vec<f32>],
    cue: &[f32],
    known: Option<&[f32]>,
    (distance, k): (Distance, usize),
) -> Vec<Neighbour> {
    // Rising by distance; a later pattern only goes before farther ones.
    let mut nearest: Vec<Neighbour> = Vec::new();
    let patterns = blocks
        .iter()
        .flat_map(|block| block.chunks_exact(cue.len()));
    for (index, pattern) in patterns.enumerate() {
        let far = distance.between(cue, pattern, known);
        let place = nearest.partition_point(|other| other.distance <= far);
        if place < k {
            let distance = far;
            nearest.insert(place, Neighbour { index, distance });
            nearest.truncate(k);
        }
    }
    nearest
}

/// The `k` nearest patterns of each of the cues `[b, d]`; scores are distances with their sign changed.
pub(crate) fn ranked(
    store: &PatternStore,
    cues: Tensor<2>,
    (distance, k): (Distance, usize),
) -> Result<Vec<Ranking>> {
    require_nonzero("k", k)?;
    if distance == Distance::Euclidean {
        let score = Score::SquaredDistance { variance: 0.5 };
        let mut found = Ranking::all_without_probabilities(&top(store, cues, score, k)?);
        for (_, score, _) in found.iter_mut().flat_map(|ranking| &mut ranking.best) {
            *score = 0.0 - (0.0 - *score).sqrt();
        }
        return Ok(found);
    }
    let cues = check::to_host(cues)?;
    let blocks = store.block_tensors().map(check::to_host);
    let blocks: Vec<Vec<f32>> = blocks.collect::<Result<_>>()?;
    let rows = cues.par_chunks_exact(store.dim());
    let rank = |cue: &[f32]| {
        let found = nearest_few(&blocks, cue, None, (distance, k)).into_iter();
        Ranking {
            best: found
                .map(|near| (near.index, 0.0 - near.distance, None))
                .collect(),
            none: None,
        }
    };
    Ok(rows.map(rank).collect())
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
