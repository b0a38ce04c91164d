use attractor_core::error::require_nonzero;
use attractor_core::{Error, Result};
use serde::{Deserialize, Serialize};

use super::optimiser::{Optimiser, Rule};
use super::softmax::{Entropy, Form, cross_entropy};
use crate::{Linear, Matrix, Real};

/// What is to be learned: keys `[n, d]`, one target among the answers `[a, v]` for each.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a, T> {
    pub(super) keys: &'a Matrix<T>,
    pub(super) targets: &'a [u32],
    pub(super) answers: &'a Matrix<T>,
}

impl<'a, T: Real> Facts<'a, T> {
    /// Checked facts.
    ///
    /// # Errors
    /// [`Error::EmptyBatch`], [`Error::NonFinite`], [`Error::Rows`] unless there is one target for each
    /// key, [`Error::Index`] for a target that names no answer.
    pub fn new(keys: &'a Matrix<T>, targets: &'a [u32], answers: &'a Matrix<T>) -> Result<Self> {
        keys.check("keys", keys.cols())?;
        answers.check("answers", answers.cols())?;
        keys.check_rows("keys", targets.len())?;
        match targets
            .iter()
            .find(|&&target| target as usize >= answers.rows())
        {
            None => Ok(Self {
                keys,
                targets,
                answers,
            }),
            Some(&target) => Err(Error::Index {
                what: "target",
                len: answers.rows(),
                index: target as usize,
            }),
        }
    }
}

/// Weights with a gradient.
pub trait Trainable<T>: Clone {
    /// Every array of weights.
    fn arrays(&mut self) -> Vec<&mut [T]>;
    /// Whether facts have the widths of the weights.
    ///
    /// # Errors
    /// [`Error::Width`]; [`Error::Mismatch`] for weights that do not fit each other.
    fn check(&self, facts: &Facts<'_, T>) -> Result<()>;
    /// The mean cross entropy's gradient in the order of [`Trainable::arrays`], and what the scores came
    /// to before the step. The facts were [checked](Trainable::check).
    fn gradient(&self, facts: &Facts<'_, T>, form: Form) -> (Entropy, Vec<Matrix<T>>);
}

impl<T: Real> Trainable<T> for Linear<T> {
    fn arrays(&mut self) -> Vec<&mut [T]> {
        vec![self.weights_mut().data_mut()]
    }

    fn check(&self, facts: &Facts<'_, T>) -> Result<()> {
        facts.keys.check("keys", self.weights().cols())?;
        facts.answers.check("answers", self.weights().rows())
    }

    fn gradient(&self, facts: &Facts<'_, T>, form: Form) -> (Entropy, Vec<Matrix<T>>) {
        let mut scores = facts.keys.dot_t(self.weights()).dot_t(facts.answers);
        let scale = (facts.targets.len() as f64).recip();
        let entropy = cross_entropy(&mut scores, facts.targets, scale, form);
        (entropy, vec![scores.dot(facts.answers).t_dot(facts.keys)])
    }
}

/// How training goes on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainConfig {
    /// How the gradient moves weights.
    pub rule: Rule,
    /// Full-batch steps at most.
    pub steps: usize,
    /// Training ends when this share of the keys is read right.
    pub stop_at: f64,
}

impl Default for TrainConfig {
    /// 4096 gradient steps of rate 1000, or until 99 % are read: the published sweep with the optimiser
    /// that works.
    fn default() -> Self {
        let rule = Rule::Sgd {
            rate: 1000.0,
            momentum: 0.0,
        };
        Self {
            rule,
            steps: 4096,
            stop_at: 0.99,
        }
    }
}

impl TrainConfig {
    /// A valid rule, at least one step, a share from 0 to 1.
    ///
    /// # Errors
    /// [`Error::Config`] naming the field.
    pub fn validate(&self) -> Result<()> {
        self.rule.validate()?;
        require_nonzero("TrainConfig.steps", self.steps)?;
        match (0.0..=1.0).contains(&self.stop_at) {
            true => Ok(()),
            false => Err(Error::config(
                "TrainConfig.stop_at",
                "must be from 0 to 1",
                self.stop_at,
            )),
        }
    }
}

/// How training ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// The share that was asked for is read.
    Reached,
    /// The steps came to their end first.
    OutOfSteps,
    /// Loss or weights left the finite numbers. What is kept is the best before.
    Diverged,
}

/// What training led to.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Learned<M> {
    /// The weights that read most keys, of all steps with finite numbers.
    pub model: M,
    /// Share of the keys that they read. None if not even the start had finite scores.
    pub accuracy: Option<f64>,
    /// Mean cross entropy before the last step, in nats.
    pub loss: f64,
    /// Steps made.
    pub steps: usize,
    /// How it ended.
    pub ending: Ending,
}

/// Steps one at a time.
#[derive(Debug, Clone)]
pub struct Trainer<T, M> {
    /// The weights now.
    pub model: M,
    optimiser: Optimiser<T>,
    form: Form,
}

impl<T: Real, M: Trainable<T>> Trainer<T, M> {
    /// Before the first step.
    ///
    /// # Errors
    /// Those of [`Rule::validate`].
    pub fn new(model: M, rule: Rule, form: Form) -> Result<Self> {
        Ok(Self {
            model,
            optimiser: Optimiser::new(rule)?,
            form,
        })
    }

    /// One full-batch step: mean loss and share read right, both before it.
    ///
    /// # Errors
    /// As [`Trainable::check`]; [`Error::Width`] for a model whose gradients have other lengths than its weights.
    pub fn step(&mut self, facts: &Facts<'_, T>) -> Result<(f64, f64)> {
        self.model.check(facts)?;
        let (entropy, gradients) = self.model.gradient(facts, self.form);
        let arrays = self.model.arrays().into_iter();
        self.optimiser
            .step(arrays.zip(gradients.iter().map(Matrix::data)))?;
        let count = facts.targets.len() as f64;
        Ok((entropy.loss / count, entropy.right as f64 / count))
    }
}

/// Trains on all facts at once, and keeps the weights that read most. The share is looked at before every
/// step and after the last.
///
/// # Errors
/// Those of [`TrainConfig::validate`]; as [`Trainer::step`].
pub fn train<T: Real, M: Trainable<T>>(
    start: M,
    facts: &Facts<'_, T>,
    config: &TrainConfig,
) -> Result<Learned<M>> {
    config.validate()?;
    let mut trainer = Trainer::new(start.clone(), config.rule, Form::Fused)?;
    let mut learned = Learned {
        model: start,
        accuracy: None,
        loss: f64::NAN,
        steps: 0,
        ending: Ending::OutOfSteps,
    };
    for steps in 0..=config.steps {
        let before = trainer.model.clone();
        let (loss, share) = trainer.step(facts)?;
        learned.steps = steps;
        if !loss.is_finite() {
            learned.ending = Ending::Diverged;
            break;
        }
        learned.loss = loss;
        if learned.accuracy.is_none_or(|best| share > best) {
            learned.accuracy = Some(share);
            learned.model = before;
        }
        if share >= config.stop_at {
            learned.ending = Ending::Reached;
            break;
        }
    }
    Ok(learned)
}
