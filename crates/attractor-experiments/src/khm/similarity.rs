//! Recall by a similarity that nothing is learned for: the other baselines of the papers.

use attractor::datasets::Split;
use attractor::evaluation::{Measurement, Metric};
use serde::Deserialize;

use super::data::Source;
use crate::{Result, Session, Task};

/// What weighs a pattern m for a cue x.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Similarity {
    /// Softmax of `-beta |x - m|`.
    Distance,
    /// Softmax of `-beta |x - m|^2`.
    SquaredDistance,
    /// Softmax of `-beta sum |x_i - m_i|`.
    Manhattan,
    /// `(x . m)^10`, over the sum of all.
    Polynomial,
}

/// What a series says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    similarity: Similarity,
    #[serde(default = "one")]
    beta: f64,
    #[serde(default)]
    source: Source,
    /// Share of entries dropped from cues.
    #[serde(default)]
    mask: f64,
    /// Names the chart of a line, for the part's `panels`; decides nothing here.
    #[serde(default, rename = "group")]
    _group: String,
}

fn one() -> f64 {
    1.0
}

/// Whether a series is of this kind.
pub(super) fn is_fixed(task: Task<'_>) -> bool {
    task.table().contains_key("similarity")
}

/// One place on one line.
pub(super) struct Fixed {
    options: Options,
    stored: usize,
    noise: f64,
}

impl Fixed {
    pub(super) fn new(task: Task<'_>) -> Result<Self> {
        let options: Options = task.options()?;
        let noise = task.cell.level.value().unwrap_or(0.0);
        options.source.check(task)?;
        let valid = (0.0..1.0).contains(&options.mask)
            && options.beta > 0.0
            && options.beta.is_finite()
            && noise >= 0.0
            && noise.is_finite();
        match valid {
            true => Ok(Self {
                options,
                stored: task.n_stored()?,
                noise,
            }),
            false => Err(task.refuse(
                "expected `mask` from 0 to below 1, `beta` above 0 and noise of at least 0",
            )),
        }
    }

    pub(super) fn needs(&self) -> Vec<(Split, usize)> {
        self.options.source.needs(self.stored, 0)
    }

    pub(super) fn measure(
        &self,
        task: Task<'_>,
        session: &mut dyn Session,
    ) -> Result<Vec<Measurement>> {
        let Options { source, mask, .. } = self.options;
        let patterns = source.draw(task, session, self.stored, false)?;
        let cues = patterns.cues(source, mask, self.noise, task.cell.seed)?;
        let (mut error, mut right) = (0.0, 0);
        for (target, cue) in cues.chunks_exact(patterns.dim).enumerate() {
            session.check()?;
            let weights = self.weights(cue, &patterns.values);
            let mut answer = vec![0.0; patterns.dim];
            let stored = patterns.values.chunks_exact(patterns.dim);
            for (weight, pattern) in weights.iter().zip(stored.clone()) {
                let entries = answer.iter_mut().zip(pattern);
                entries.for_each(|(sum, entry)| *sum += weight * f64::from(*entry));
            }
            let truth = stored.skip(target).take(1).flatten();
            let squares = answer.iter().zip(truth);
            error += squares
                .map(|(a, b)| (a - f64::from(*b)).powi(2))
                .sum::<f64>();
            let own = weights[target];
            right += usize::from(weights.iter().all(|weight| *weight <= own));
        }
        let n = self.stored;
        let of = |metric, value: f64| Measurement {
            metric,
            value: value / n as f64,
            n,
        };
        Ok(vec![
            of(Metric::SquaredError, error),
            of(Metric::Top1, 100.0 * right as f64),
        ])
    }

    /// Of all patterns, summing to 1.
    fn weights(&self, cue: &[f32], patterns: &[f32]) -> Vec<f64> {
        let patterns = patterns.chunks_exact(cue.len());
        let sum = |pattern: &[f32], term: &dyn Fn(f64, f64) -> f64| -> f64 {
            let pairs = cue.iter().zip(pattern);
            pairs.map(|(x, m)| term(f64::from(*x), f64::from(*m))).sum()
        };
        let scores = patterns.map(|pattern| match self.options.similarity {
            Similarity::Distance => -sum(pattern, &|x, m| (x - m).powi(2)).sqrt(),
            Similarity::SquaredDistance => -sum(pattern, &|x, m| (x - m).powi(2)),
            Similarity::Manhattan => -sum(pattern, &|x, m| (x - m).abs()),
            Similarity::Polynomial => sum(pattern, &|x, m| x * m),
        });
        let scores: Vec<f64> = scores.collect();
        let top = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mut weights: Vec<f64> = match self.options.similarity {
            // Of the share of the largest, so that no power overflows.
            Similarity::Polynomial => {
                let largest = scores.iter().copied().map(f64::abs).fold(0.0, f64::max);
                let largest = largest.max(f64::MIN_POSITIVE);
                scores.iter().map(|k| (k / largest).powi(10)).collect()
            }
            _ => scores
                .iter()
                .map(|score| (self.options.beta * (score - top)).exp())
                .collect(),
        };
        let total: f64 = weights.iter().sum();
        if total > 0.0 {
            weights.iter_mut().for_each(|weight| *weight /= total);
        }
        weights
    }
}
