//! The two ways of computing a step, behind one face.

use attractor_core::backend::is_host_device;
use attractor_core::weights::Weights;
use attractor_core::{Error, Result, check};
use burn::tensor::{Device, Tensor};

use super::tensor_engine::TensorEngine;
use super::{Engine, TrainerConfig};
use crate::host::{self, Network};
use crate::nn::weights as nn;
use crate::vae::Vae;

/// A step's inputs on the plain device.
pub(super) struct Rows {
    /// `[n, data_dim]`
    pub(super) input: Tensor<2>,
    /// `[n, data_dim]`
    pub(super) target: Tensor<2>,
    /// `[n, latent_dim]`, or none to take the means for codes.
    pub(super) noise: Option<Tensor<2>>,
}

/// A model in training with its optimiser.
#[derive(Debug)]
pub(super) enum AnyEngine<V> {
    /// By automatic differentiation.
    Tensor(Box<TensorEngine<V>>),
    /// In host memory.
    Host {
        /// Gives the module's structure; its values are stale.
        template: Box<V>,
        /// Parameters, gradients, moments.
        network: Box<Network>,
    },
}

impl<V: Vae> AnyEngine<V> {
    pub(super) fn new(model: V, config: &TrainerConfig, device: &Device) -> Result<Self> {
        let plan = match config.engine {
            Engine::Tensor => None,
            Engine::Auto if !is_host_device(device) => None,
            Engine::Auto => model.plan(),
            Engine::Host => Some(model.plan().ok_or_else(|| Error::Unsupported {
                what: "the host training engine",
                capability: "a plan of layers",
                part: model.kind().into(),
            })?),
        };
        match plan {
            None => Ok(Self::Tensor(Box::new(TensorEngine::new(
                model,
                config.adam,
            )))),
            Some(plan) => {
                let network = Box::new(Network::new(&plan, &nn::export(&model)?)?);
                Ok(Self::Host {
                    template: Box::new(model),
                    network,
                })
            }
        }
    }

    /// Loss of the batch before the step, `[1]`, on the plain device.
    pub(super) fn step(
        &mut self,
        rows: Rows,
        config: &TrainerConfig,
        step: u64,
    ) -> Result<Tensor<1>> {
        let factor = config.schedule.factor(step);
        match self {
            Self::Tensor(engine) => {
                let Rows {
                    input,
                    target,
                    noise,
                } = rows;
                Ok(engine.step(input, target, noise, config.objective, (step, factor)))
            }
            Self::Host { network, .. } => {
                let device = rows.input.device();
                let batch = rows.input.dims()[0];
                let input = check::to_host(rows.input)?;
                let target = check::to_host(rows.target)?;
                let noise = rows.noise.map(check::to_host).transpose()?;
                let rows = host::Rows {
                    batch,
                    input: &input,
                    target: &target,
                    noise: noise.as_deref(),
                };
                let adam = config.adam.scaled(factor);
                let loss = network.step(rows, config.objective, &adam, step);
                Ok(Tensor::from_floats([loss], &device))
            }
        }
    }

    /// The model on the plain device.
    pub(super) fn model(&self, device: &Device) -> Result<V> {
        match self {
            Self::Tensor(engine) => Ok(engine.model()),
            Self::Host { template, network } => {
                nn::import((**template).clone(), &network.export(), device)
            }
        }
    }

    pub(super) fn export_moments(&self, weights: &mut Weights) -> Result<()> {
        match self {
            Self::Tensor(engine) => engine.export_moments(weights),
            Self::Host { network, .. } => {
                network.export_moments(weights);
                Ok(())
            }
        }
    }

    /// Takes parameters and moments.
    pub(super) fn import(&mut self, weights: &Weights, device: &Device) -> Result<()> {
        match self {
            Self::Tensor(engine) => engine.import(weights, device),
            Self::Host { network, .. } => {
                network.import(weights)?;
                network.import_moments(weights)
            }
        }
    }
}
