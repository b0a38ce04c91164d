//! Errors of estimated energies and gradients (figures 3 and 5 of the paper).

use attractor::core::burn::tensor::Tensor;
use attractor::core::check;
use attractor::evaluation::{Measurement, Metric};
use attractor::priors::{FeatureKind, RandomFeatures};
use serde::Deserialize;

use super::Cell;
use super::binary::{Binary, Class, rows};
use super::memories::{Exact, Field, features, field};
use crate::{Result, Session, Task, Work};

/// Mean of the absolute value of a normal variable.
const MEAN_ABSOLUTE: f64 = 0.797_884_560_8;

/// What a series says.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    /// Bits of a pattern.
    dim: usize,
    /// Inverse temperature; the level of `slope`.
    #[serde(default)]
    beta: f64,
    class: Class,
    /// Share of bits turned over in near cues.
    flips: f64,
    /// Cues at most, one for each pattern.
    queries: usize,
    #[serde(default)]
    features: FeatureKind,
    /// Directions that a slope is fitted over.
    #[serde(default)]
    counts: Vec<usize>,
    /// The errors expected at stored patterns instead of measured ones.
    #[serde(default)]
    expected: bool,
}

impl Options {
    fn of(task: Task<'_>, beta: Option<f64>) -> Result<Self> {
        let mut options: Self = task.options()?;
        options.beta = beta.unwrap_or(options.beta);
        let valid = options.beta > 0.0
            && options.beta.is_finite()
            && options.queries > 0
            && (0.0..1.0).contains(&options.flips);
        let text = "expected `beta` above 0, `queries` of at least 1 and `flips` from 0 to below 1";
        match valid {
            true => Ok(options),
            false => Err(task.refuse(text)),
        }
    }
}

/// A number of directions from a level.
pub(super) fn directions(task: Task<'_>) -> Result<usize> {
    let level = task.level()?;
    let refused = || task.misplaced("levels", "a whole number of directions", level);
    task.counted(level, 1).ok_or_else(refused)
}

/// One number of directions.
pub(super) struct Estimate {
    options: Options,
    binary: Binary,
    count: usize,
}

impl Estimate {
    pub(super) fn new(task: Task<'_>) -> Result<Self> {
        let options = Options::of(task, None)?;
        let binary = Binary::of(task, options.dim)?;
        Ok(Self {
            count: directions(task)?,
            options,
            binary,
        })
    }

    fn errors(&self, session: &dyn Session) -> Result<Errors> {
        let (options, binary) = (&self.options, &self.binary);
        let device = session.device();
        let host = binary.patterns();
        let patterns = rows(&host, binary.dim, device)?;
        let cues = binary.cues(options.class, options.flips, options.queries, &host)?;
        let cues = rows(&cues, binary.dim, device)?;
        let exact = Exact::new(options.beta, patterns.clone(), device)?;
        let (kind, beta) = (options.features, options.beta);
        let memory = features(kind, self.count, beta, binary.seed, patterns, false, device)?;
        session.check()?;
        Errors::of(&exact, &memory, beta, cues)
    }
}

impl Cell for Estimate {
    fn work(&self) -> Work {
        let (y, d) = (self.count as f64, self.binary.dim as f64);
        let passes = self.binary.stored as f64 + 2.0 * self.options.queries as f64;
        match self.options.expected {
            true => Work::default(),
            false => Work {
                flops: 2.0 * y * d * passes,
                bytes: 4.0 * y * d,
            },
        }
    }

    fn measure(&self, _: Task<'_>, session: &mut dyn Session) -> Result<Vec<Measurement>> {
        if self.options.expected {
            let (k, y) = (self.binary.stored as f64, self.count as f64);
            return Ok(expected(k, y, self.options.beta, self.binary.dim));
        }
        Ok(self.errors(session)?.measurements())
    }
}

