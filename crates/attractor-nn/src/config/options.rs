//! The options that are one of several.

use burn::tensor::{Tensor, activation};
use serde::{Deserialize, Serialize};

/// A setting for all heads, or one for each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PerHead<T> {
    /// The same for every head.
    All(T),
    /// One for each head, in their order.
    Each(Vec<T>),
}

impl<T: Clone> PerHead<T> {
    /// The setting of each of `heads` heads; none if their number is another.
    pub fn spread(&self, heads: usize) -> Option<Vec<T>> {
        match self {
            Self::All(value) => Some(vec![value.clone(); heads]),
            Self::Each(values) => (values.len() == heads).then(|| values.clone()),
        }
    }
}

impl<T> From<T> for PerHead<T> {
    fn from(value: T) -> Self {
        Self::All(value)
    }
}

/// What turns scores into an association, rows that sum to 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Separation {
    /// `exp(z) / sum exp(z)`: every stored pattern has a part.
    #[default]
    Softmax,
    /// The nearest point of the simplex: patterns far below the best have exactly none.
    ///
    /// A. Martins, R. Astudillo, ICML 2016.
    Sparsemax,
    /// Between both, `max(z / 2 - tau, 0)^2`.
    ///
    /// B. Peters, V. Niculae, A. Martins, ACL 2019.
    Entmax15,
}

/// Who stops when no more updates are worth their cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Stop {
    /// Every state by itself, once an update moves it by at most `eps max(1, |x|)`. The answer does not depend on
    /// what else is in the batch.
    #[default]
    PerRow,
    /// All states of a head in all sets together, once the association of no set changes by more than `eps` in the
    /// Frobenius norm: the rule of the published code.
    PerHead,
}

/// What is differentiated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Grad {
    /// Every update. The states of all steps are kept.
    Unrolled,
    /// The fixed point: exact at convergence, whatever led there, with the memory of one pass. The start gets the
    /// gradient 0, which is what it is at convergence.
    Implicit,
    /// The last update and the final pass, as if the state before them had been the start.
    LastStep,
}

/// What is applied after the output projection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Activation {
    /// `max(x, 0)`
    Relu,
    /// `x Phi(x)`
    Gelu,
    /// `x / (1 + exp(-x))`
    Silu,
    /// The hyperbolic tangent.
    Tanh,
    /// `1 / (1 + exp(-x))`
    Sigmoid,
}

impl Activation {
    pub(crate) fn forward<const D: usize>(self, x: Tensor<D>) -> Tensor<D> {
        match self {
            Self::Relu => activation::relu(x),
            Self::Gelu => activation::gelu(x),
            Self::Silu => activation::silu(x),
            Self::Tanh => x.tanh(),
            Self::Sigmoid => activation::sigmoid(x),
        }
    }
}
