//! The two-stage attention, for reading and for training alike.

use burn::tensor::{Tensor, activation};

/// Keeps the logarithm finite where an attention vanishes.
const LOG_OFFSET: f32 = 1e-5;
/// Limit of the logarithm of a sharpening strength.
const LOG_SHARPENING_LIMIT: f32 = 80.0;

/// The learned arrays, tracked or not.
#[derive(Clone)]
pub(super) struct Arrays {
    /// Keys of all heads `[heads * D, D]`.
    pub(super) key: Tensor<2>,
    /// `[sharpenings, D]`.
    pub(super) sharpening: Tensor<2>,
    /// `[sharpenings]`, or `[1]` if they share it.
    pub(super) bias: Tensor<1>,
}

/// Answers `[b, D]` to cues `[b, D]` over the memory that `blocks` visits; `entries` bounds the
/// weights that exist at once for a group of sharpenings.
pub(super) fn answer<I: Iterator<Item = Tensor<2>>>(
    arrays: &Arrays,
    blocks: impl Fn() -> I,
    cues: Tensor<2>,
    entries: usize,
) -> Tensor<2> {
    let [_, dim] = cues.dims();
    let [key_rows, _] = arrays.key.dims();
    let [sharpenings, _] = arrays.sharpening.dims();
    let heads = key_rows / dim;

    // Only the direction of a key matters, so that cues may be scaled before they are projected.
    let scale = magnitude(&cues);
    let unit_cues = cues / scale.clone();
    let strength = unit_cues
        .clone()
        .matmul(arrays.sharpening.clone().transpose())
        * scale
        + arrays.bias.clone().unsqueeze::<2>();
    let strength = strength
        .clamp(-LOG_SHARPENING_LIMIT, LOG_SHARPENING_LIMIT)
        .exp();
    let keys = unit_cues.matmul(arrays.key.clone().transpose());
    let keys: Vec<Tensor<2>> = (0..heads)
        .map(|head| direction(keys.clone().narrow(1, head * dim, dim)).transpose())
        .collect();

    let mut cosines: Vec<Vec<Tensor<2>>> = vec![Vec::new(); heads];
    for block in blocks() {
        let block = direction(block);
        for (cosines, key) in cosines.iter_mut().zip(&keys) {
            cosines.push(block.clone().matmul(key.clone()));
        }
    }
    // One head has all sharpenings, or each head has its own.
    let per_head = sharpenings / heads;
    let weights = cosines
        .into_iter()
        .enumerate()
        .map(|(head, cosines)| {
            let first = activation::softmax(Tensor::cat(cosines, 0).transpose(), 1);
            let log_weights = first.add_scalar(LOG_OFFSET).log();
            sharpen(
                log_weights,
                strength.clone().narrow(1, head * per_head, per_head),
                entries,
            )
        })
        .reduce(|sum, weights| sum + weights);
    // There is at least one head: the configuration was checked.
    let Some(weights) = weights else {
        return strength;
    };
    let weights = weights.div_scalar(sharpenings as f32);

    let mut at = 0;
    let mut answers: Option<Tensor<2>> = None;
    for block in blocks() {
        let [rows, _] = block.dims();
        let part = weights.clone().narrow(1, at, rows).matmul(block);
        answers = Some(answers.map_or(part.clone(), |answers| answers + part));
        at += rows;
    }
    // The memory is not empty: reads of an empty one are refused before.
    answers.unwrap_or(strength)
}

/// Sum over the sharpenings `[b, s]` of softmax(g log w), `[b, n]`, without more than `entries`
/// weights at once (but one sharpening at least).
fn sharpen(log_weights: Tensor<2>, strength: Tensor<2>, entries: usize) -> Tensor<2> {
    let [rows, count] = log_weights.dims();
    let [_, sharpenings] = strength.dims();
    if sharpenings == 1 {
        return activation::softmax(log_weights * strength, 1);
    }
    let group = (entries / (rows * count)).clamp(1, sharpenings);
    let log_weights: Tensor<3> = log_weights.unsqueeze_dim(1);
    let mut sum: Option<Tensor<2>> = None;
    for at in (0..sharpenings).step_by(group) {
        let strength = strength.clone().narrow(1, at, group.min(sharpenings - at));
        let scores = log_weights.clone() * strength.unsqueeze_dim::<3>(2);
        let part = activation::softmax(scores, 2)
            .sum_dim(1)
            .squeeze_dim::<2>(1);
        sum = Some(match sum {
            Some(sum) => sum + part,
            None => part,
        });
    }
    // A checked configuration has at least one sharpening.
    sum.unwrap_or(strength)
}

/// The largest absolute entry of each row `[n, 1]`, or 1 for a zero row: a constant for gradients.
fn magnitude(rows: &Tensor<2>) -> Tensor<2> {
    let largest = rows.clone().detach().max_abs_dim(1);
    let zero = largest.clone().equal_scalar(0.0);
    largest.mask_fill(zero, 1.0)
}

/// Rows of length 1; a zero row stays zero.
fn direction(rows: Tensor<2>) -> Tensor<2> {
    let scale = magnitude(&rows);
    let rows = rows / scale;
    // The largest entry is 1, so that the addend is below rounding, except for a zero row.
    let norm = rows.clone().square().sum_dim(1).add_scalar(1e-12).sqrt();
    rows / norm
}
