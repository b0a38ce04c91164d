//! Descent of both energies from the same cues (figure 4A of the paper), and where it can work.

use attractor::core::check;
use attractor::evaluation::{Measurement, Metric};
use attractor::priors::{FeatureKind, spinodal};
use serde::Deserialize;

use super::Cell;
use super::binary::{Binary, Class, rows};
use super::descent::{Descent, Rule};
use super::estimate::directions;
use super::memories::{Exact, features, field};
use crate::{Result, Session, Task, Work};

/// Whose answers are scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Model {
    /// The memory that keeps its patterns.
    Exact,
    /// The random features.
    Features,
}

/// What a series says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    model: Model,
    dim: usize,
    beta: f64,
    class: Class,
    flips: f64,
    queries: usize,
    rate: f64,
    steps: usize,
}

/// One number of directions.
pub(super) struct Retrieval {
    options: Options,
    binary: Binary,
    count: usize,
    descent: Descent,
}

impl Retrieval {
    pub(super) fn new(task: Task<'_>) -> Result<Self> {
        let options: Options = task.options()?;
        let descent = Descent {
            rate: options.rate,
            steps: options.steps,
            rule: Rule::Fixed,
        };
        let valid = options.beta > 0.0
            && options.beta.is_finite()
            && options.queries > 0
            && (0.0..1.0).contains(&options.flips)
            && descent.is_valid();
        if !valid {
            return Err(task.refuse(
                "expected `beta` above 0, `queries` and `steps` of at least 1, `flips` from 0 to below \
                 1 and `rate` between 0 and 2",
            ));
        }
        let binary = Binary::of(task, options.dim)?;
        Ok(Self {
            count: directions(task)?,
            options,
            binary,
            descent,
        })
    }
}

impl Cell for Retrieval {
    fn work(&self) -> Work {
        let (y, d) = (self.count as f64, self.binary.dim as f64);
        let k = self.binary.stored as f64;
        let reads = (self.options.queries * self.descent.steps) as f64;
        let wide = match self.options.model {
            Model::Exact => 0.0,
            Model::Features => y,
        };
        Work {
            flops: 4.0 * d * reads * (k + wide) + 2.0 * wide * d * k,
            bytes: 4.0 * wide * d,
        }
    }

    fn measure(&self, _: Task<'_>, session: &mut dyn Session) -> Result<Vec<Measurement>> {
        let (options, binary) = (&self.options, &self.binary);
        let device = session.device().clone();
        let host = binary.patterns();
        let patterns = rows(&host, binary.dim, &device)?;
        let cues = binary.cues(options.class, options.flips, options.queries, &host)?;
        let cues = rows(&cues, binary.dim, &device)?;
        let exact = Exact::new(options.beta, patterns.clone(), &device)?;
        let descent = self.descent;
        let truth = descent.run(cues.clone(), None, session, |x| exact.field(x))?;
        let truth = check::to_host(truth)?;
        if options.model == Model::Exact {
            return Ok(self.score(&truth, &host));
        }
        let memory = features(
            FeatureKind::SinCos,
            self.count,
            options.beta,
            binary.seed,
            patterns,
            false,
            &device,
        )?;
        let ended = descent.run(cues, None, session, |x| Ok(field(&memory, x)?.0))?;
        let (_, clipped) = field(&memory, ended.clone())?;
        let ended = check::to_host(ended)?;
        let mut measured = self.score(&ended, &host);
        let cues = clipped.len();
        let of = |metric, value| Measurement {
            metric,
            value,
            n: cues,
        };
        let other = ended.iter().zip(&truth);
        let other = other.filter(|(a, b)| binary.is_set(**a) != binary.is_set(**b));
        let lengths = ended
            .chunks_exact(binary.dim)
            .zip(truth.chunks_exact(binary.dim));
        let lengths = lengths.map(|(a, b)| distance(a, b).sqrt());
        let clipped = clipped.iter().filter(|clipped| **clipped).count();
        measured.extend([
            of(
                Metric::Disagreement,
                100.0 * other.count() as f64 / ended.len() as f64,
            ),
            of(Metric::LatentDistance, lengths.sum::<f64>() / cues as f64),
            of(Metric::Clipped, 100.0 * clipped as f64 / cues as f64),
        ]);
        Ok(measured)
    }
}

impl Retrieval {
    /// Answers `[b, dim]` against stored patterns: cue i of pattern i, unless cues are random.
    fn score(&self, answers: &[f32], patterns: &[f32]) -> Vec<Measurement> {
        let dim = self.binary.dim;
        let mut centroid = vec![0.0f32; dim];
        for row in patterns.chunks_exact(dim) {
            for (sum, entry) in centroid.iter_mut().zip(row) {
                *sum += entry / self.binary.stored as f32;
            }
        }
        let (mut exact, mut wrong, mut central) = (0, 0, 0);
        for (answer, pattern) in answers.chunks_exact(dim).zip(patterns.chunks_exact(dim)) {
            let bits = answer.iter().zip(pattern);
            let errors = bits
                .filter(|(a, b)| self.binary.is_set(**a) != self.binary.is_set(**b))
                .count();
            wrong += errors;
            exact += usize::from(errors == 0);
            let nearest = patterns
                .chunks_exact(dim)
                .map(|pattern| distance(answer, pattern))
                .fold(f64::INFINITY, f64::min);
            central += usize::from(distance(answer, &centroid) < nearest);
        }
        let n = answers.len() / dim;
        let of = |metric, value: f64| Measurement {
            metric,
            value: 100.0 * value / n as f64,
            n,
        };
        let mut measured = vec![of(Metric::AtCentroid, central as f64)];
        if self.options.class != Class::Random {
            measured.push(of(Metric::Accuracy, exact as f64));
            measured.push(of(Metric::BitError, wrong as f64 / dim as f64));
        }
        measured
    }
}

fn distance(a: &[f32], b: &[f32]) -> f64 {
    let squares = a.iter().zip(b).map(|(a, b)| f64::from(a - b).powi(2));
    squares.sum()
}

/// What a series of `spinodal` says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Window {
    dim: usize,
    stored: usize,
    queries: usize,
    steps: usize,
}

/// The exact memory started at its patterns, at a beta near the one above which they are minima.
pub(super) struct Spinodal(Retrieval);

impl Spinodal {
    pub(super) fn new(task: Task<'_>) -> Result<Self> {
        let window: Window = task.options()?;
        let beta = spinodal(window.stored) + task.level()?;
        if !(beta > 0.0 && beta.is_finite() && window.queries > 0 && window.steps > 0) {
            let text = "expected a `beta` above 0, `queries` and `steps` of at least 1";
            return Err(task.refuse(text));
        }
        let binary = Binary::with(task, window.dim, window.stored)?;
        let descent = Descent {
            rate: 1.0,
            steps: window.steps,
            rule: Rule::Fixed,
        };
        Ok(Self(Retrieval {
            options: Options {
                model: Model::Exact,
                dim: window.dim,
                beta,
                class: Class::Memory,
                flips: 0.0,
                queries: window.queries,
                rate: descent.rate,
                steps: descent.steps,
            },
            binary,
            count: 1,
            descent,
        }))
    }
}

impl Cell for Spinodal {
    fn work(&self) -> Work {
        self.0.work()
    }

    fn measure(&self, task: Task<'_>, session: &mut dyn Session) -> Result<Vec<Measurement>> {
        let mut measured = self.0.measure(task, session)?;
        measured.push(Measurement {
            metric: Metric::Beta,
            value: self.0.options.beta,
            n: 1,
        });
        Ok(measured)
    }
}
