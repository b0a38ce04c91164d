//! The backward pass of a read. The equations stand in [`super`].

mod double;

use burn::tensor::{Int, Tensor, TensorData};
use rayon::prelude::*;

use super::Owned;
use crate::autodiff::AnyTensor;
use crate::kernel::device::{SCORE_ENTRIES, Segments};
use crate::kernel::score::Range;
use crate::kernel::similarity::{Measure, Rule};
use crate::kernel::store::squared_norm;
use crate::kernel::{PatternStore, Score};
use crate::{Result, check};

/// What the backward pass needs of the forward one.
pub(super) struct Backward {
    pub(super) keys: PatternStore,
    /// `None` where the patterns are the values.
    pub(super) values: Option<PatternStore>,
    pub(super) cues: Tensor<2>,
    pub(super) mean: Tensor<2>,
    pub(super) max: Tensor<1>,
    pub(super) log_sum: Tensor<1>,
    pub(super) rule: Owned,
    /// Rows that are read in `f64`, in rising order.
    pub(super) doubted: Vec<usize>,
}

/// Gradients to cues, keys, values and the parameter; of what nobody asks for, nothing.
struct Gradients {
    cues: Tensor<2>,
    keys: Option<Tensor<2>>,
    values: Option<Tensor<2>>,
    parameter: Tensor<1>,
}

/// Some rows of the forward pass and of the gradient `[b, v + 1]`.
struct Rows {
    cues: Tensor<2>,
    mean: Tensor<2>,
    max: Tensor<2>,
    log_sum: Tensor<2>,
    gradient: Tensor<2>,
}

impl Backward {
    fn value_store(&self) -> &PatternStore {
        self.values.as_ref().unwrap_or(&self.keys)
    }

    pub(super) fn pull_back(
        &self,
        gradient: Tensor<2>,
        asked: [bool; 4],
    ) -> Result<[Option<AnyTensor>; 4]> {
        let [rows, _] = gradient.dims();
        let all = Rows {
            cues: self.cues.clone(),
            mean: self.mean.clone(),
            max: self.max.clone().unsqueeze_dim(1),
            log_sum: self.log_sum.clone().unsqueeze_dim(1),
            gradient,
        };
        let found = match self.doubted.len() {
            0 => self.single(&all, asked)?,
            count if count == rows => self.double(&all, asked)?,
            _ => {
                let doubted = |row: &usize| self.doubted.binary_search(row).is_ok();
                let held: Vec<usize> = (0..rows).filter(|row| !doubted(row)).collect();
                let single = self.single(&all.select(&held), asked)?;
                let double = self.double(&all.select(&self.doubted), asked)?;
                single.join(double, &held, &self.doubted)
            }
        };
        Ok([
            asked[0].then(|| found.cues.into()),
            found.keys.filter(|_| asked[1]).map(Into::into),
            found.values.filter(|_| asked[2]).map(Into::into),
            asked[3].then(|| found.parameter.into()),
        ])
    }

