//! The parts of the network as [`attractor_core::coding`] sees them.

use attractor_core::coding::{End, Link, LinkOutput, Pull};
use attractor_core::{Activation, Prediction, Result};
use burn::tensor::Tensor;

/// `after(before(x) W^T + c)`.
#[derive(Debug, Clone)]
pub(crate) struct Dense {
    /// `[below, above]`.
    pub(crate) weight: Tensor<2>,
    /// `[1, below]`.
    pub(crate) bias: Option<Tensor<2>>,
    pub(crate) before: Activation,
    pub(crate) after: Activation,
}

impl Dense {
    /// Derivatives of 1/2 |error|^2 with respect to weight and bias, times -1, summed over rows.
    /// `values [b, above]` predict, `error [b, below]` is what they get wrong.
    pub(crate) fn ascent(
        &self,
        values: Tensor<2>,
        error: Tensor<2>,
    ) -> (Tensor<2>, Option<Tensor<2>>) {
        let input = self.before.apply(values);
        // Of the identity the slope is not needed, and neither is the affine part.
        let error = match self.after {
            Activation::Identity => error,
            after => after
                .differentiate(self.affine(input.clone()))
                .pull_back(error),
        };
        let bias = self.bias.as_ref().map(|_| error.clone().sum_dim(0));
        (error.transpose().matmul(input), bias)
    }

    fn affine(&self, input: Tensor<2>) -> Tensor<2> {
        let value = input.matmul(self.weight.clone().transpose());
        match &self.bias {
            Some(bias) => value + bias.clone(),
            None => value,
        }
    }
}

impl Link for Dense {
    fn predict(&self, values: Tensor<2>) -> LinkOutput {
        let input = self.before.differentiate(values);
        LinkOutput {
            prediction: self.after.differentiate(self.affine(input.value.clone())),
            input: Some(input),
        }
    }

    fn pull_back(&self, output: &LinkOutput, cotangent: Tensor<2>) -> Tensor<2> {
        let pulled = output.prediction.pull_back(cotangent);
        let pulled = pulled.matmul(self.weight.clone());
        match &output.input {
            Some(input) => input.pull_back(pulled),
            None => pulled,
        }
    }
}

/// What is expected of the memory layer.
#[derive(Debug, Clone)]
pub(crate) struct TopEnd {
    /// `b [1, n]`.
    pub(crate) mean: Tensor<2>,
    /// `V [n, n]`, whose diagonal is 0: `b + x V^T` is expected.
    pub(crate) recurrent: Option<Tensor<2>>,
}

impl TopEnd {
    pub(crate) fn error(&self, values: Tensor<2>) -> Tensor<2> {
        let rest = values.clone() - self.mean.clone();
        match &self.recurrent {
            Some(weight) => rest - values.matmul(weight.clone().transpose()),
            None => rest,
        }
    }
}

impl End for TopEnd {
    fn pull(&self, values: &Tensor<2>) -> Result<Pull> {
        let error = self.error(values.clone());
        Ok(Pull::new(match &self.recurrent {
            Some(weight) => error.clone().matmul(weight.clone()) - error,
            None => error.neg(),
        }))
    }
}

/// Clamped data, as the lowest hidden layer feels them.
#[derive(Debug, Clone)]
pub(crate) enum Sensory {
    /// Through their errors.
    Direct(Box<Clamped>),
    /// Through products of the weights.
    Gram(Box<Gram>),
}

/// `f'(z) o (P - f(z) G)`.
#[derive(Debug, Clone)]
pub(crate) struct Gram {
    pub(crate) before: Activation,
    /// `P = (x_0 - c) W`, `[b, n]`.
    pub(crate) projected: Tensor<2>,
    /// `G = W^T W`, `[n, n]`.
    pub(crate) gram: Tensor<2>,
}

/// Data `[b, d]` that do not move, and which of their entries count.
#[derive(Debug, Clone)]
pub(crate) struct Clamped {
    pub(crate) link: Dense,
    pub(crate) target: Tensor<2>,
    /// 1 where an entry counts; every entry does without.
    pub(crate) known: Option<Tensor<2>>,
}

impl Clamped {
    /// `known o (x_0 - p_0)`.
    pub(crate) fn error(&self, predicted: Tensor<2>) -> Tensor<2> {
        let error = self.target.clone() - predicted;
        match &self.known {
            Some(known) => error * known.clone(),
            None => error,
        }
    }
}

impl End for Sensory {
    fn pull(&self, values: &Tensor<2>) -> Result<Pull> {
        let drive = match self {
            Self::Direct(clamped) => {
                let output = clamped.link.predict(values.clone());
                let error = clamped.error(output.prediction.value.clone());
                clamped.link.pull_back(&output, error)
            }
            Self::Gram(form) => {
                let Prediction { value, slope } = form.before.differentiate(values.clone());
                let pulled = form.projected.clone() - value.matmul(form.gram.clone());
                match slope {
                    Some(slope) => pulled * slope,
                    None => pulled,
                }
            }
        };
        Ok(Pull::new(drive))
    }
}
