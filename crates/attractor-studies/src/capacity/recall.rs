//! Recall of stored patterns of signs.

use attractor::baselines::{ClassicalHopfieldConfig, LearningRule, Schedule};
use attractor::core::burn::tensor::{Device, Tensor};
use attractor::core::{AssociativeMemory, check, rng};
use attractor::evaluation::{Measurement, Metric, metrics};
use rand::RngExt;
use serde::Deserialize;

use crate::{Result, Session, Task, Work};

/// What a series says.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    /// Entries of a pattern.
    dim: usize,
    rule: LearningRule,
    #[serde(default)]
    schedule: Schedule,
    /// Cues: the first patterns.
    cues: usize,
    /// Share of signs turned over in a cue.
    #[serde(default)]
    flips: f64,
}

/// One place on one line.
#[derive(Debug)]
pub(super) struct Recall {
    options: Options,
    stored: usize,
    seed: u64,
}

impl Recall {
    pub(super) fn new(task: Task<'_>) -> Result<Self> {
        let options: Options = task.options()?;
        let load = task.level()?;
        let stored = (load * options.dim as f64).round();
        if !(stored >= 1.0 && stored.is_finite()) {
            let expected = format!("a load of at least one pattern in {}", options.dim);
            return Err(task.misplaced("levels", expected, load));
        }
        if options.cues == 0 || !(0.0..=1.0).contains(&options.flips) {
            return Err(task.refuse("expected `cues` of at least 1 and `flips` from 0 to 1"));
        }
        Ok(Self {
            options,
            stored: stored as usize,
            seed: task.cell.seed,
        })
    }

    pub(super) fn work(&self) -> Work {
        let (dim, stored) = (self.options.dim as f64, self.stored as f64);
        let sweeps = 10.0 * self.options.cues.min(self.stored) as f64;
        Work {
            flops: 2.0 * dim * dim * (stored + sweeps),
            bytes: 8.0 * dim * dim + stored * dim,
        }
    }

    pub(super) fn measure(&self, session: &mut dyn Session) -> Result<Vec<Measurement>> {
        let device = session.device().clone();
        let dim = self.options.dim;
        let mut memory = ClassicalHopfieldConfig {
            rule: self.options.rule,
            schedule: self.options.schedule,
            ..ClassicalHopfieldConfig::new(dim)
        }
        .init(&device)?;
        let patterns = self.patterns();
        memory.write(rows(&patterns, dim, &device)?)?;
        session.check()?;
        let cues = self.cues(&patterns);
        let recalled = check::to_host(memory.read(rows(&cues, dim, &device)?)?.state)?;
        let (mut overlap, mut wrong, mut exact) = (0.0, 0.0, 0.0);
        let pairs = recalled.chunks_exact(dim).zip(patterns.chunks_exact(dim));
        for (state, pattern) in pairs {
            let errors = metrics::bit_error(state, pattern)?;
            overlap += metrics::overlap(state, pattern)?;
            wrong += errors;
            exact += if errors == 0.0 { 100.0 } else { 0.0 };
        }
        let n = recalled.len() / dim;
        let mean = |metric, sum: f64| Measurement {
            metric,
            value: sum / n as f64,
            n,
        };
        Ok(vec![
            mean(Metric::Overlap, overlap),
            mean(Metric::BitError, wrong),
            mean(Metric::Accuracy, exact),
        ])
    }

    /// `[stored, dim]` independent signs.
    fn patterns(&self) -> Vec<f32> {
        let mut rng = rng::stream(self.seed, "capacity/patterns");
        let sign = |_| if rng.random::<bool>() { 1.0 } else { -1.0 };
        (0..self.stored * self.options.dim).map(sign).collect()
    }

    /// The first patterns with exactly the wanted share of their signs turned over.
    fn cues(&self, patterns: &[f32]) -> Vec<f32> {
        let dim = self.options.dim;
        let flips = (self.options.flips * dim as f64).round() as usize;
        let mut cues = patterns[..self.options.cues.min(self.stored) * dim].to_vec();
        for (index, cue) in cues.chunks_exact_mut(dim).enumerate() {
            let mut rng = rng::indexed_stream(self.seed, "capacity/flips", index as u64);
            for &at in &rng::permutation(&mut rng, dim)[..flips] {
                cue[at] = -cue[at];
            }
        }
        cues
    }
}

fn rows(values: &[f32], dim: usize, device: &Device) -> Result<Tensor<2>> {
    Ok(check::from_host("patterns", values.to_vec(), dim, device)?)
}
