//! Fully connected layer.

use burn::module::{Module, Param};
use burn::tensor::Tensor;

use super::Init;

/// `x W^T + b`.
#[derive(Module, Debug)]
pub struct Linear {
    /// `[out, in]`
    pub weight: Param<Tensor<2>>,
    /// `[out]`
    pub bias: Param<Tensor<1>>,
}

impl Linear {
    /// A layer of that path with initial parameters.
    pub fn new(init: &Init<'_>, path: &str, inputs: usize, outputs: usize) -> Self {
        Self {
            weight: init.uniform(&format!("{path}.weight"), [outputs, inputs], inputs),
            bias: init.uniform(&format!("{path}.bias"), [outputs], inputs),
        }
    }

    /// `[n, in]` to `[n, out]`.
    pub fn forward(&self, input: Tensor<2>) -> Tensor<2> {
        input.matmul(self.weight.val().transpose()) + self.bias.val().unsqueeze()
    }
}
