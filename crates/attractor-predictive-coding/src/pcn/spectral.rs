//! The largest singular values of the weights, which bound the step size of inference.

use attractor_core::{Result, rng};
use burn::tensor::{Tensor, TensorData};

use super::network::Network;
use crate::files::host;

/// Power iteration approaches from below.
const MARGIN: f64 = 1.01;
/// Iterations between two looks at the change, and looks at most, for weights that stay as they are.
const LOOK: usize = 5;
const LOOKS: usize = 40;
/// Relative change at which it has converged.
const TOLERANCE: f64 = 1e-3;

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

/// The largest singular value of a matrix, or a little more.
pub(crate) fn largest(weight: &Tensor<2>) -> Result<f64> {
    let mut probe = probe(weight, 0);
    let mut norm = advance(&mut probe, weight, LOOK)?;
    for _ in 0..LOOKS {
        let next = advance(&mut probe, weight, LOOK)?;
        let change = (next - norm).abs();
        norm = next;
        if change <= TOLERANCE * norm {
            break;
        }
    }
    Ok(norm)
}

fn probe(weight: &Tensor<2>, at: u64) -> Tensor<2> {
    let inputs = weight.dims()[1];
    let mut stream = rng::indexed_stream(0, "pcn/probe", at);
    let data = TensorData::new(rng::normal_vec(&mut stream, inputs), [1, inputs]);
    Tensor::from_data(data, (&weight.device(), weight.dtype()))
}

/// The norm after some power iterations more.
fn advance(probe: &mut Tensor<2>, weight: &Tensor<2>, iterations: usize) -> Result<f64> {
    let unit = |vector: Tensor<2>| {
        let length = vector.clone().square().sum_dim(1).sqrt().clamp_min(1e-30);
        vector / length
    };
    for _ in 0..iterations {
        probe.inplace(|probe| {
            let image = unit(probe).matmul(weight.clone().transpose());
            image.matmul(weight.clone())
        });
    }
    probe.inplace(unit);
    let image = probe.clone().matmul(weight.clone().transpose());
    let squared = host(&image.square().sum())?;
    Ok(squared.iter().sum::<f64>().sqrt() * MARGIN)
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
