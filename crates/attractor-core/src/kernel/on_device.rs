//! The best patterns of each cue where the patterns are tensors.
//!
//! The device says which patterns may be among the best, some more than are asked for; their entries decide, in
//! `f64`. Where it could not tell them apart, the row is searched in host memory.

use burn::tensor::{Int, Tensor};

use super::device::{SCORE_ENTRIES, Scorer, Segments, partial};
use super::exact::Exact;
use super::host::{Best, Found, Rows};
use super::score::Range;
use super::similarity::Rule;
use super::store::squared_norm;
use super::top::RowTop;
use super::{Partial, PatternStore};
use crate::{Error, Result, check};

/// Candidates beyond twice those that are asked for.
const SPARE: usize = 16;
/// Numbers of candidates that are fetched at once.
const FETCHED: usize = 8 << 20;

/// As [`super::top()`], whose checks have been made.
pub(super) fn top(
    store: &PatternStore,
    cues: Tensor<2>,
    rule: Rule<'_>,
    most: usize,
) -> Result<Vec<RowTop>> {
    let ([rows, dim], patterns) = (cues.dims(), store.len());
    let range = Range::new(rule, store, store);
    let on_host = check::to_host(cues.clone())?;
    let cue = |row: usize| &on_host[row * dim..(row + 1) * dim];
    let norms: Vec<f64> = (0..rows).map(|row| squared_norm(cue(row)).into()).collect();
    let mut found: Vec<Option<RowTop>> = vec![None; rows];
    if norms.iter().any(|&norm| range.holds(norm)) {
        let many = most.saturating_mul(2).saturating_add(SPARE).min(patterns);
        let (candidates, sums) = candidates(store, &cues, (rule, &range), many)?;
        let group = (FETCHED / (many * dim).max(1)).max(1);
        for first in (0..rows).step_by(group) {
            let rows = first..(first + group).min(rows);
            let indices = rows.clone().flat_map(|row| candidates[row].iter());
            let indices: Vec<usize> = indices.map(|found| found.index).collect();
            let fetched = check::to_host(store.select(&indices)?)?;
            let mut fetched = fetched.chunks_exact(dim);
            for row in rows {
                let mut best = Best::new(most);
                for candidate in &candidates[row] {
                    let key = fetched.next().unwrap_or_default();
                    let (rank, index) = (rule.rank(key, cue(row)), candidate.index);
                    best.offer(Found { rank, index });
                }
                // What was left out is not above the last candidate, but for rounding.
                let last = candidates[row].last().map_or(f64::NAN, |last| last.rank);
                let told = best
                    .floor()
                    .is_some_and(|floor| floor - last > range.slack(norms[row], dim));
                if range.holds(norms[row]) && (told || many == patterns) && sums[row].is_finite() {
                    let sum = f64::from(sums[row]);
                    found[row] = Some(RowTop::new(best.sorted(), sum, rule, patterns));
                }
            }
        }
    }
    if found.iter().all(Option::is_some) {
        return Ok(found.into_iter().flatten().collect());
    }
    let values = store.to_host()?;
    let exact = Exact {
        keys: &[Rows::Single(&values)],
        key_dim: dim,
        values: &[],
        value_dim: 0,
        patterns,
        rule,
    };
    let rows = found.into_iter().enumerate();
    Ok(rows
        .map(|(row, found)| found.unwrap_or_else(|| exact.top(cue(row), most)))
        .collect())
}

/// The `many` best patterns of each cue by the device's own scores, the best first, and the sums of all weights.
fn candidates(
    store: &PatternStore,
    cues: &Tensor<2>,
    (rule, range): (Rule<'_>, &Range<'_>),
    many: usize,
) -> Result<(Vec<Vec<Found>>, Vec<f32>)> {
    let (device, [rows, _]) = (cues.device(), cues.dims());
    let scorer = Scorer::new(rule, range, store, cues);
    let step = (SCORE_ENTRIES / rows).max(64);
    let mut total = Partial::empty(rows, 1, &device);
    let mut best = vec![Best::new(many); rows];
    let mut segments = Segments::new(store);
    let mut at = 0;
    while at < store.len() {
        let count = step.min(segments.left(at));
        let keys = segments.take(at, count).to_device(&device);
        let ranks = scorer.ranks(&keys, &store.squared_norms()[at..at + count]);
        let kept = many.min(count);
        let (values, indices): (Tensor<2>, Tensor<2, Int>) =
            ranks.clone().topk_with_indices(kept, 1);
        let values = check::to_host(values)?;
        let indices = indices
            .try_into_vec_as::<i64>()
            .map_err(|error| Error::Device(error.to_string()))?;
        let pairs = values.chunks_exact(kept).zip(indices.chunks_exact(kept));
        for (best, (values, indices)) in best.iter_mut().zip(pairs) {
            for (&value, &index) in values.iter().zip(indices) {
                best.offer(Found {
                    rank: value.into(),
                    // Indices of a block are not negative.
                    index: at + index as usize,
                });
            }
        }
        let nothing = Tensor::zeros([count, 1], &device);
        let scores = scorer.scores(ranks, &keys)?;
        total = total.join(partial(scores, nothing, count))?;
        at += count;
    }
    let sums = check::to_host(total.sum)?;
    Ok((best.into_iter().map(Best::sorted).collect(), sums))
}
