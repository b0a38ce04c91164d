//! Facts that a trained transformer answers.

use std::ops::ControlFlow;

use attractor::evaluation::{Measurement, Metric};
use attractor::factual_recall::capacity::{Capacity, Range, search};
use attractor::factual_recall::trained::Rule;
use attractor::factual_recall::transformer::{
    TrainedTransformer, TransformerTraining, train::train,
};
use attractor::factual_recall::{Ending, FactTask, FactTaskConfig, Transformer, TransformerConfig};
use serde::Deserialize;

use crate::{Error, Result, Session, Task};

/// The task and its training.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Training {
    pub(super) subjects: usize,
    pub(super) relations: usize,
    pub(super) answers: usize,
    pub(super) dim: usize,
    pub(super) heads: usize,
    pub(super) head_dim: usize,
    pub(super) rate: f64,
    pub(super) steps: usize,
    pub(super) batch: usize,
    /// Steps between two looks at every fact.
    pub(super) every: usize,
}

impl Training {
    pub(super) fn task(&self, seed: u64) -> Result<FactTask> {
        let config = FactTaskConfig::new(self.subjects, self.relations, self.answers);
        Ok(FactTask::new(config, seed)?)
    }

    pub(super) fn sizes(&self, width: usize) -> TransformerConfig {
        TransformerConfig {
            dim: self.dim,
            heads: self.heads,
            head_dim: self.head_dim,
            width,
        }
    }

    fn rules(&self) -> TransformerTraining {
        TransformerTraining {
            rule: Rule::Adam {
                rate: self.rate,
                weight_decay: 0.0,
            },
            steps: self.steps,
            batch: self.batch,
            every: self.every,
            stop_at: 1.0,
        }
    }

    pub(super) fn check(&self, task: Task<'_>, width: usize) -> Result<()> {
        let all = self
            .sizes(width)
            .validate()
            .and_then(|()| self.rules().validate());
        let all = all.map_err(|error| task.refuse(error.to_string()));
        all.and_then(|()| {
            self.task(0)
                .map(drop)
                .map_err(|error| task.refuse(error.to_string()))
        })
    }

    pub(super) fn train(
        &self,
        task: Task<'_>,
        width: usize,
        session: &mut dyn Session,
    ) -> Result<(FactTask, TrainedTransformer<f32>)> {
        let seed = task.cell.seed;
        let facts = self.task(seed)?;
        let start = Transformer::init(self.sizes(width), facts.config(), seed)?;
        let name = format!("{}, {width} units", task.series.name);
        let trained = train(start, &facts, &self.rules(), seed, &mut |look| {
            let share = format!("{:.1} % of the facts", 100.0 * look.accuracy);
            session.progress(&name, look.steps, self.steps, &share);
            match session.stopped() {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        })?;
        session.check()?;
        Ok((facts, trained))
    }
}

/// Hidden units of a cell.
pub(super) fn units(task: Task<'_>) -> Result<usize> {
    let level = task.level()?;
    let units = task.counted(level, 0);
    units.ok_or_else(|| task.misplaced("levels", "a number of hidden units", level))
}

/// One width on one line of heads.
pub(super) struct Recall<'a> {
    task: Task<'a>,
    training: Training,
    width: usize,
}

impl<'a> Recall<'a> {
    pub(super) fn new(task: Task<'a>) -> Result<Self> {
        let (training, width) = (task.options::<Training>()?, units(task)?);
        training.check(task, width)?;
        Ok(Self {
            task,
            training,
            width,
        })
    }

    pub(super) fn measure(&self, session: &mut dyn Session) -> Result<Vec<Measurement>> {
        let (facts, trained) = self.training.train(self.task, self.width, session)?;
        let n = facts.facts().len();
        let of = |metric, value| Measurement { metric, value, n };
        let steps = of(Metric::Steps, trained.steps as f64);
        if diverged(self.task, trained.ending, trained.steps, session) {
            return Ok(vec![of(Metric::Diverged, 100.0), steps]);
        }
        let best = trained
            .best()
            .map(|best| of(Metric::Accuracy, 100.0 * best));
        let loss = trained.looks.last().map(|look| of(Metric::Loss, look.loss));
        Ok([best, Some(steps), loss].into_iter().flatten().collect())
    }
}

