//! The best patterns of each cue, with their probabilities.

use burn::tensor::Tensor;

use super::host::Found;
use super::similarity::{Rule, Similarity};
use super::{PatternStore, Score, on_device, on_host};
use crate::error::require_nonzero;
use crate::{Error, Result, check};

/// A stored pattern as the answer to a cue.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ranked {
    /// Index of the pattern, in the order of writing.
    pub index: usize,
    /// Its score s, in `f64`.
    pub score: f64,
    /// Its weight in the read, `exp(s) / sum_j exp(s_j)` over all patterns, kept or not.
    pub probability: f64,
}

/// The best of some patterns for one cue.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct RowTop {
    /// Indices and scores, the best first.
    pub(super) best: Vec<(usize, f64)>,
    /// Sum of the weights of all patterns, relative to the best score.
    pub(super) sum: f64,
}

impl RowTop {
    /// Of what was found in a search of `patterns`, and the sum of all weights relative to the largest score, which
    /// may have been rounded.
    pub(super) fn new(found: Vec<Found>, sum: f64, rule: Rule<'_>, patterns: usize) -> Self {
        let scores = found
            .iter()
            .map(|found| (found.index, rule.ranked(found.rank)));
        let best: Vec<(usize, f64)> = scores.collect();
        let top = best.first().map_or(0.0, |best| best.1);
        let kept: f64 = best.iter().map(|(_, score)| (score - top).exp()).sum();
        // Probabilities do not exceed 1, and where all are kept they add up to it.
        let sum = match best.len() == patterns {
            true => kept,
            false => sum.max(kept),
        };
        Self { best, sum }
    }

    /// Of scores of all patterns, for memories that compute them by themselves.
    fn of_scores(scores: impl Iterator<Item = f64>, most: usize) -> Self {
        let (mut best, mut max, mut sum) = (super::host::Best::new(most), f64::MIN, 0.0f64);
        for (index, score) in scores.enumerate() {
            best.offer(Found { rank: score, index });
            if score > max {
                sum *= (max - score).exp();
                max = score;
            }
            sum += (score - max).exp();
        }
        let found = best.sorted().into_iter();
        Self {
            best: found.map(|found| (found.index, found.rank)).collect(),
            sum,
        }
    }

    fn join(self, later: Self, first: usize, most: usize) -> Self {
        let (Some(&(_, ours)), Some(&(_, theirs))) = (self.best.first(), later.best.first()) else {
            return match self.best.is_empty() {
                true => later,
                false => self,
            };
        };
        let top = ours.max(theirs);
        let sum = self.sum * (ours - top).exp() + later.sum * (theirs - top).exp();
        let moved = later.best.into_iter();
        let moved = moved.map(|(index, score)| (index + first, score));
        let mut best: Vec<_> = self.best.into_iter().chain(moved).collect();
        // Stable: of equal scores the earlier pattern stays before the later one.
        best.sort_by(|a, b| b.1.total_cmp(&a.1));
        best.truncate(most);
        Self { best, sum }
    }
}

/// The best patterns of `b` cues, and what all patterns together weigh.
///
/// Searches of disjoint stores merge into that of their union ([`TopK::merge`]).
#[derive(Debug, Clone, PartialEq)]
pub struct TopK {
    pub(super) rows: Vec<RowTop>,
    most: usize,
    count: usize,
}

impl TopK {
    /// The best of patterns whose scores are computed elsewhere: for each cue the scores of all of them, in order.
    ///
    /// # Errors
    /// [`Error::EmptyMemory`] if a row is empty; [`Error::Rows`] if rows differ in length; [`Error::Config`] if `k` is 0 or
    /// a score is not finite.
    pub fn of_scores<R>(rows: impl IntoIterator<Item = R>, k: usize) -> Result<Self>
    where
        R: IntoIterator<Item = f64>,
    {
        require_nonzero(K, k)?;
        let (mut found, mut count) = (Vec::new(), None);
        for row in rows {
            let row: Vec<f64> = row.into_iter().collect();
            if row.is_empty() {
                return Err(Error::EmptyMemory);
            }
            let expected = *count.get_or_insert(row.len());
            if row.len() != expected {
                return Err(Error::Rows {
                    what: "scores",
                    expected,
                    found: row.len(),
                });
            }
            if let Some(score) = row.iter().find(|score| !score.is_finite()) {
                return Err(Error::config("scores", "must be finite", score));
            }
            found.push(RowTop::of_scores(row.into_iter(), k));
        }
        Ok(Self {
            rows: found,
            most: k,
            count: count.unwrap_or(0),
        })
    }

