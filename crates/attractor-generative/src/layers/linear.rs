//! Fully connected layer.

use attractor_core::{Activation, Error, Layer, Persist, Result};
use burn::tensor::Tensor;

/// `f(x W^T + b)`.
#[derive(Debug, Clone)]
pub struct Linear {
    /// Transposed once, `[in, out]`: the form both products want.
    pub(super) weight: Tensor<2>,
    pub(super) bias: Tensor<2>,
    activation: Activation,
}

impl Linear {
    /// A layer from `weight [out, in]` and `bias [out]`.
    ///
    /// # Errors
    /// [`Error::Mismatch`] unless there is one bias for each output.
    pub fn new(weight: Tensor<2>, bias: Tensor<1>, activation: Activation) -> Result<Self> {
        let [outputs, _] = weight.dims();
        let [found] = bias.dims();
        if outputs != found {
            return Err(Error::Mismatch {
                what: "Linear",
                expected: format!("{outputs} biases, one for each output"),
                part: "its bias",
                found: format!("{found}"),
            });
        }
        Ok(Self {
            weight: weight.transpose(),
            bias: bias.unsqueeze(),
            activation,
        })
    }
}

impl Layer for Linear {
    fn input_dim(&self) -> usize {
        self.weight.dims()[0]
    }

    fn output_dim(&self) -> usize {
        self.weight.dims()[1]
    }

    fn affine(&self, input: Tensor<2>) -> Tensor<2> {
        input.matmul(self.weight.clone()) + self.bias.clone()
    }

    fn adjoint(&self, cotangent: Tensor<2>) -> Tensor<2> {
        cotangent.matmul(self.weight.clone().transpose())
    }

    fn activation(&self) -> Activation {
        self.activation
    }

    fn as_persist(&self) -> Option<&dyn Persist> {
        Some(self)
    }
}