/// Whether a training left the finite numbers, which the run then says in words as well. What such a training
/// read before is no accuracy of its own.
pub(super) fn diverged(
    task: Task<'_>,
    ending: Ending,
    steps: usize,
    session: &mut dyn Session,
) -> bool {
    if ending == Ending::Diverged {
        let cell = task.cell;
        session.note(&format!("{cell}: training diverged after {steps} steps"));
    }
    ending == Ending::Diverged
}

/// What a series of capacities says.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct FactsOptions {
    answers: usize,
    heads: usize,
    /// `H d_h = alpha d` and `m = beta d`.
    alpha: f64,
    beta: f64,
    rate: f64,
    steps: usize,
    batch: usize,
    every: usize,
    /// Facts for each parameter between which is searched.
    range: [f64; 2],
    ratio: f64,
}

/// One dimension on one line.
pub(super) struct Facts<'a> {
    task: Task<'a>,
    options: FactsOptions,
    training: Training,
    width: usize,
}

impl<'a> Facts<'a> {
    pub(super) fn new(task: Task<'a>) -> Result<Self> {
        let options: FactsOptions = task.options()?;
        let level = task.level()?;
        let dim = task.counted(level, 2);
        let dim = dim.ok_or_else(|| task.misplaced("levels", "a dimension from 2", level))?;
        let head_dim = (options.alpha * dim as f64 / options.heads.max(1) as f64) as usize;
        if head_dim == 0 {
            let found = format!("{dim} with {} heads", options.heads);
            return Err(task.misplaced("levels", "at least one entry for each head", found));
        }
        let [low, high] = options.range;
        if !(low > 0.0 && low < high && high.is_finite() && options.ratio >= 1.0) {
            return Err(task.refuse("expected a rising `range` above 0 and a `ratio` from 1"));
        }
        let training = Training {
            subjects: 2,
            relations: 2,
            answers: options.answers,
            dim,
            heads: options.heads,
            head_dim,
            rate: options.rate,
            steps: options.steps,
            batch: options.batch,
            every: options.every,
        };
        let width = (options.beta * dim as f64) as usize;
        training.check(task, width)?;
        Ok(Self {
            task,
            options,
            training,
            width,
        })
    }

    /// By the number of subjects, and as many relations.
    pub(super) fn measure(&self, session: &mut dyn Session) -> Result<Vec<Measurement>> {
        let parameters = self.training.sizes(self.width).parameters() as f64;
        let [lowest, highest] = self.options.range.map(|share| (share * parameters).sqrt());
        let range = Range {
            lowest: (lowest as usize).max(2),
            highest: highest.ceil() as usize,
            ratio: self.options.ratio,
        };
        let (mut stopped, mut tried, mut lost) = (None, 0u32, 0u32);
        let found = search(range, |size| {
            let training = Training {
                subjects: size,
                relations: size,
                ..self.training
            };
            match training.train(self.task, self.width, session) {
                Ok((_, trained)) => {
                    tried += 1;
                    if diverged(self.task, trained.ending, trained.steps, session) {
                        lost += 1;
                        return Ok(false);
                    }
                    Ok(trained.best().is_some_and(|share| share >= 0.99))
                }
                Err(error) => {
                    stopped = Some(error);
                    Err(attractor::core::Error::config(
                        "training",
                        "must come to its end",
                        "less",
                    ))
                }
            }
        });
        let found = match (found, stopped) {
            (_, Some(error)) => return Err(error),
            (found, None) => found.map_err(Error::from)?,
        };
        let of = |metric, value| Measurement {
            metric,
            value,
            n: 1,
        };
        if lost > 0 {
            let share = 100.0 * f64::from(lost) / f64::from(tried);
            return Ok(vec![of(Metric::Diverged, share)]);
        }
        let Capacity::Found(size) = found else {
            session.note(&format!(
                "{}: no capacity within the range: {found:?}",
                self.task.cell
            ));
            return Ok(Vec::new());
        };
        let facts = (size * size) as f64;
        Ok(vec![
            of(Metric::Capacity, facts),
            of(Metric::Density, facts / parameters),
        ])
    }
}