    /// Of rows whose scores single precision holds.
    fn single(&self, rows: &Rows, asked: [bool; 4]) -> Result<Gradients> {
        let (device, [count, dim]) = (rows.cues.device(), rows.cues.dims());
        let (values, rule) = (self.value_store(), self.rule.rule());
        let width = values.dim();
        let along = rows.gradient.clone().narrow(1, 0, width);
        let level = rows.gradient.clone().narrow(1, width, 1)
            - (along.clone() * rows.mean.clone()).sum_dim(1);
        let distances = rule.measure() == Measure::SquaredDistance;
        let step = (SCORE_ENTRIES / count).max(64);
        let mut key_segments = Segments::new(&self.keys);
        let mut value_segments = Segments::new(values);
        // Differences do not change with the origin, and cancel least at the patterns.
        let first = key_segments.left(0);
        let origin = key_segments.take(0, first).to_device(&device).mean_dim(0);
        let origin = if distances {
            origin
        } else {
            origin.zeros_like()
        };
        let cues = rows.cues.clone() - origin.clone();
        let looks = Looks::new(self, rows)?;

        let mut of_cues = Tensor::<2>::zeros([count, dim], &device);
        let mut pulls = Tensor::<2>::zeros([count, 1], &device);
        let mut parameter = Tensor::<1>::zeros([1], &device);
        let (mut of_keys, mut of_values) = (Vec::new(), Vec::new());
        let mut at = 0;
        while at < self.keys.len() {
            let step = step.min(key_segments.left(at)).min(value_segments.left(at));
            let raw = key_segments.take(at, step).to_device(&device);
            let mixed = value_segments.take(at, step).to_device(&device);
            let keys = raw.clone() - origin.clone();
            let products = cues.clone().matmul(keys.clone().transpose());
            let measures = if distances {
                let squares = |x: &Tensor<2>| x.clone().square().sum_dim(1);
                let sums = squares(&cues) + squares(&keys).transpose();
                let squares = (sums - products * 2.0).clamp_min(0.0);
                match &looks {
                    Some(looks) => looks.again(squares, &raw)?,
                    None => squares,
                }
            } else {
                products
            };
            let (scores, slopes) = scored(rule, measures.clone())?;
            let weights = (scores - rows.max.clone() - rows.log_sum.clone()).exp();
            let gains = along.clone().matmul(mixed.transpose()) + level.clone();
            let of_scores = weights.clone() * gains;
            if asked[3] {
                parameter = parameter + (of_scores.clone() * measures).sum();
            }
            let pull = match slopes {
                Some(slopes) => of_scores * slopes,
                None => of_scores.mul_scalar(rule.slope(0.0) as f32),
            };
            of_cues = of_cues + pull.clone().matmul(keys.clone());
            pulls = pulls + pull.clone().sum_dim(1);
            let back = weights.transpose();
            let direct =
                (asked[1] && self.values.is_none() || asked[2]).then(|| back.matmul(along.clone()));
            if asked[1] {
                let towards = pull.clone().transpose().matmul(cues.clone());
                let own = match distances {
                    true => (keys * pull.sum_dim(0).transpose() - towards) * 2.0,
                    false => towards,
                };
                of_keys.push(match (&direct, &self.values) {
                    (Some(direct), None) => own + direct.clone(),
                    _ => own,
                });
            }
            of_values.extend(direct.filter(|_| asked[2]));
            at += step;
        }
        if distances {
            of_cues = (cues * pulls - of_cues) * 2.0;
        }
        let whole = |parts: Vec<Tensor<2>>| (!parts.is_empty()).then(|| Tensor::cat(parts, 0));
        Ok(Gradients {
            cues: of_cues,
            keys: whole(of_keys),
            values: whole(of_values),
            parameter: parameter.mul_scalar(per_parameter(rule)),
        })
    }
}

impl Rows {
    fn select(&self, rows: &[usize]) -> Self {
        let count = rows.len();
        let rows: Vec<i64> = rows.iter().map(|&row| row as i64).collect();
        let device = self.cues.device();
        let rows = Tensor::<1, Int>::from_data(TensorData::new(rows, [count]), &device);
        let of = |tensor: &Tensor<2>| tensor.clone().select(0, rows.clone());
        Self {
            cues: of(&self.cues),
            mean: of(&self.mean),
            max: of(&self.max),
            log_sum: of(&self.log_sum),
            gradient: of(&self.gradient),
        }
    }
}

