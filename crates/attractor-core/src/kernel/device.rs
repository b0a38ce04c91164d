//! The streaming read composed of tensor operations: any device, and wherever gradients are
//! tracked.

use burn::tensor::{IndexingUpdateOp, Int, Tensor, TensorData};

use super::read::{Scaled, largest};
use super::{Partial, PatternStore, Score};
use crate::Result;

/// Entries of one matrix of scores at most.
const SCORE_ENTRIES: usize = 4 << 20;
/// Scores per row and block that are computed again when rounding could be seen.
const REFINED: usize = 8;

/// As [`super::read_with_values`], whose checks have been made.
pub(super) fn read(
    keys: &PatternStore,
    values: &PatternStore,
    cues: Tensor<2>,
    score: Score,
) -> Result<Partial> {
    let device = cues.device();
    let [rows, _] = cues.dims();
    let pattern_norm = largest(keys.squared_norms());
    // Norms of cues stay on the device: cues are taken to be of the size of the patterns.
    let scaled = Scaled::new(score, pattern_norm, pattern_norm);
    let offset = cues.clone().square().sum_dim(1).mul_scalar(scaled.offset);
    let queries = cues.clone().mul_scalar(scaled.query);
    let step = (SCORE_ENTRIES / rows).max(64);
    // Gradients flow through the cues alone: one pass over them, no refinement.
    let refine = scaled.refine.is_some() && !device.is_autodiff();

    let mut total = Partial::empty(rows, values.dim(), &device);
    let mut value_segments = Segments::new(values);
    let mut key_segments = Segments::new(keys);
    let mut at = 0;
    while at < keys.len() {
        let count = step.min(key_segments.left(at)).min(value_segments.left(at));
        let key_rows = key_segments.take(at, count).to_device(&device);
        let norms = keys.squared_norms()[at..at + count].to_vec();
        let bias = Tensor::<2>::from_data(TensorData::new(norms, [1, count]), &device)
            .mul_scalar(scaled.bias);
        let mut scores = queries.clone().matmul(key_rows.clone().transpose());
        scores = (scores + bias + offset.clone()).clamp(-f32::MAX / 4.0, scaled.cap);
        if refine {
            scores = refine_top(scores, &key_rows, &cues, scaled.bias);
        }
        let value_rows = value_segments.take(at, count).to_device(&device);
        total = total.merge(partial(scores, value_rows, count))?;
        at += count;
    }
    Ok(total)
}

/// The partial of one matrix of scores `[b, rows]`.
fn partial(scores: Tensor<2>, values: Tensor<2>, count: usize) -> Partial {
    let (max, best) = scores.clone().detach().max_dim_with_indices(1);
    let weights = (scores - max.clone()).exp();
    Partial {
        max: max.squeeze_dim(1),
        sum: weights.clone().sum_dim(1).squeeze_dim(1),
        weighted: weights.matmul(values),
        best: best.squeeze_dim(1),
        count,
    }
}

/// Replaces the highest scores of each row by those of the differences.
fn refine_top(scores: Tensor<2>, keys: &Tensor<2>, cues: &Tensor<2>, scale: f32) -> Tensor<2> {
    let [rows, count] = scores.dims();
    let [_, dim] = keys.dims();
    let top = REFINED.min(count);
    let (old, indices): (Tensor<2>, Tensor<2, Int>) = scores.clone().topk_with_indices(top, 1);
    let near = keys
        .clone()
        .select(0, indices.clone().reshape([rows * top]));
    let difference = near.reshape([rows, top, dim]) - cues.clone().unsqueeze_dim::<3>(1);
    let new = difference
        .square()
        .sum_dim(2)
        .squeeze_dim::<2>(2)
        .mul_scalar(scale);
    scores.scatter(1, indices, new - old, IndexingUpdateOp::Add)
}

/// Visits a store's blocks by pattern index, keeping the current block uploaded.
struct Segments<'a> {
    blocks: Box<dyn Iterator<Item = Tensor<2>> + 'a>,
    current: Option<Tensor<2>>,
    first: usize,
}

impl<'a> Segments<'a> {
    fn new(store: &'a PatternStore) -> Self {
        let mut blocks = store.block_tensors();
        let current = blocks.next();
        Self {
            blocks: Box::new(blocks),
            current,
            first: 0,
        }
    }

    /// Patterns from `at` to the end of its block.
    fn left(&mut self, at: usize) -> usize {
        loop {
            let rows = self.current.as_ref().map_or(0, |block| block.dims()[0]);
            if rows == 0 || at < self.first + rows {
                return self.first + rows - at;
            }
            self.first += rows;
            self.current = self.blocks.next();
        }
    }

    /// Patterns `at..at + count`, all of one block: `count` is at most [`Self::left`].
    fn take(&mut self, at: usize, count: usize) -> Tensor<2> {
        self.left(at);
        match &self.current {
            Some(block) if block.dims()[0] == count => block.clone(),
            Some(block) => block.clone().narrow(0, at - self.first, count),
            None => Tensor::zeros([0, 1], &burn::tensor::Device::default()),
        }
    }
}
