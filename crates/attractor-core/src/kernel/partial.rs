//! The mergeable state of a softmax read.

use burn::tensor::{Device, Int, Tensor, TensorData};

use crate::weights::Weights;
use crate::{Error, Result, check};

/// The maximum of an empty partial: below every score, yet finite, so that differences of two
/// maxima are never NaN.
pub(crate) const NOTHING: f32 = f32::MIN;
/// Scores beyond this, either way, are given as this: which of two such scores is the larger is not
/// known any more.
pub(super) const LARGEST_SCORE: f64 = 1e38;

/// The unfinished softmax read of `b` cues over some patterns.
///
/// With m the largest score of a row: `max = m`, `sum = sum_k exp(s_k - m)`,
/// `weighted = sum_k exp(s_k - m) v_k`. Partials over disjoint sets of patterns merge
/// ([`Partial::merge`]) into the partial over the union, in any order, up to rounding.
#[derive(Debug, Clone)]
pub struct Partial {
    /// Largest score per row, `[b]`.
    pub max: Tensor<1>,
    /// Sum of exponentials per row, `[b]`.
    pub sum: Tensor<1>,
    /// Weighted sum of values, `[b, d]`.
    pub weighted: Tensor<2>,
    /// Index of the pattern with the largest score per row, `[b]`, counted from the first pattern
    /// of the first merged part.
    pub best: Tensor<1, Int>,
    /// Number of patterns seen.
    pub count: usize,
}

impl Partial {
    /// The partial over no patterns at all: neutral in [`Partial::merge`].
    pub fn empty(rows: usize, dim: usize, device: &Device) -> Self {
        Self {
            max: Tensor::full([rows], NOTHING, device),
            sum: Tensor::zeros([rows], device),
            weighted: Tensor::zeros([rows, dim], device),
            best: Tensor::zeros([rows], device),
            count: 0,
        }
    }

    /// Joins the partial of the patterns that follow those of `self`.
    ///
    /// # Errors
    /// [`Error::Rows`] or [`Error::Width`] if the shapes differ; [`Error::Config`] if the largest scores
    /// of a row both lie beyond 1e38, where single precision does not say which is larger.
    pub fn merge(self, other: Self) -> Result<Self> {
        let largest = LARGEST_SCORE as f32;
        let (ours, theirs) = (
            check::to_host(self.max.clone())?,
            check::to_host(other.max.clone())?,
        );
        let mut pairs = ours.iter().zip(&theirs);
        if let Some((found, _)) = pairs.find(|(a, b)| a == b && a.abs() == largest) {
            return Err(Error::config(
                "Partial::merge",
                "needs scores that single precision tells apart, below 1e38",
                format!("{found:e} on both sides"),
            ));
        }
        self.join(other)
    }

    /// [`Partial::merge`] without the look at the scores, for those that are known to be in range.
    pub(super) fn join(self, other: Self) -> Result<Self> {
        let ([rows, dim], [other_rows, other_dim]) = (self.weighted.dims(), other.weighted.dims());
        if rows != other_rows {
            return Err(Error::Rows {
                what: "Partial::merge",
                expected: rows,
                found: other_rows,
            });
        }
        if dim != other_dim {
            return Err(Error::Width {
                what: "Partial::merge",
                expected: dim,
                rows: other_rows,
                found: other_dim,
            });
        }
        let max = self.max.clone().max_pair(other.max.clone());
        let ours = (self.max.clone() - max.clone()).exp();
        let theirs = (other.max.clone() - max.clone()).exp();
        // Of equal scores the first pattern wins, as in one pass over both.
        let later = other.max.greater(self.max);
        let best = self
            .best
            .mask_where(later, other.best.add_scalar(self.count as i64));
        Ok(Self {
            sum: self.sum * ours.clone() + other.sum * theirs.clone(),
            weighted: self.weighted * ours.unsqueeze_dim(1)
                + other.weighted * theirs.unsqueeze_dim(1),
            max,
            best,
            count: self.count + other.count,
        })
    }

