//! Training on fresh prompts.

use std::ops::ControlFlow;

use attractor_core::error::require_nonzero;
use attractor_core::rng;
use attractor_core::{Error, Result};
use serde::{Deserialize, Serialize};

use super::{Occurrences, Transformer, Workspace};
use crate::read::{Choice, choose};
use crate::trained::{Ending, Optimiser, Rule};
use crate::{FactTask, Matrix, Real};

/// How training goes on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransformerTraining {
    /// How gradients move weights.
    pub rule: Rule,
    /// Steps at most.
    pub steps: usize,
    /// Fresh prompts of a step.
    pub batch: usize,
    /// Steps between two looks at every fact.
    pub every: usize,
    /// Training ends when this share of the facts is answered.
    pub stop_at: f64,
}

impl Default for TransformerTraining {
    /// Adam of rate 0.01, 16,384 steps of 1024 prompts, until every fact is answered: the published
    /// figure.
    fn default() -> Self {
        Self {
            rule: Rule::Adam {
                rate: 0.01,
                weight_decay: 0.0,
            },
            steps: 16_384,
            batch: 1024,
            every: 128,
            stop_at: 1.0,
        }
    }
}

impl TransformerTraining {
    /// A valid rule, counts of at least 1, a share from 0 to 1.
    ///
    /// # Errors
    /// [`Error::Config`] naming the field.
    pub fn validate(&self) -> Result<()> {
        self.rule.validate()?;
        require_nonzero("TransformerTraining.steps", self.steps)?;
        require_nonzero("TransformerTraining.batch", self.batch)?;
        require_nonzero("TransformerTraining.every", self.every)?;
        match (0.0..=1.0).contains(&self.stop_at) {
            true => Ok(()),
            false => {
                let rule = "must be from 0 to 1";
                Err(Error::config(
                    "TransformerTraining.stop_at",
                    rule,
                    self.stop_at,
                ))
            }
        }
    }
}

/// A look at every fact.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Progress {
    /// Steps made.
    pub steps: usize,
    /// Mean cross entropy of the last batch before its step, in nats.
    pub loss: f64,
    /// Share of all facts that are answered, with fresh noise tokens.
    pub accuracy: f64,
}

/// What training led to.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TrainedTransformer<T> {
    /// The weights of the best look.
    pub model: Transformer<T>,
    /// Every look. Empty if training diverged before the first.
    pub looks: Vec<Progress>,
    /// Steps made.
    pub steps: usize,
    /// How it ended.
    pub ending: Ending,
}

impl<T> TrainedTransformer<T> {
    /// Share of the facts answered at the best look. None if there was none.
    pub fn best(&self) -> Option<f64> {
        self.looks
            .iter()
            .map(|look| look.accuracy)
            .max_by(f64::total_cmp)
    }
}

impl<T: Real> Transformer<T> {
    /// Share of all facts answered, each in one prompt with noise tokens of this seed; ties and numbers that
    /// are not finite are errors.
    ///
    /// # Errors
    /// As [`Transformer::collapsed_scores`].
    pub fn accuracy(&self, task: &FactTask, seed: u64) -> Result<f64> {
        let prompts = task.every_fact(&mut rng::stream(seed, "test prompts"))?;
        let right = self.answered(task, seed)?;
        Ok(right.iter().filter(|&&right| right).count() as f64 / prompts.len() as f64)
    }

    /// The same by fact, in the order of [`FactTask::facts`].
    ///
    /// # Errors
    /// As [`Transformer::collapsed_scores`].
    pub fn answered(&self, task: &FactTask, seed: u64) -> Result<Vec<bool>> {
        let prompts = task.every_fact(&mut rng::stream(seed, "test prompts"))?;
        let scores: Matrix<T> = match task.config().end_token {
            true => self.collapsed_scores(&Occurrences::of_prompts(
                &prompts,
                task.config().vocabulary(),
            )?)?,
            false => self.scores(&prompts)?,
        };
        let choices = choose(&scores)?.into_iter();
        let right = choices
            .zip(prompts.answers())
            .map(|(choice, &answer)| choice == Choice::One(answer as usize));
        Ok(right.collect())
    }
}

/// Trains on fresh prompts of a task, whose stream is that of `seed`. `observe` hears of each look at the
/// facts, and may end training early.
///
/// Tasks with an end token take the collapsed step, others the explicit one.
///
/// # Errors
/// Those of [`TransformerTraining::validate`]; as [`Transformer::collapsed_step`] for a task of another
/// size.
pub fn train<T: Real>(
    start: Transformer<T>,
    task: &FactTask,
    config: &TransformerTraining,
    seed: u64,
    observe: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
) -> Result<TrainedTransformer<T>> {
    config.validate()?;
    let mut model = start.clone();
    let mut optimiser = Optimiser::new(config.rule)?;
    let mut prompts = rng::stream(seed, "prompts");
    let (mut batch, mut work) = (Occurrences::default(), Workspace::default());
    let mut trained = TrainedTransformer {
        model: start,
        looks: Vec::new(),
        steps: 0,
        ending: Ending::OutOfSteps,
    };
    for steps in 1..=config.steps {
        let explicit;
        let (loss, gradient) = match task.config().end_token {
            true => {
                batch.draw(task, &mut prompts, config.batch)?;
                let [loss, _] = model.collapsed_step_in(&batch, &mut work)?;
                (loss, work.gradient())
            }
            false => {
                explicit = model.explicit_step(&task.sample(&mut prompts, config.batch)?)?;
                (explicit.loss, &explicit.gradient)
            }
        };
        if !loss.is_finite() {
            trained.ending = Ending::Diverged;
            break;
        }
        let arrays = model.parameters.arrays_mut().into_iter();
        let arrays = arrays.zip(gradient.arrays());
        optimiser.step(arrays.map(|(weights, of)| (weights.data_mut(), of.data())))?;
        trained.steps = steps;
        if !steps.is_multiple_of(config.every) && steps != config.steps {
            continue;
        }
        if !model.parameters.is_finite() {
            trained.ending = Ending::Diverged;
            break;
        }
        let accuracy = model.accuracy(task, seed.wrapping_add(steps as u64))?;
        let look = Progress {
            steps,
            loss,
            accuracy,
        };
        if trained.best().is_none_or(|best| accuracy > best) {
            trained.model.parameters = model.parameters.clone();
        }
        trained.looks.push(look);
        if accuracy >= config.stop_at {
            trained.ending = Ending::Reached;
            break;
        }
        if observe(&look).is_break() {
            break;
        }
    }
    Ok(trained)
}
