//! Telling cues of stored patterns from cues of others.

use attractor::core::{AssociativeMemory, Outcome, check};
use attractor::evaluation::{Measurement, Metric};
use attractor::firing_rate::sets;
use serde::Deserialize;

use super::Cell;
use super::design::Network;
use super::patterns::{Drawn, Source};
use crate::{Result, Session, Task};

/// What a series says.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    #[serde(default)]
    network: Network,
    #[serde(default)]
    patterns: Drawn,
}

/// Stored patterns and as many others, all damaged alike.
#[derive(Debug)]
pub(super) struct Novelty {
    settings: Settings,
    stored: usize,
    keep: f64,
}

impl Novelty {
    pub(super) fn new(task: Task<'_>) -> Result<Self> {
        let settings: Settings = task.options()?;
        let drawn = &settings.patterns;
        drawn.check(task)?;
        if !matches!(drawn.source, Source::Bernoulli | Source::FixedCount) {
            return Err(task.refuse("expected a `source` of `bernoulli` or `fixed_count`"));
        }
        let keep = task.level()?;
        if !(0.0..=1.0).contains(&keep) {
            return Err(task.misplaced("levels", "a share from 0 to 1", keep));
        }
        settings
            .network
            .config(drawn.units, drawn.activity, drawn.activity)
            .validate()?;
        Ok(Self {
            settings,
            stored: task.n_stored()?,
            keep,
        })
    }
}

impl Cell for Novelty {
    fn measure(&self, task: Task<'_>, session: &mut dyn Session) -> Result<Vec<Measurement>> {
        let drawn = &self.settings.patterns;
        let bits = drawn.draw(task, None, 2 * self.stored)?;
        let cues = sets::silenced(&bits.rows, bits.dim, self.keep, task.cell.seed)?;
        let config = self
            .settings
            .network
            .config(bits.dim, drawn.activity, drawn.activity);
        let mut memory = config.init(session.device())?;
        memory.write(bits.tensor(&bits.rows[..self.stored * bits.dim], session.device())?)?;
        let recall = memory.read(bits.tensor(&cues, session.device())?)?;
        let (stored, novel) = recall.outcomes.split_at(self.stored);
        let is = |outcome| move |found: &&Outcome| **found == outcome;
        let known = stored.iter().filter(is(Outcome::Converged)).count();
        let rejected = novel.iter().filter(is(Outcome::Rejected)).count();
        let states = check::to_host(recall.state)?;
        let strange = &states[self.stored * bits.dim..];
        let rate = strange.iter().copied().map(f64::from).sum::<f64>() / strange.len() as f64;
        let n = self.stored;
        let share = |count: usize, of: usize| 100.0 * count as f64 / of as f64;
        Ok(vec![
            Measurement {
                metric: Metric::Accuracy,
                value: share(known + rejected, 2 * n),
                n: 2 * n,
            },
            Measurement {
                metric: Metric::Rejected,
                value: share(rejected, n),
                n,
            },
            Measurement {
                metric: Metric::MeanRate,
                value: rate,
                n,
            },
        ])
    }
}