impl Gradients {
    /// With those of other rows; both lists of rows are in rising order and make up all of them.
    fn join(self, other: Self, own_rows: &[usize], other_rows: &[usize]) -> Self {
        let mut place: Vec<(usize, i64)> = own_rows
            .iter()
            .chain(other_rows)
            .copied()
            .zip(0..)
            .collect();
        place.sort_unstable();
        let count = place.len();
        let place: Vec<i64> = place.into_iter().map(|(_, at)| at).collect();
        let device = self.cues.device();
        let place = Tensor::<1, Int>::from_data(TensorData::new(place, [count]), &device);
        let sum = |a: Option<Tensor<2>>, b: Option<Tensor<2>>| match (a, b) {
            (Some(a), Some(b)) => Some(a + b),
            (one, other) => one.or(other),
        };
        Self {
            cues: Tensor::cat(vec![self.cues, other.cues], 0).select(0, place),
            keys: sum(self.keys, other.keys),
            values: sum(self.values, other.values),
            parameter: self.parameter + other.parameter,
        }
    }
}

/// What `ds/dparameter` is, times the measure.
fn per_parameter(rule: Rule<'_>) -> f32 {
    match rule {
        Rule::Score(Score::SquaredDistance { variance }) => 0.5 / (variance * variance),
        // A function has no parameter that anybody asks for.
        Rule::Score(Score::Dot { .. }) | Rule::Function(_) => 1.0,
    }
}

/// Scores of measures, and their slopes where these are not one number.
fn scored(rule: Rule<'_>, measures: Tensor<2>) -> Result<(Tensor<2>, Option<Tensor<2>>)> {
    match rule {
        Rule::Score(_) => {
            let slope = rule.slope(0.0) as f32;
            Ok((measures.mul_scalar(slope), None))
        }
        Rule::Function(similarity) => {
            let (shape, device) = (measures.dims(), measures.device());
            let mut slopes = check::to_host(measures.clone())?;
            for slope in &mut slopes {
                *slope = similarity.slope(f64::from(*slope)) as f32;
            }
            let slopes = Tensor::from_data(TensorData::new(slopes, shape), &device);
            Ok((similarity.score_tensor(measures)?, Some(slopes)))
        }
    }
}

/// Where squared distances are computed again: those of patterns that have a weight.
struct Looks {
    /// Cues in host memory, and below which squared distance of each another look is worth it.
    cues: Vec<f32>,
    below: Vec<f32>,
}

impl Looks {
    fn new(pass: &Backward, rows: &Rows) -> Result<Option<Self>> {
        let (keys, rule) = (&pass.keys, pass.rule.rule());
        let Rule::Score(Score::SquaredDistance { variance }) = rule else {
            return Ok(None);
        };
        if keys.host_rows().is_none() {
            return Ok(None);
        }
        let range = Range::new(rule, keys, pass.value_store());
        let (cues, max) = (
            check::to_host(rows.cues.clone())?,
            check::to_host(rows.max.clone())?,
        );
        let norms = cues.chunks_exact(keys.dim()).map(squared_norm);
        let below = norms.zip(max).map(|(norm, max)| {
            let margin = range.margin(norm.into());
            margin.map_or(f32::NEG_INFINITY, |margin| 2.0 * variance * (margin - max))
        });
        let below: Vec<f32> = below.collect();
        let any = below.iter().any(|&below| below > 0.0);
        Ok(any.then_some(Self { cues, below }))
    }
}

impl Looks {
    /// Squared distances `[b, rows]`, those of near patterns from the differences.
    fn again(&self, squares: Tensor<2>, keys: &Tensor<2>) -> Result<Tensor<2>> {
        let Self { cues, below } = self;
        let ([rows, count], [_, dim]) = (squares.dims(), keys.dims());
        let (device, keys) = (squares.device(), check::to_host(keys.clone())?);
        let mut values = check::to_host(squares)?;
        values
            .par_chunks_exact_mut(count)
            .zip(cues.par_chunks_exact(dim))
            .zip(below.par_iter())
            .for_each(|((row, cue), &below)| {
                for (square, key) in row.iter_mut().zip(keys.chunks_exact(dim)) {
                    if *square < below {
                        *square = crate::kernel::host::squared_distance(key, cue) as f32;
                    }
                }
            });
        Ok(Tensor::from_data(
            TensorData::new(values, [rows, count]),
            &device,
        ))
    }
}