/// At stored patterns, S near 1 and patterns without overlap: `0.80 sqrt(K / 2Y) / beta` for the
/// energy, `0.80 sqrt(K / (2Y beta))` for an entry of the gradient.
fn expected(k: f64, y: f64, beta: f64, dim: usize) -> Vec<Measurement> {
    let spread = (k / (2.0 * y)).sqrt();
    let of = |metric, value| Measurement {
        metric,
        value,
        n: 1,
    };
    vec![
        of(Metric::EnergyError, MEAN_ABSOLUTE * spread / beta),
        of(Metric::GradientError, MEAN_ABSOLUTE * spread / beta.sqrt()),
        of(
            Metric::GradientDistance,
            spread * (dim as f64 / beta).sqrt(),
        ),
        of(Metric::RelativeError, spread),
    ]
}

/// Errors of a batch of cues.
pub(super) struct Errors {
    pub(super) energy: f64,
    pub(super) gradient: f64,
    distance: f64,
    relative: f64,
    clipped: f64,
    cues: usize,
}

impl Errors {
    pub(super) fn of(
        exact: &Exact,
        memory: &RandomFeatures,
        beta: f64,
        cues: Tensor<2>,
    ) -> Result<Self> {
        let [count, dim] = cues.dims();
        let truth = exact.field(cues.clone())?;
        let (found, clipped) = field(memory, cues)?;
        let Field { gradient, energy } = found;
        let differences = check::to_host(gradient - truth.gradient)?;
        let n = count as f64;
        let mean = |sum: f64| sum / n;
        let pairs = || energy.iter().zip(&truth.energy).map(|(a, b)| a - b);
        let lengths = differences.chunks_exact(dim).map(|row| {
            let squares = row.iter().map(|value| f64::from(*value).powi(2));
            squares.sum::<f64>().sqrt()
        });
        let absolute = differences.iter().map(|value| f64::from(value.abs()));
        let relative = pairs().map(|difference| (-beta * difference).exp_m1().powi(2));
        Ok(Self {
            energy: mean(pairs().map(f64::abs).sum()),
            gradient: mean(absolute.sum::<f64>() / dim as f64),
            distance: mean(lengths.sum()),
            relative: mean(relative.sum()).sqrt(),
            clipped: 100.0 * mean(clipped.iter().filter(|clipped| **clipped).count() as f64),
            cues: count,
        })
    }

    pub(super) fn measurements(&self) -> Vec<Measurement> {
        let of = |metric, value| Measurement {
            metric,
            value,
            n: self.cues,
        };
        vec![
            of(Metric::EnergyError, self.energy),
            of(Metric::GradientError, self.gradient),
            of(Metric::GradientDistance, self.distance),
            of(Metric::RelativeError, self.relative),
            of(Metric::Clipped, self.clipped),
        ]
    }
}

/// The power with which the error of the gradient falls with the number of directions.
pub(super) struct Slope(Vec<Estimate>);

impl Slope {
    pub(super) fn new(task: Task<'_>) -> Result<Self> {
        let options = Options::of(task, Some(task.level()?))?;
        let binary = Binary::of(task, options.dim)?;
        if options.counts.len() < 2 || options.counts.contains(&0) {
            return Err(task.refuse("expected at least two `counts` of at least 1"));
        }
        let estimates = options.counts.iter().map(|&count| Estimate {
            options: options.clone(),
            binary,
            count,
        });
        Ok(Self(estimates.collect()))
    }
}

impl Cell for Slope {
    fn work(&self) -> Work {
        let all = self.0.iter().map(Cell::work);
        all.fold(Work::default(), |sum, one| Work {
            flops: sum.flops + one.flops,
            bytes: sum.bytes.max(one.bytes),
        })
    }

    fn measure(&self, _: Task<'_>, session: &mut dyn Session) -> Result<Vec<Measurement>> {
        let mut pairs = Vec::new();
        for estimate in &self.0 {
            pairs.push((estimate.count as f64, estimate.errors(session)?.gradient));
        }
        let fitted = crate::capacity::sweep::power(&pairs);
        Ok(fitted
            .map(|(value, _)| Measurement {
                metric: Metric::Exponent,
                value,
                n: pairs.len(),
            })
            .into_iter()
            .collect())
    }
}
