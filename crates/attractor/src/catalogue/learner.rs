//! Memories that are trained before they store anything.

use std::sync::Arc;

use attractor_core::burn::tensor::Tensor;
use attractor_core::{Forget, GenerativeModel, Result, Train};
use attractor_memories::EncodedMemory;
use attractor_priors::LearnedPrecision;

use super::{Built, Context, fixed_point, variational};

/// A part with weights, trained on codes, that becomes a memory of data.
pub trait Learner: Train {
    /// The memory with the weights as they are now.
    ///
    /// # Errors
    /// If the parts do not fit together.
    fn finish(self: Box<Self>, context: &Context) -> Result<Built>;
}

/// A memory network trained on codes.
struct Network<M>(M);

impl<M: Train> Train for Network<M> {
    fn train_step(
        &mut self,
        patterns: Tensor<2>,
        cues: Tensor<2>,
        targets: Tensor<2>,
        learning_rate: f64,
    ) -> Result<f32> {
        self.0.train_step(patterns, cues, targets, learning_rate)
    }
}

impl<M: Train + Forget + 'static> Learner for Network<M> {
    fn finish(self: Box<Self>, context: &Context) -> Result<Built> {
        let model: Arc<dyn GenerativeModel> = context.model.clone();
        Ok(Built::Memory(Box::new(EncodedMemory::new(
            model,
            Box::new(self.0),
        )?)))
    }
}

pub(super) fn network<M: Train + Forget + 'static>(memory: M) -> Box<dyn Learner> {
    Box::new(Network(memory))
}

/// A prior with learned precision, read by fixed-point iteration.
struct Precision {
    prior: LearnedPrecision,
    iterations: usize,
}

impl Train for Precision {
    fn train_step(
        &mut self,
        patterns: Tensor<2>,
        cues: Tensor<2>,
        targets: Tensor<2>,
        learning_rate: f64,
    ) -> Result<f32> {
        self.prior
            .train_step(patterns, cues, targets, learning_rate)
    }
}

impl Learner for Precision {
    fn finish(self: Box<Self>, context: &Context) -> Result<Built> {
        variational(context, Box::new(self.prior), fixed_point(self.iterations)?)
    }
}

pub(super) fn precision(prior: LearnedPrecision, iterations: usize) -> Box<dyn Learner> {
    Box::new(Precision { prior, iterations })
}
