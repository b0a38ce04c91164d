use attractor_core::Result;
use attractor_core::error::{require_nonzero, require_positive};
use attractor_core::rng;
use serde::{Deserialize, Serialize};

use super::LinearAttention;
use crate::{CountRows, Ending, FactTask};

/// Settings of gradient descent.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Descent {
    /// Start of every weight.
    pub w0: f64,
    /// Step size.
    pub eta: f64,
    /// Steps.
    pub steps: usize,
    /// Fresh prompts of a step.
    pub batch: usize,
    /// Prompts that losses are measured on, always the same.
    pub test: usize,
    /// Steps between two measurements.
    pub every: usize,
}

impl Default for Descent {
    /// The published figure, measured on fewer prompts.
    fn default() -> Self {
        Self {
            w0: 1e-5,
            eta: 0.1,
            steps: 8192,
            batch: 1024,
            test: 4096,
            every: 64,
        }
    }
}

/// A measurement. Losses are means in nats.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Steps made.
    pub step: usize,
    /// Cross entropy.
    pub loss: f64,
    /// That of the relation alone.
    pub relation_loss: f64,
    /// That of the subject alone, for structured facts.
    pub subject_loss: f64,
    /// Share of right answers.
    pub accuracy: f64,
}

/// Losses while learning.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Curve {
    /// Measurements, the first before any step.
    pub points: Vec<Point>,
    /// The model at the end, or where it left the finite numbers.
    pub model: LinearAttention,
    /// [`Ending::OutOfSteps`], or that it diverged.
    pub ending: Ending,
}

impl Curve {
    /// The step at which the loss first falls below `level`, between two measurements on a straight line.
    pub fn crossing(&self, level: f64) -> Option<f64> {
        let pair = self
            .points
            .windows(2)
            .find(|pair| pair[0].loss >= level && pair[1].loss < level)?;
        let share = (pair[0].loss - level) / (pair[0].loss - pair[1].loss);
        let (from, to) = (pair[0].step as f64, pair[1].step as f64);
        Some(from + share * (to - from))
    }

    /// The measurement nearest to a step.
    pub fn near(&self, step: f64) -> Option<&Point> {
        let gap = |point: &&Point| (point.step as f64 - step).abs();
        self.points.iter().min_by(|a, b| gap(a).total_cmp(&gap(b)))
    }
}

/// Gradient descent on fresh prompts of the task, from a constant.
///
/// # Errors
/// [`attractor_core::Error::Config`] for counts of 0, or w0 or eta that are not above 0; as [`FactTask::sample_counts`].
pub fn descend(task: &FactTask, config: &Descent, seed: u64) -> Result<Curve> {
    let Descent {
        w0,
        eta,
        steps,
        batch,
        test,
        every,
    } = *config;
    require_positive("Descent.eta", eta)?;
    require_nonzero("Descent.every", every)?;
    require_nonzero("Descent.steps", steps)?;
    let sizes = task.config();
    let (vocabulary, answers) = (sizes.vocabulary(), sizes.all_answers());
    let mut model = LinearAttention::constant(vocabulary, answers, sizes.answers, w0)?;
    let test = task.sample_counts(&mut rng::stream(seed, "test prompts"), test)?;
    let mut prompts = rng::stream(seed, "prompts");
    let mut points: Vec<Point> = measure(&model, &test, 0)?.into_iter().collect();
    let mut ending = Ending::OutOfSteps;
    for step in 1..=steps {
        let rows = task.sample_counts(&mut prompts, batch)?;
        let loss = model.step(&rows, eta)?;
        let mut finite = loss.is_finite()
            && model.values.is_finite()
            && model.attention.iter().all(|w| w.is_finite());
        if finite && step.is_multiple_of(every) {
            let point = measure(&model, &test, step)?;
            finite = point.is_some();
            points.extend(point);
        }
        if !finite {
            ending = Ending::Diverged;
            break;
        }
    }
    Ok(Curve {
        points,
        model,
        ending,
    })
}

/// None where a loss is not finite.
fn measure(model: &LinearAttention, rows: &CountRows, step: usize) -> Result<Option<Point>> {
    let found = model.evaluate(rows)?;
    let losses = [found.loss, found.relation_loss, found.subject_loss];
    Ok(losses.iter().all(|loss| loss.is_finite()).then_some(Point {
        step,
        loss: found.loss,
        relation_loss: found.relation_loss,
        subject_loss: found.subject_loss,
        accuracy: found.accuracy,
    }))
}
