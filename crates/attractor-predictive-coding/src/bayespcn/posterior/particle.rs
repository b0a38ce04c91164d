//! One hypothesis about the weights: a posterior for each layer.

use attractor_core::{Result, rng};

use super::matrix_normal::MatrixNormal;
use crate::bayespcn::{BayesPcnConfig, PriorMean};
use crate::linalg::Mat;

/// The prior of a particle, which forgetting returns to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Origin {
    /// Drawn from the memory's seed for this index: nothing but the index is kept.
    Drawn(u64),
    /// Given.
    Given(Vec<MatrixNormal>),
}

/// Posteriors by layer, the sensory one first.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Particle {
    pub(crate) layers: Vec<MatrixNormal>,
    pub(crate) origin: Origin,
}

impl Particle {
    pub(crate) fn drawn(config: &BayesPcnConfig, index: u64) -> Self {
        let origin = Origin::Drawn(index);
        let layers = (0..config.layers)
            .map(|layer| origin.layer(config, layer))
            .collect();
        Self { layers, origin }
    }

    pub(crate) fn given(prior: Vec<MatrixNormal>) -> Self {
        Self {
            layers: prior.clone(),
            origin: Origin::Given(prior),
        }
    }

    pub(crate) fn forget(&mut self, config: &BayesPcnConfig, beta: f64) -> Result<()> {
        for (index, layer) in self.layers.iter_mut().enumerate() {
            layer.forget(beta, &self.origin.layer(config, index))?;
        }
        Ok(())
    }
}

impl Origin {
    /// The prior of one layer: the same numbers whenever it is asked for.
    pub(crate) fn layer(&self, config: &BayesPcnConfig, layer: usize) -> MatrixNormal {
        let index = match self {
            Self::Given(prior) => return prior[layer].clone(),
            Self::Drawn(index) => *index,
        };
        let (inputs, outputs) = config.shape(layer);
        let mean = match config.prior_mean {
            PriorMean::Zero => Mat::zeros(inputs, outputs),
            PriorMean::Random => {
                let id = index * config.layers as u64 + layer as u64;
                let mut stream = rng::indexed_stream(config.seed, "bayespcn/prior", id);
                let scale = (outputs as f64).sqrt().recip();
                let drawn = rng::normal_vec(&mut stream, inputs * outputs);
                let data = drawn.into_iter().map(|x| scale * f64::from(x)).collect();
                Mat::new(inputs, outputs, data)
            }
        };
        MatrixNormal::isotropic(mean, config.sigma_prior.powi(2))
    }
}
