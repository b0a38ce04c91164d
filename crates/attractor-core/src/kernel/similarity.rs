//! Scores of any kind: functions of a squared distance or of a dot product.

use burn::tensor::{Tensor, TensorData};

use super::exact::dot;
use super::host::squared_distance;
use super::score::Score;
use crate::{Result, check};

/// What of a cue and a pattern a score is a function of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Measure {
    /// `u . m`
    Product,
    /// `|u - m|^2`
    SquaredDistance,
}

/// How well a cue matches a pattern, as a function `s = f(x)` of one measure x of both: what makes
/// [`super::read_by`] and [`super::top_by`] read a mixture of any such densities without the array of all
/// scores.
///
/// A better match must not have a lower score: f rises with products and falls with distances. A Student-t
/// mixture, whose score falls with the logarithm of the distance:
///
/// ```
/// use attractor_core::kernel::{Measure, PatternStore, Similarity, read_by};
/// use attractor_core::burn::tensor::Tensor;
///
/// /// `s = -(nu + d) / 2 log(1 + |u - m|^2 / nu)`
/// #[derive(Debug, Clone)]
/// struct StudentT {
///     nu: f64,
///     dim: f64,
/// }
///
/// impl Similarity for StudentT {
///     fn measure(&self) -> Measure {
///         Measure::SquaredDistance
///     }
///     fn score(&self, distance: f64) -> f64 {
///         -0.5 * (self.nu + self.dim) * (distance / self.nu).ln_1p()
///     }
///     fn slope(&self, distance: f64) -> f64 {
///         -0.5 * (self.nu + self.dim) / (self.nu + distance)
///     }
///     fn steepest(&self) -> f64 {
///         self.slope(0.0).abs()
///     }
/// }
///
/// # fn main() -> attractor_core::Result<()> {
/// # let device = attractor_core::Backend::available()[0].open()?;
/// let mut store = PatternStore::new(2, &device)?;
/// store.push(Tensor::from_data([[0.0, 0.0], [4.0, 0.0]], &device))?;
/// let cue = Tensor::from_data([[1.0, 0.0]], &device);
/// let partial = read_by(&store, &store, cue, &StudentT { nu: 1.0, dim: 2.0 })?;
/// // Weights 2^(-3/2) and 10^(-3/2).
/// let expected = 4.0 * 10f32.powf(-1.5) / (2f32.powf(-1.5) + 10f32.powf(-1.5));
/// let answer: Vec<f32> = partial.mean()?.into_data().try_into_vec().unwrap();
/// assert!((answer[0] - expected).abs() < 1e-5);
/// # Ok(())
/// # }
/// ```
pub trait Similarity: Send + Sync + std::fmt::Debug {
    /// What the score is a function of.
    fn measure(&self) -> Measure;

    /// The score f(x) of a measure x.
    fn score(&self, measure: f64) -> f64;

    /// The derivative f'(x): what gradients of a read are made of.
    fn slope(&self, measure: f64) -> f64;

    /// The largest `|f'(x)|` there is. Where rounding of a measure, times the slope there, could be seen in a score,
    /// the measure is computed again in `f64`; below this bound nobody looks.
    fn steepest(&self) -> f64;

    /// [`Similarity::score`] of many measures, in place. By default one by one in `f64`; a loop in single
    /// precision is faster.
    fn score_all(&self, measures: &mut [f32]) {
        for measure in measures {
            *measure = self.score(f64::from(*measure)) as f32;
        }
    }

    /// [`Similarity::score`] of measures on a device. By default through host memory.
    ///
    /// # Errors
    /// [`crate::Error::Device`].
    fn score_tensor(&self, measures: Tensor<2>) -> Result<Tensor<2>> {
        let (shape, device) = (measures.dims(), measures.device());
        let mut values = check::to_host(measures)?;
        self.score_all(&mut values);
        Ok(Tensor::from_data(TensorData::new(values, shape), &device))
    }
}

/// The built-in scores, which the kernel computes as they are, or any other.
#[derive(Debug, Clone, Copy)]
pub(super) enum Rule<'a> {
    Score(Score),
    Function(&'a dyn Similarity),
}

impl Rule<'_> {
    pub(super) fn validate(self) -> Result<()> {
        match self {
            Self::Score(score) => score.validate(),
            Self::Function(similarity) => {
                crate::error::require_positive("Similarity::steepest", similarity.steepest())
            }
        }
    }

    pub(super) fn measure(self) -> Measure {
        match self {
            Self::Score(Score::Dot { .. }) => Measure::Product,
            Self::Score(Score::SquaredDistance { .. }) => Measure::SquaredDistance,
            Self::Function(similarity) => similarity.measure(),
        }
    }

    /// The score of a measure, in `f64`.
    pub(super) fn at(self, measure: f64) -> f64 {
        match self {
            Self::Score(Score::Dot { beta }) => f64::from(beta) * measure,
            Self::Score(Score::SquaredDistance { variance }) => {
                -0.5 * measure / f64::from(variance)
            }
            Self::Function(similarity) => similarity.score(measure),
        }
    }

    /// The slope of the score at a measure.
    pub(super) fn slope(self, measure: f64) -> f64 {
        match self {
            Self::Score(Score::Dot { beta }) => beta.into(),
            Self::Score(Score::SquaredDistance { variance }) => -0.5 / f64::from(variance),
            Self::Function(similarity) => similarity.slope(measure),
        }
    }

    /// The score of a pattern for a cue, from their entries, in `f64`.
    pub(super) fn of(self, key: &[f32], cue: &[f32]) -> f64 {
        self.at(self.measured(key, cue))
    }

    /// What patterns are ranked by: the score, or, of a function, the measure, with the sign of distances changed.
    pub(super) fn rank(self, key: &[f32], cue: &[f32]) -> f64 {
        let measure = self.measured(key, cue);
        let rank = match (self, self.measure()) {
            (Self::Score(_), _) => self.at(measure),
            (Self::Function(_), Measure::Product) => measure,
            (Self::Function(_), Measure::SquaredDistance) => -measure,
        };
        // Equal ranks are equal: no zero below another.
        rank + 0.0
    }

    /// The score of a rank.
    pub(super) fn ranked(self, rank: f64) -> f64 {
        match (self, self.measure()) {
            (Self::Score(_), _) => rank,
            (Self::Function(similarity), Measure::Product) => similarity.score(rank),
            (Self::Function(similarity), Measure::SquaredDistance) => similarity.score(-rank),
        }
    }

    /// The measure of a pattern and a cue, from their entries, in `f64`.
    pub(super) fn measured(self, key: &[f32], cue: &[f32]) -> f64 {
        match self.measure() {
            Measure::Product => dot(key, cue),
            Measure::SquaredDistance => squared_distance(key, cue),
        }
    }
}
