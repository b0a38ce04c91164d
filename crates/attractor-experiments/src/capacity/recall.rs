//! Recall of stored patterns of signs.

use super::sweep::{self, Model, Point};
use attractor::catalogue::MOST;
use attractor::evaluation::{Measurement, Metric};
use serde::Deserialize;

use super::flow;
use crate::{Result, Session, Task, Work};

/// What a series says.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    /// Entries of a pattern.
    dim: usize,
    /// Name of a model of the family, or of a memory of the catalogue.
    model: String,
    /// Cues: the first patterns.
    cues: usize,
    /// Share of signs turned over in a cue.
    #[serde(default)]
    flips: f64,
    /// Overlap from which on a pattern counts as recalled.
    #[serde(default = "limit")]
    overlap: f64,
}

fn limit() -> f64 {
    sweep::SweepConfig::default().overlap
}

/// One place on one line.
#[derive(Debug)]
pub(super) struct Recall {
    model: Model,
    protocol: sweep::SweepConfig,
}

impl Recall {
    pub(super) fn new(task: Task<'_>) -> Result<Self> {
        let options: Options = task.options()?;
        let load = task.level()?;
        let stored = (load * options.dim as f64).round();
        if stored > MOST as f64 {
            let expected = format!("at most {MOST} patterns, of {} entries", options.dim);
            return Err(task.misplaced("levels", expected, load));
        }
        if !(stored >= 1.0 && stored.is_finite()) {
            let expected = format!("a load of at least one pattern in {}", options.dim);
            return Err(task.misplaced("levels", expected, load));
        }
        let model = super::named(task, &options.model, options.dim)?;
        let protocol = sweep::SweepConfig {
            dim: options.dim,
            counts: vec![stored as usize],
            cues: options.cues,
            flipped: options.flips,
            overlap: options.overlap,
            seeds: 1,
            first_seed: task.cell.seed,
        };
        protocol.validate()?;
        Ok(Self { model, protocol })
    }

    pub(super) fn work(&self) -> Work {
        let (dim, stored) = (self.protocol.dim as f64, self.protocol.counts[0] as f64);
        let read = 10.0 * self.protocol.cues.min(self.protocol.counts[0]) as f64;
        let classical = self.model.recipe == "classical-hopfield";
        // Sweeps of a matrix of weights, or of all patterns.
        let wide = if classical { dim } else { stored };
        Work {
            flops: 2.0 * dim * (stored * if classical { dim } else { 1.0 } + wide * read),
            bytes: 8.0 * dim * wide + 4.0 * stored * dim,
        }
    }

    pub(super) fn measure(&self, session: &mut dyn Session) -> Result<Vec<Measurement>> {
        let device = session.device().clone();
        let models = std::slice::from_ref(&self.model);
        let points = sweep::sweep(models, &self.protocol, &device, &mut |_| flow(session))?;
        session.check()?;
        let part = |metric, share: fn(&Point) -> f64| {
            points.iter().map(move |point| Measurement {
                metric,
                value: share(point),
                n: point.cues,
            })
        };
        Ok(part(Metric::RetrievalRate, |point| 100.0 * point.recalled)
            .chain(part(Metric::Overlap, |point| point.overlap))
            .chain(part(Metric::BitError, |point| 100.0 * point.bit_error))
            .chain(part(Metric::Accuracy, |point| 100.0 * point.exact))
            .collect())
    }
}