    /// The answer `[b, d]`: the softmax-weighted mean of the values.
    ///
    /// # Errors
    /// [`Error::EmptyMemory`] if no pattern was seen.
    pub fn mean(&self) -> Result<Tensor<2>> {
        self.seen()?;
        Ok(self.weighted.clone() / self.sum.clone().unsqueeze_dim(1))
    }

    /// log sum_k exp(s_k) per row, `[b]`.
    ///
    /// # Errors
    /// [`Error::EmptyMemory`] if no pattern was seen.
    pub fn log_sum_exp(&self) -> Result<Tensor<1>> {
        self.seen()?;
        Ok(self.sum.clone().log() + self.max.clone())
    }

    /// For a file or another machine: the arrays `max`, `sum`, `weighted`, `best`, and the count.
    ///
    /// # Errors
    /// [`Error::Device`] if the device cannot be read.
    pub fn to_weights(&self) -> Result<Weights> {
        let mut weights = Weights::new();
        weights.insert_tensor("max", self.max.clone())?;
        weights.insert_tensor("sum", self.sum.clone())?;
        weights.insert_tensor("weighted", self.weighted.clone())?;
        let best = self
            .best
            .clone()
            .try_into_vec_as::<i64>()
            .map_err(|error| Error::Device(error.to_string()))?;
        weights.set_metadata("best", join(&best));
        weights.set_metadata("count", self.count.to_string());
        Ok(weights)
    }

    /// The inverse of [`Partial::to_weights`].
    ///
    /// # Errors
    /// [`Error::Weights`] naming what is missing or has the wrong shape.
    pub fn from_weights(weights: &Weights, device: &Device) -> Result<Self> {
        let fail = |reason: String| Error::Weights {
            path: weights.path.clone(),
            reason,
        };
        let &[rows, dim] = weights.shape("weighted")? else {
            return Err(fail("`weighted`: expected two dimensions".into()));
        };
        let best = weights
            .metadata("best")
            .map(|text| {
                text.split_terminator(' ')
                    .map(str::parse)
                    .collect::<Result<Vec<i64>, _>>()
            })
            .and_then(Result::ok)
            .filter(|best| best.len() == rows)
            .ok_or_else(|| fail(format!("metadata `best`: expected {rows} indices")))?;
        let count = weights
            .metadata("count")
            .and_then(|text| text.parse().ok())
            .ok_or_else(|| fail("metadata `count`: expected a number".into()))?;
        Ok(Self {
            max: weights.tensor("max", [rows], device)?,
            sum: weights.tensor("sum", [rows], device)?,
            weighted: weights.tensor("weighted", [rows, dim], device)?,
            best: Tensor::from_data(TensorData::new(best, [rows]), device),
            count,
        })
    }

    /// Index of the best pattern of each row, on the host.
    ///
    /// # Errors
    /// [`Error::EmptyMemory`] if no pattern was seen; [`Error::Device`].
    pub fn best_indices(&self) -> Result<Vec<usize>> {
        self.seen()?;
        let best = self
            .best
            .clone()
            .try_into_vec_as::<i64>()
            .map_err(|error| Error::Device(error.to_string()))?;
        // Indices count patterns: never negative.
        Ok(best
            .into_iter()
            .map(|index| index.max(0) as usize)
            .collect())
    }

    /// Largest score of each row, on the host.
    ///
    /// # Errors
    /// [`Error::EmptyMemory`] if no pattern was seen; [`Error::Device`].
    pub fn best_scores(&self) -> Result<Vec<f32>> {
        self.seen()?;
        check::to_host(self.max.clone())
    }

    fn seen(&self) -> Result<()> {
        if self.count == 0 {
            Err(Error::EmptyMemory)
        } else {
            Ok(())
        }
    }
}

fn join(indices: &[i64]) -> String {
    let texts: Vec<String> = indices.iter().map(i64::to_string).collect();
    texts.join(" ")
}
