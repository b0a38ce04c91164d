//! A learned array with its optimiser state.

use attractor_core::Result;
use attractor_core::weights::Weights;
use burn::optim::{Adam, AdamConfig, AdamState, Optimizer};
use burn::tensor::{Device, Tensor};

/// Adam with the usual moments (0.9, 0.999) and an epsilon of 1e-8.
pub(crate) fn adam() -> Adam {
    AdamConfig::new().with_epsilon(1e-8).build()
}

/// A weight that is constant for readers and a leaf of the graph for training.
#[derive(Clone)]
pub(crate) struct Parameter<const D: usize> {
    value: Tensor<D>,
    /// Moments of Adam, kept between steps.
    state: Option<AdamState<D>>,
}

impl<const D: usize> Parameter<D> {
    pub(crate) fn new(value: Tensor<D>) -> Self {
        Self {
            value: value.without_autodiff(),
            state: None,
        }
    }

    /// The weight without a graph.
    pub(crate) fn value(&self) -> Tensor<D> {
        self.value.clone()
    }

    /// The weight as a leaf whose gradient is kept.
    pub(crate) fn leaf(&self) -> Tensor<D> {
        self.value.clone().autodiff().require_grad()
    }

    /// One step of Adam. Without a gradient (the loss does not depend on the weight) nothing moves.
    pub(crate) fn step(&mut self, adam: &Adam, learning_rate: f64, gradient: Option<Tensor<D>>) {
        if let Some(gradient) = gradient {
            let (value, state) = adam.step(
                learning_rate,
                self.value.clone(),
                gradient,
                self.state.take(),
            );
            (self.value, self.state) = (value, state);
        }
    }

    /// A weight of exactly the shape of `self` from a file, with fresh optimiser state.
    pub(crate) fn read(&self, weights: &Weights, name: &str, device: &Device) -> Result<Self> {
        let value = weights.tensor(name, self.value.dims(), device)?;
        Ok(Self::new(value))
    }
}

impl<const D: usize> std::fmt::Debug for Parameter<D> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Parameter{:?}", self.value.dims())
    }
}

/// The sum of two gradients, either of which may be absent.
pub(crate) fn accumulate<const D: usize>(total: &mut Option<Tensor<D>>, more: Option<Tensor<D>>) {
    *total = match (total.take(), more) {
        (Some(total), Some(more)) => Some(total + more),
        (total, more) => total.or(more),
    };
}
