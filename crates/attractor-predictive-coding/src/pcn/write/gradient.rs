//! The local gradient of the weights.

use burn::tensor::Tensor;

use crate::pcn::network::{Network, off_diagonal};

/// Minus the derivative of the energy, summed over rows, with respect to every parameter, in the
/// order of [`crate::pcn::PcnParameters::list`]. `state` and `errors` come with the memory layer first;
/// the last of the errors are those of the data.
pub(crate) fn ascent(
    network: Network<'_>,
    state: &[Tensor<2>],
    errors: &[Tensor<2>],
) -> Vec<Tensor<2>> {
    let depth = network.config.depth();
    let parameters = network.parameters;
    let mut ascent = Vec::new();
    for l in 0..depth {
        let values = state[depth - 1 - l].clone();
        let error = errors[errors.len() - 1 - l].clone();
        let (weight, bias) = network.link(l).ascent(values, error);
        ascent.push(weight);
        ascent.extend(bias);
    }
    if parameters.mean.is_some() {
        // The memory layer's own errors.
        ascent.push(errors[0].clone().sum_dim(0));
    }
    if parameters.recurrent.is_some() {
        let weight = errors[0].clone().transpose().matmul(state[0].clone());
        ascent.push(off_diagonal(weight));
    }
    ascent
}
