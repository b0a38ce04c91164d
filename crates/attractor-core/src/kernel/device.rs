//! The streaming read composed of tensor operations: any device, and wherever gradients are
//! tracked.

use burn::tensor::{Bool, IndexingUpdateOp, Int, Tensor, TensorData};

use super::on_host::read_exact;
use super::score::{Range, Scaled, largest};
use super::{Partial, PatternStore, Score};
use crate::{Error, Result};

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
    let tracked = device.is_autodiff();
    let range = Range::new(score, keys, values);
    if !range.holds_store() {
        if tracked {
            return Err(Error::config(
                "Score",
                "must keep the scores of stored patterns below 1e30 where gradients are tracked",
                format!("{score:?}"),
            ));
        }
        return read_exact(keys, values, cues, score);
    }
    let scaled = Scaled::new(score);
    // Norms of cues stay on the device: whether rounding is seen is judged by the patterns.
    let margin = range.margin(largest(keys.squared_norms()));
    let norms = cues.clone().square().sum_dim(1);
    let within = norms.clone().detach().sqrt();
    // Compared in this sense, NaN is beyond as well.
    let longest = range.longest_cue().min(f64::from(f32::MAX).sqrt());
    let beyond = within.lower_equal_scalar(longest as f32).bool_not();
    let offset = norms.mul_scalar(scaled.offset);
    let queries = cues.clone().mul_scalar(scaled.query);
    let step = (SCORE_ENTRIES / rows).max(64);
    // Gradients flow through the cues alone: one pass over them, no refinement.
    let refine = margin.is_some() && !tracked;

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
        total = total.join(partial(scores, value_rows, count))?;
        at += count;
    }
    // A minimum may swallow NaN on the way: rows beyond the range are marked at the end.
    let row: Tensor<1, Bool> = beyond.squeeze_dim(1);
    total.max = total.max.mask_fill(row.clone(), f32::NAN);
    total.sum = total.sum.mask_fill(row, f32::NAN);
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
