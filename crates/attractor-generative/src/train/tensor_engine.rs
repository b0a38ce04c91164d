//! One optimisation step by automatic differentiation, on any device.

use attractor_core::weights::Weights;
use attractor_core::{Posterior, Result};
use burn::tensor::{Device, Gradients, Tensor};

use super::adam::Adam;
use super::{AdamConfig, Objective};
use crate::nn::weights as nn;
use crate::vae::{Vae, kl_divergence};

/// Model and optimiser on an autodiff device.
#[derive(Debug)]
pub(super) struct TensorEngine<V> {
    model: V,
    adam: Adam,
}

impl<V: Vae> TensorEngine<V> {
    pub(super) fn new(model: V, config: AdamConfig) -> Self {
        Self {
            model: model.train(),
            adam: Adam::new(config),
        }
    }

    /// Loss of the batch before step number `step` at `factor` times the rate, `[1]`, on the plain
    /// device.
    pub(super) fn step(
        &mut self,
        input: Tensor<2>,
        target: Tensor<2>,
        noise: Option<Tensor<2>>,
        objective: Objective,
        (step, factor): (u64, f64),
    ) -> Tensor<1> {
        let (loss, gradients) =
            loss_and_gradients(&mut self.model, input, target, noise, objective);
        // The map consumes the module; a clone shares every tensor.
        self.model = self.adam.step(self.model.clone(), gradients, step, factor);
        loss
    }

    /// The model on the plain device.
    pub(super) fn model(&self) -> V {
        self.model.valid()
    }

    pub(super) fn export_moments(&self, weights: &mut Weights) -> Result<()> {
        self.adam.export(weights)
    }

    pub(super) fn import(&mut self, weights: &Weights, device: &Device) -> Result<()> {
        self.model = nn::import(self.model.clone(), weights, device)?;
        self.adam.import(weights, device)
    }
}

/// The objective and its gradients; `model` lives on an autodiff device.
pub(super) fn loss_and_gradients<V: Vae>(
    model: &mut V,
    input: Tensor<2>,
    target: Tensor<2>,
    noise: Option<Tensor<2>>,
    objective: Objective,
) -> (Tensor<1>, Gradients) {
    let posterior = model.encode_train(input);
    let codes = match noise {
        None => posterior.mean.clone(),
        Some(noise) => {
            let Posterior { mean, log_variance } = posterior.clone();
            mean + log_variance.mul_scalar(0.5).exp() * noise
        }
    };
    let error = (model.decode_train(codes) - target).square().sum();
    let loss = match objective {
        Objective::Reconstruction => error,
        Objective::Variational { beta } => {
            error + kl_divergence(&posterior).mean().mul_scalar(beta)
        }
    };
    let gradients = loss.backward();
    (loss.without_autodiff(), gradients)
}

/// Trained model, loss and gradients by parameter name.
#[cfg(test)]
pub(crate) fn gradients_by_autodiff<V: Vae>(
    model: V,
    input: Tensor<2>,
    target: Tensor<2>,
    noise: Option<Tensor<2>>,
    objective: Objective,
) -> (V, f32, Weights) {
    let mut model = model.train();
    let (loss, gradients) = loss_and_gradients(&mut model, input, target, noise, objective);
    let found = nn::export_gradients(&model, &gradients).unwrap();
    (model.valid(), loss.into_scalar(), found)
}
