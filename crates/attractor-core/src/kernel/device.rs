//! The streaming read composed of tensor operations, for any device.

use burn::tensor::{Bool, IndexingUpdateOp, Int, Tensor, TensorData};

use super::on_host::read_exact;
use super::score::{Range, Scaled, largest};
use super::similarity::{Measure, Rule};
use super::{Partial, PatternStore};
use crate::Result;

/// Entries of one matrix of scores at most.
pub(super) const SCORE_ENTRIES: usize = 4 << 20;
/// Scores per row and block that are computed again when rounding could be seen.
const REFINED: usize = 8;

/// How a device computes scores, one block of patterns after the other.
pub(super) struct Scorer<'a> {
    rule: Rule<'a>,
    scaled: Scaled,
    cues: Tensor<2>,
    queries: Tensor<2>,
    offset: Tensor<2>,
    /// Rows beyond single precision, `[b]`.
    pub(super) beyond: Tensor<1, Bool>,
    /// Whether rounding of distances may be seen.
    refine: bool,
}

impl<'a> Scorer<'a> {
    pub(super) fn new(
        rule: Rule<'a>,
        range: &Range<'_>,
        keys: &PatternStore,
        cues: &Tensor<2>,
    ) -> Self {
        let scaled = Scaled::new(rule);
        // Norms of cues stay on the device: whether rounding is seen is judged by the patterns.
        let margin = range.margin(largest(keys.squared_norms()));
        let norms = cues.clone().square().sum_dim(1);
        let within = norms.clone().sqrt();
        // Compared in this sense, NaN is beyond as well.
        let longest = range.longest_cue().min(f64::from(f32::MAX).sqrt());
        let beyond = within.lower_equal_scalar(longest as f32).bool_not();
        Self {
            rule,
            cues: cues.clone(),
            queries: cues.clone().mul_scalar(scaled.query),
            offset: norms.mul_scalar(scaled.offset),
            beyond: beyond.squeeze_dim(1),
            refine: margin.is_some(),
            scaled,
        }
    }

    /// What patterns are ranked by, `[b, rows]`.
    pub(super) fn ranks(&self, keys: &Tensor<2>, norms: &[f32]) -> Tensor<2> {
        let norms = TensorData::new(norms.to_vec(), [1, norms.len()]);
        let bias = Tensor::<2>::from_data(norms, &keys.device()).mul_scalar(self.scaled.bias);
        let products = self.queries.clone().matmul(keys.clone().transpose());
        (products + bias + self.offset.clone()).clamp(-f32::MAX / 4.0, self.scaled.cap)
    }

    /// The scores that belong to ranks.
    pub(super) fn scores(&self, ranks: Tensor<2>, keys: &Tensor<2>) -> Result<Tensor<2>> {
        match (self.rule, self.rule.measure()) {
            (Rule::Score(_), _) if self.refine => {
                Ok(refine_top(ranks, keys, &self.cues, self.scaled.bias))
            }
            (Rule::Score(_), _) => Ok(ranks),
            (Rule::Function(similarity), Measure::Product) => similarity.score_tensor(ranks),
            (Rule::Function(similarity), Measure::SquaredDistance) => {
                similarity.score_tensor(ranks.neg())
            }
        }
    }
}

/// As [`super::read_with_values`], whose checks have been made, for cues outside any graph.
pub(super) fn read(
    keys: &PatternStore,
    values: &PatternStore,
    cues: Tensor<2>,
    rule: Rule<'_>,
) -> Result<Partial> {
    let device = cues.device();
    let [rows, _] = cues.dims();
    let range = Range::new(rule, keys, values);
    if !range.holds_store() {
        return read_exact(keys, values, cues, rule);
    }
    let scorer = Scorer::new(rule, &range, keys, &cues);
    let step = (SCORE_ENTRIES / rows).max(64);

    let mut total = Partial::empty(rows, values.dim(), &device);
    let mut value_segments = Segments::new(values);
    let mut key_segments = Segments::new(keys);
    let mut at = 0;
    while at < keys.len() {
        let count = step.min(key_segments.left(at)).min(value_segments.left(at));
        let key_rows = key_segments.take(at, count).to_device(&device);
        let ranks = scorer.ranks(&key_rows, &keys.squared_norms()[at..at + count]);
        let scores = scorer.scores(ranks, &key_rows)?;
        let value_rows = value_segments.take(at, count).to_device(&device);
        total = total.join(partial(scores, value_rows, count))?;
        at += count;
    }
    // A minimum may swallow NaN on the way: rows beyond the range are marked at the end.
    total.max = total.max.mask_fill(scorer.beyond.clone(), f32::NAN);
    total.sum = total.sum.mask_fill(scorer.beyond, f32::NAN);
    Ok(total)
}

/// The partial of one matrix of scores `[b, rows]`.
pub(super) fn partial(scores: Tensor<2>, values: Tensor<2>, count: usize) -> Partial {
    let (max, best) = scores.clone().max_dim_with_indices(1);
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
pub(super) struct Segments<'a> {
    blocks: Box<dyn Iterator<Item = Tensor<2>> + 'a>,
    current: Option<Tensor<2>>,
    first: usize,
}

impl<'a> Segments<'a> {
    pub(super) fn new(store: &'a PatternStore) -> Self {
        let mut blocks = store.block_tensors();
        let current = blocks.next();
        Self {
            blocks: Box::new(blocks),
            current,
            first: 0,
        }
    }

    /// Patterns from `at` to the end of its block.
    pub(super) fn left(&mut self, at: usize) -> usize {
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
    pub(super) fn take(&mut self, at: usize, count: usize) -> Tensor<2> {
        self.left(at);
        match &self.current {
            Some(block) if block.dims()[0] == count => block.clone(),
            Some(block) => block.clone().narrow(0, at - self.first, count),
            None => Tensor::zeros([0, 1], &burn::tensor::Device::default()),
        }
    }
}