    /// Number of cues.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether no cue was asked about.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// For each cue the best patterns, the best first and of equal scores the first one; k of them, or all where there
    /// are fewer.
    pub fn rows(&self) -> impl Iterator<Item = Vec<Ranked>> {
        self.rows.iter().map(|row| {
            let top = row.best.first().map_or(0.0, |best| best.1);
            let ranked = |&(index, score): &(usize, f64)| Ranked {
                index,
                score,
                probability: (score - top).exp() / row.sum,
            };
            row.best.iter().map(ranked).collect()
        })
    }

    /// `log sum_k exp(s_k)` over all patterns, for each cue.
    pub fn log_evidence(&self) -> Vec<f64> {
        let of = |row: &RowTop| row.best.first().map_or(f64::NEG_INFINITY, |b| b.1) + row.sum.ln();
        self.rows.iter().map(of).collect()
    }

    /// Joins the search of the patterns that follow those of `self`; the indices of `later` count on.
    ///
    /// # Errors
    /// [`Error::Rows`] if the numbers of cues differ; [`Error::Config`] if other numbers of patterns were kept.
    pub fn merge(self, later: Self) -> Result<Self> {
        if self.rows.len() != later.rows.len() {
            return Err(Error::Rows {
                what: "TopK::merge",
                expected: self.rows.len(),
                found: later.rows.len(),
            });
        }
        if self.most != later.most {
            let found = format!("{} and {}", self.most, later.most);
            return Err(Error::config("TopK::merge", "needs the same k", found));
        }
        let pairs = self.rows.into_iter().zip(later.rows);
        let rows = pairs.map(|(ours, theirs)| ours.join(theirs, self.count, self.most));
        Ok(Self {
            rows: rows.collect(),
            most: self.most,
            count: self.count + later.count,
        })
    }
}

const K: &str = "k";

/// The `k` best patterns of a store for each of the cues `[b, d]`, in one pass that keeps no more than those.
///
/// What is kept is decided by scores in `f64`, from the entries themselves: patterns are in the order of those, of equal ones
/// the first comes first, on any number of threads and with any instructions. Where the store has fewer than `k`
/// patterns, all of them are given.
///
/// # Errors
/// [`Error::EmptyMemory`]; a wrong width; no rows; NaN or infinite entries; a score parameter that is not above 0;
/// [`Error::Config`] if `k` is 0.
///
/// # Complexity
/// `2 b n d` operations in single precision, and `2 d` in double precision for each pattern that is among the best of those before
/// it; memory O(b (block + k)) beyond the store.
pub fn top(store: &PatternStore, cues: Tensor<2>, score: Score, k: usize) -> Result<TopK> {
    by_rule(store, cues, Rule::Score(score), k)
}

/// [`top`] by any similarity.
///
/// # Errors
/// As [`top`].
pub fn top_by(
    store: &PatternStore,
    cues: Tensor<2>,
    similarity: &dyn Similarity,
    k: usize,
) -> Result<TopK> {
    by_rule(store, cues, Rule::Function(similarity), k)
}

fn by_rule(store: &PatternStore, cues: Tensor<2>, rule: Rule<'_>, k: usize) -> Result<TopK> {
    rule.validate()?;
    require_nonzero(K, k)?;
    if store.is_empty() {
        return Err(Error::EmptyMemory);
    }
    let cues = cues.without_autodiff();
    check::batch("cues", &cues, store.dim())?;
    let most = k.min(store.len());
    let rows = match store.host_rows() {
        Some(blocks) => on_host::top((store, &blocks), &check::to_host(cues)?, rule, most),
        None => on_device::top(store, cues, rule, most)?,
    };
    Ok(TopK {
        rows,
        most: k,
        count: store.len(),
    })
}
