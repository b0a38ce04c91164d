//! Constraints learned from samples, and words with entries missing.

use attractor::core::rng;
use attractor::evaluation::{Measurement, Metric};
use attractor::sparse_recovery::ensembles::{self, Ensemble, Errors};
use attractor::sparse_recovery::erasures;
use attractor::sparse_recovery::faer::Mat;
use attractor::sparse_recovery::linalg::columns;
use attractor::sparse_recovery::recovery::{Settings, Solver, Status, recover};
use attractor::sparse_recovery::subspace::{RankRule, Subspace};
use serde::Deserialize;

use super::{Cell, RECALLED, Tally, missed};
use crate::{Result, Session, Task};

/// What a series of `learning` says.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    n: usize,
    constraints: usize,
    ensemble: Ensemble,
    /// Wrong entries of a word.
    errors: usize,
    /// Standard deviation of every entry of a sample around the subspace, in units of the patterns' own.
    noise: f64,
    words: usize,
}

/// One number of samples.
pub(super) struct Learning {
    options: Options,
    samples: usize,
}

impl Learning {
    pub(super) fn new(task: Task<'_>) -> Result<Self> {
        let options: Options = task.options()?;
        let sizes = options.constraints > 0 && options.constraints < options.n;
        let noise = options.noise >= 0.0 && options.noise.is_finite();
        if !sizes || !noise || options.words == 0 || options.errors > options.n {
            return Err(task.refuse(
                "expected `constraints` from 1 to below `n`, `noise` of at least 0, `words` of at \
                 least 1 and `errors` of at most `n`",
            ));
        }
        Ok(Self {
            samples: task.n_stored()?,
            options,
        })
    }
}

/// Patterns of a subspace as columns, each of variance 1 per entry on average, with noise.
fn samples(own: &Subspace, count: usize, noise: f64, seed: u64) -> Result<Mat<f64>> {
    let size = (own.width() as f64 / own.rank() as f64).sqrt();
    let mut random = rng::stream(seed, "sparse recovery samples");
    let coordinates: Vec<Vec<f64>> = (0..count)
        .map(|_| {
            let drawn = rng::normal_vec(&mut random, own.rank());
            drawn.into_iter().map(|x| size * f64::from(x)).collect()
        })
        .collect();
    let points = own.points(&coordinates)?;
    let mut random = rng::stream(seed, "sparse recovery sample noise");
    let drawn = rng::normal_vec(&mut random, count * own.width());
    Ok(Mat::from_fn(own.width(), count, |i, j| {
        points[(i, j)] + noise * f64::from(drawn[j * own.width() + i])
    }))
}

impl Cell for Learning {
    fn measure(&self, task: Task<'_>, session: &mut dyn Session) -> Result<Vec<Measurement>> {
        session.check()?;
        let Options {
            n,
            constraints,
            ensemble,
            errors,
            noise,
            words,
        } = self.options;
        let seed = task.cell.seed;
        let truth = ensembles::subspace(ensemble, n, n - constraints, seed)?;
        let shown = samples(&truth, self.samples, noise, seed)?;
        // Nobody says how many dimensions there are.
        let rule = match noise > 0.0 {
            true => RankRule::LargestGap,
            false => RankRule::Exact,
        };
        let learned = Subspace::fit(&shown, false, rule)?;
        // Words are clean; what was learned is not.
        let size = (n as f64 / truth.rank() as f64).sqrt();
        let mut all = Vec::with_capacity(words);
        for index in 0..words as u64 {
            all.push(ensembles::words(
                &truth,
                errors,
                Errors::Gaussian,
                seed,
                index,
            )?);
        }
        let scaled: Vec<Vec<f64>> = all
            .iter()
            .map(|word| {
                word.pattern
                    .iter()
                    .zip(&word.error)
                    .map(|(x, e)| size * x + size * e)
                    .collect()
            })
            .collect();
        let settings = match noise > 0.0 {
            true => Settings {
                noise: (noise * (n as f64).sqrt()).max(1e-9),
                ..Settings::default()
            },
            false => Settings::default(),
        };
        let found = recover(&learned, &columns(n, &scaled)?, &Solver::Admm, &settings)?;
        let limit = RECALLED.max(10.0 * noise);
        let mut tally = Tally::default();
        for (found, word) in found.iter().zip(&all) {
            let error: Vec<f64> = word.error.iter().map(|e| size * e).collect();
            let right = missed(&found.error, &error) < limit;
            tally.add(right, found.status.is_recalled(), found.iterations);
        }
        let mut measured = tally.measurements();
        measured.push(Measurement {
            metric: Metric::SubspaceAngle,
            value: learned.sine_of_angle(&truth)?,
            n: 1,
        });
        Ok(measured)
    }
}

/// What a series of `erasures` says.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Erased {
    n: usize,
    constraints: usize,
    ensemble: Ensemble,
    /// Wrong entries among the known ones.
    errors: usize,
    words: usize,
}

/// One number of erasures.
pub(super) struct Erasures {
    options: Erased,
    erased: usize,
}

impl Erasures {
    pub(super) fn new(task: Task<'_>) -> Result<Self> {
        let options: Erased = task.options()?;
        let level = task.level()?;
        if options.constraints == 0 || options.constraints >= options.n || options.words == 0 {
            return Err(
                task.refuse("expected `constraints` from 1 to below `n` and `words` of at least 1")
            );
        }
        let erased = task.counted(level, 0);
        let erased = erased.filter(|erased| erased + options.errors <= options.n);
        match erased {
            Some(erased) => Ok(Self { options, erased }),
            None => Err(task.misplaced(
                "levels",
                "a whole number that leaves room for the errors among `n` entries",
                level,
            )),
        }
    }
}

impl Cell for Erasures {
    fn measure(&self, task: Task<'_>, session: &mut dyn Session) -> Result<Vec<Measurement>> {
        let Erased {
            n,
            constraints,
            ensemble,
            errors,
            words,
        } = self.options;
        let (mut tally, mut open) = (Tally::default(), 0);
        for index in 0..words as u64 {
            session.check()?;
            let seed = task.cell.seed.wrapping_mul(1000) + index;
            let own = ensembles::subspace(ensemble, n, n - constraints, seed)?;
            let word = ensembles::words(&own, n, Errors::Gaussian, seed, 0)?;
            let order = rng::permutation(&mut rng::stream(seed, "sparse recovery mask"), n);
            let mut known = vec![true; n];
            order[..self.erased].iter().for_each(|&i| known[i] = false);
            let mut cue = word.pattern.clone();
            order[self.erased..self.erased + errors]
                .iter()
                .for_each(|&i| cue[i] += word.error[i]);
            let cues = columns(n, &[cue])?;
            let settings = Settings::default();
            let answer = erasures::complete(&own, &cues, &[known], &Solver::Admm, &settings)?;
            let Some(answer) = answer.first() else {
                continue;
            };
            let right = missed(&answer.pattern, &word.pattern) < RECALLED * 1e-3;
            tally.add(
                right,
                answer.found.status.is_recalled(),
                answer.found.iterations,
            );
            open += usize::from(answer.found.status == Status::Underdetermined);
        }
        let mut measured = tally.measurements();
        measured.push(Measurement {
            metric: Metric::Underdetermined,
            value: 100.0 * open as f64 / tally.words.max(1) as f64,
            n: tally.words,
        });
        Ok(measured)
    }
}
