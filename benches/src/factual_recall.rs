//! One training step of the one-layer transformer on the factual-recall task: sampling, gradient, Adam.

use attractor_core::rng::{self, Rng};
use attractor_factual_recall::trained::{Optimiser, Rule};
use attractor_factual_recall::transformer::{Occurrences, Parameters, Workspace};
use attractor_factual_recall::{FactTask, FactTaskConfig, Transformer, TransformerConfig};

use crate::Result;

/// Subjects, and as many relations.
const SIZE: usize = 32;
/// Answers of a relation.
const ANSWERS: usize = 8;
const BATCH: usize = 1024;
const MODEL: TransformerConfig = TransformerConfig {
    dim: 32,
    heads: 8,
    head_dim: 8,
    width: 32,
};

/// What is measured.
pub const STEP: &str = "factual_recall/step 32x32 H=8 m=32 B=1024";
/// Products of the dense layers, forward and back: output matrix, MLP and scores.
pub const OPERATIONS: f64 = 2.0
    * (BATCH * MODEL.dim) as f64
    * (3 * (MODEL.heads * MODEL.head_dim + 2 * MODEL.width) + 2 * SIZE * ANSWERS) as f64;

/// A network in training.
pub struct Step {
    task: FactTask,
    model: Transformer<f32>,
    optimiser: Optimiser<f32>,
    prompts: Rng,
    batch: Occurrences,
    work: Workspace<f32>,
}

impl Step {
    /// At the start of training.
    ///
    /// # Errors
    /// None that these sizes could cause.
    pub fn new() -> Result<Self> {
        let config = FactTaskConfig::new(SIZE, SIZE, ANSWERS);
        Ok(Self {
            task: FactTask::new(config, 0)?,
            model: Transformer::init(MODEL, &config, 0)?,
            optimiser: Optimiser::new(Rule::Adam {
                rate: 0.01,
                weight_decay: 0.0,
            })?,
            prompts: rng::stream(0, "prompts"),
            batch: Occurrences::default(),
            work: Workspace::default(),
        })
    }

    /// Fresh prompts, the collapsed step, Adam; the loss.
    ///
    /// # Errors
    /// None that these sizes could cause.
    pub fn collapsed(&mut self) -> Result<f64> {
        self.batch.draw(&self.task, &mut self.prompts, BATCH)?;
        let [loss, _] = self.model.collapsed_step_in(&self.batch, &mut self.work)?;
        update(&mut self.model, &mut self.optimiser, self.work.gradient())?;
        Ok(loss)
    }

    /// The same over sequences of tokens.
    ///
    /// # Errors
    /// None that these sizes could cause.
    pub fn explicit(&mut self) -> Result<f64> {
        let prompts = self.task.sample(&mut self.prompts, BATCH)?;
        let step = self.model.explicit_step(&prompts)?;
        update(&mut self.model, &mut self.optimiser, &step.gradient)?;
        Ok(step.loss)
    }
}

fn update(
    model: &mut Transformer<f32>,
    optimiser: &mut Optimiser<f32>,
    gradient: &Parameters<f32>,
) -> Result<()> {
    let arrays = model.parameters.arrays_mut().into_iter();
    let arrays = arrays.zip(gradient.arrays());
    optimiser.step(arrays.map(|(weights, of)| (weights.data_mut(), of.data())))
}
