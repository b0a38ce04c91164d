//! The largest singular values of the weights, which bound the step size of inference.

use attractor_core::Result;
use burn::tensor::Tensor;

use super::structure::Network;
use crate::relaxation::power::{advance, largest, probe};

/// One vector for each matrix, kept from step to step while weights change slowly.
#[derive(Debug, Clone)]
pub(crate) struct Probes(pub(crate) Vec<Tensor<2>>);

impl Probes {
    pub(crate) fn new(network: Network<'_>) -> Self {
        let weights = matrices(network).into_iter().enumerate();
        Self(
            weights
                .map(|(at, weight)| probe(weight, at as u64))
                .collect(),
        )
    }

    /// The norm that bounds the step, after some iterations more: the largest singular value of any
    /// link times the steepest slope of the activation; recurrent weights add theirs.
    pub(crate) fn refresh(&mut self, network: Network<'_>, iterations: usize) -> Result<f64> {
        let mut norms = Vec::new();
        for (probe, weight) in self.0.iter_mut().zip(matrices(network)) {
            norms.push(advance(probe, weight, iterations)?);
        }
        Ok(bound(network, &norms))
    }

    /// The norm for weights that stay as they are.
    pub(crate) fn converge(network: Network<'_>) -> Result<f64> {
        let weights = matrices(network);
        let norms: Vec<f64> = weights.into_iter().map(largest).collect::<Result<_>>()?;
        Ok(bound(network, &norms))
    }
}

fn bound(network: Network<'_>, norms: &[f64]) -> f64 {
    let depth = network.config.depth();
    let links = norms[..depth].iter().copied().fold(0.0, f64::max);
    let recurrent: f64 = norms[depth..].iter().sum();
    links * network.config.activation.steepest().max(1.0) + recurrent
}

/// Weights of the links, the data's first, then the recurrent ones.
fn matrices(network: Network<'_>) -> Vec<&Tensor<2>> {
    let layers = network.parameters.layers.iter().map(|layer| &layer.weight);
    layers.chain(&network.parameters.recurrent).collect()
}
