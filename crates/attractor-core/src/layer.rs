//! Decoders as chains of affine layers with element-wise activations.
//!
//! Inference needs three things of a layer: its value, the derivative of its activation, and the
//! adjoint of its linear part. A chain offers them for any depth, so that backpropagation to the
//! code and predictive coding are each written once.

use burn::tensor::{Tensor, activation};

use crate::{Error, Result};

/// Element-wise non-linearity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// f(a) = a
    Identity,
    /// f(a) = max(a, 0), derivative 0 at 0
    Relu,
    /// f(a) = 1 / (1 + exp(-a))
    Sigmoid,
    /// f(a) = tanh(a)
    Tanh,
}

impl Activation {
    /// f(pre), any shape.
    pub fn apply(self, pre: Tensor<2>) -> Tensor<2> {
        match self {
            Self::Identity => pre,
            Self::Relu => activation::relu(pre),
            Self::Sigmoid => activation::sigmoid(pre),
            Self::Tanh => pre.tanh(),
        }
    }

    /// `f'(pre) * cotangent`, written in terms of `value = f(pre)`, which all of these allow.
    pub fn pull_back(self, value: Tensor<2>, cotangent: Tensor<2>) -> Tensor<2> {
        match self {
            Self::Identity => cotangent,
            Self::Relu => {
                let dead = value.lower_equal_scalar(0.0);
                cotangent.mask_fill(dead, 0.0)
            }
            Self::Sigmoid => (value.clone() - value.square()) * cotangent,
            Self::Tanh => (value.square().neg().add_scalar(1.0)) * cotangent,
        }
    }
}

/// One layer: `value = f(affine(input))`, on flat rows.
pub trait Layer: Send + Sync + std::fmt::Debug {
    /// Entries of an input row.
    fn input_dim(&self) -> usize;

    /// Entries of an output row.
    fn output_dim(&self) -> usize;

    /// The affine part, `[b, input_dim]` to `[b, output_dim]`.
    fn affine(&self, input: Tensor<2>) -> Tensor<2>;

    /// The adjoint of the affine part's linear map, `[b, output_dim]` to `[b, input_dim]`.
    fn adjoint(&self, cotangent: Tensor<2>) -> Tensor<2>;

    /// The non-linearity f.
    fn activation(&self) -> Activation;

    /// `f(affine(input))`, `[b, output_dim]`.
    fn forward(&self, input: Tensor<2>) -> Tensor<2> {
        self.activation().apply(self.affine(input))
    }

    /// Derivative with respect to the input, given the layer's own output `value`:
    /// `[b, output_dim]` to `[b, input_dim]`.
    fn pull_back(&self, value: Tensor<2>, cotangent: Tensor<2>) -> Tensor<2> {
        self.adjoint(self.activation().pull_back(value, cotangent))
    }
}

/// Layers applied one after the other; the first takes the code.
#[derive(Debug)]
pub struct LayerChain {
    layers: Vec<Box<dyn Layer>>,
}

impl LayerChain {
    /// A chain of layers whose widths fit.
    ///
    /// # Errors
    /// [`Error::Config`] without layers, [`Error::Mismatch`] if two neighbours disagree.
    pub fn new(layers: Vec<Box<dyn Layer>>) -> Result<Self> {
        if layers.is_empty() {
            return Err(Error::config(
                "LayerChain.layers",
                "must hold at least one layer",
                0,
            ));
        }
        for pair in layers.windows(2) {
            let (output, input) = (pair[0].output_dim(), pair[1].input_dim());
            if output != input {
                return Err(Error::Mismatch {
                    what: "a layer of the chain",
                    expected: format!("{input} inputs"),
                    part: "the layer before it",
                    found: format!("{output} outputs"),
                });
            }
        }
        Ok(Self { layers })
    }

    /// The layers, the one that takes the code first.
    pub fn layers(&self) -> &[Box<dyn Layer>] {
        &self.layers
    }

    /// Entries of an input row.
    pub fn input_dim(&self) -> usize {
        self.layers[0].input_dim()
    }

    /// Entries of an output row.
    pub fn output_dim(&self) -> usize {
        self.layers[self.layers.len() - 1].output_dim()
    }

    /// The output `[b, output_dim]` of `[b, input_dim]`.
    pub fn forward(&self, input: Tensor<2>) -> Tensor<2> {
        self.layers
            .iter()
            .fold(input, |value, layer| layer.forward(value))
    }

    /// The value of every layer, the last one being the output.
    pub fn activities(&self, input: Tensor<2>) -> Vec<Tensor<2>> {
        let mut value = input;
        self.layers
            .iter()
            .map(|layer| {
                value = layer.forward(value.clone());
                value.clone()
            })
            .collect()
    }

    /// The output, and the derivative with respect to the input of the scalar per row whose
    /// derivative with respect to the output is `cotangent(output)`.
    pub fn pull_back(
        &self,
        input: Tensor<2>,
        cotangent: &mut dyn FnMut(Tensor<2>) -> Tensor<2>,
    ) -> (Tensor<2>, Tensor<2>) {
        let mut values = self.activities(input);
        let output = values[values.len() - 1].clone();
        let gradient = cotangent(output.clone());
        let gradient = self.layers.iter().rev().fold(gradient, |gradient, layer| {
            // One value per layer: `activities` made as many.
            let value = values.pop().unwrap_or_else(|| output.clone());
            layer.pull_back(value, gradient)
        });
        (output, gradient)
    }
}
