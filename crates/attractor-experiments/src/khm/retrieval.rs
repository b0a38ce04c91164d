//! Errors of recall with a learned map, and of its controls.

use attractor::datasets::Split;
use attractor::evaluation::{Measurement, Metric};
use attractor::priors::kernelised::{
    Comparison, ComparisonConfig, KernelisedConfig, Rivals, SeparationConfig, Trial,
};
use serde::Deserialize;

use super::data::{Source, rows};
use crate::{Result, Session, Task};

/// One memory of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Row {
    /// W = I at the given beta.
    Identity,
    /// The learned W at the given beta.
    Learned,
    /// W = I at the beta that the lengths of learned features amount to.
    IdentityScaled,
    /// W = I at its best beta.
    IdentityTuned,
    /// The learned W at its best beta.
    LearnedTuned,
}

/// What a level is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Axis {
    /// Noise of the cues.
    #[default]
    Noise,
    /// Steps of learning.
    Iterations,
}

/// What a series says.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    row: Row,
    /// The learned memory.
    memory: KernelisedConfig,
    #[serde(default)]
    source: Source,
    #[serde(default)]
    axis: Axis,
    /// Share of entries dropped from cues.
    #[serde(default)]
    mask: f64,
    /// Updates of a recall.
    #[serde(default = "one")]
    steps: usize,
    /// Values of beta to choose the best from.
    #[serde(default = "betas")]
    betas: Vec<f32>,
    /// Names the chart of a line, for the part's `panels`; decides nothing here.
    #[serde(default, rename = "group")]
    _group: String,
}

fn one() -> usize {
    1
}

fn betas() -> Vec<f32> {
    ComparisonConfig::default().betas
}

/// Learned memories that are kept at most.
const KEPT: usize = 16;

/// What several cells share.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    /// Comparisons that several rows are taken from.
    compared: Vec<(String, Comparison)>,
    /// Memories that several comparisons are made with, the latest last.
    learned: Vec<(String, Rivals)>,
}

impl Known {
    /// The memories of this origin, learned at first use.
    fn rivals(
        &mut self,
        origin: String,
        learn: impl FnOnce() -> Result<Rivals>,
    ) -> Result<&Rivals> {
        let kept = self.learned.iter().position(|(other, _)| *other == origin);
        let at = match kept {
            Some(at) => at,
            None => {
                let rivals = learn()?;
                if self.learned.len() == KEPT {
                    self.learned.remove(0);
                }
                self.learned.push((origin, rivals));
                self.learned.len() - 1
            }
        };
        Ok(&self.learned[at].1)
    }
}

/// One place on one line.
pub(super) struct Retrieval {
    options: Options,
    stored: usize,
    noise: f64,
}

impl Retrieval {
    pub(super) fn new(task: Task<'_>) -> Result<Self> {
        let mut options: Options = task.options()?;
        let level = task.cell.level.value();
        let mut noise = 0.0;
        match (options.axis, level) {
            (Axis::Noise, level) => noise = level.unwrap_or(0.0),
            (Axis::Iterations, level) => match level.and_then(|level| task.counted(level, 1)) {
                Some(steps) => options.memory.separation.iterations = steps,
                None => {
                    let found = level.map_or("none".into(), |level| level.to_string());
                    return Err(task.misplaced("levels", "a whole number of steps", found));
                }
            },
        }
        options.memory.separation = SeparationConfig {
            seed: task.cell.seed,
            ..options.memory.separation
        };
        options.memory.validate()?;
        options.source.check(task)?;
        if !(noise >= 0.0 && noise.is_finite()) {
            return Err(task.misplaced("levels", "noise of at least 0", noise));
        }
        let valid = (0.0..1.0).contains(&options.mask)
            && options.steps > 0
            && !options.betas.is_empty()
            && options.betas.iter().all(|beta| *beta > 0.0);
        if !valid {
            return Err(task.refuse(
                "expected `mask` from 0 to below 1, `steps` of at least 1 and `betas` above 0",
            ));
        }
        let stored = task.n_stored()?;
        match stored > 1 {
            true => Ok(Self {
                options,
                stored,
                noise,
            }),
            false => Err(task.misplaced("n_stored", "at least two patterns", stored)),
        }
    }

    pub(super) fn needs(&self) -> Vec<(Split, usize)> {
        self.options.source.needs(self.stored, 0)
    }

    /// Rows of one comparison have it in common: everything but the row.
    fn key(&self, task: Task<'_>) -> String {
        let mut common = task.table();
        common.remove("row");
        let cell = task.cell;
        format!(
            "{} {} {} {} {common}",
            cell.task, cell.level, cell.n_stored, cell.seed
        )
    }

    /// Memories that have it in common were learned from the same patterns in the same way.
    fn origin(&self, task: Task<'_>) -> String {
        let (dataset, seed) = (&task.part.dataset, task.cell.seed);
        let Options { source, memory, .. } = &self.options;
        format!("{dataset} {source:?} {} {seed} {memory:?}", self.stored)
    }

    fn compared(
        &self,
        task: Task<'_>,
        session: &mut dyn Session,
        known: &mut Known,
    ) -> Result<Comparison> {
        let device = session.device().clone();
        let Options {
            source,
            mask,
            steps,
            ..
        } = self.options;
        let patterns = source.draw(task, session, self.stored, false)?;
        let cues = patterns.cues(source, mask, self.noise, task.cell.seed)?;
        let cues = rows(&cues, patterns.dim, &device)?;
        let targets: Vec<usize> = (0..self.stored).collect();
        session.check()?;
        let rivals = known.rivals(self.origin(task), || {
            Ok(Rivals::new(
                &patterns.tensor(&device)?,
                &self.options.memory,
            )?)
        })?;
        Ok(rivals.compare(&cues, &targets, &self.options.betas, steps)?)
    }

    /// Measures; what is already in `known` is not learned or compared again, and what is made is
    /// added.
    pub(super) fn measure(
        &self,
        task: Task<'_>,
        session: &mut dyn Session,
        known: &mut Known,
    ) -> Result<Vec<Measurement>> {
        let key = self.key(task);
        let comparison = match known.compared.iter().find(|(other, _)| *other == key) {
            Some((_, comparison)) => comparison.clone(),
            None => {
                let comparison = self.compared(task, session, known)?;
                known.compared.push((key, comparison.clone()));
                comparison
            }
        };
        let (apart, spread) = (
            comparison.separation_identity,
            comparison.separation_learned,
        );
        let (trial, separation): (Trial, f64) = match self.options.row {
            Row::Identity => (comparison.identity, apart),
            Row::Learned => (comparison.learned, spread),
            Row::IdentityScaled => (comparison.identity_scaled, apart),
            Row::IdentityTuned => (comparison.identity_tuned, apart),
            Row::LearnedTuned => (comparison.learned_tuned, spread),
        };
        let of = |metric, value| Measurement {
            metric,
            value,
            n: self.stored,
        };
        Ok(vec![
            of(Metric::SquaredError, trial.error),
            of(Metric::Top1, 100.0 * trial.top1),
            of(Metric::Beta, trial.beta.into()),
            of(Metric::Separation, separation),
        ])
    }
}
