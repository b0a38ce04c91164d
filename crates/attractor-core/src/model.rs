//! Generative models: from a latent code to data, and back by amortised inference.

use burn::tensor::Tensor;

use crate::{LayerChain, Result};

/// A diagonal Gaussian over codes.
#[derive(Debug, Clone)]
pub struct Gaussian {
    /// Means `[n, latent_dim]`.
    pub mean: Tensor<2>,
    /// Logarithms of the variances `[n, latent_dim]`.
    pub log_variance: Tensor<2>,
}

/// Data taken apart, such as a scene into objects.
#[derive(Debug, Clone)]
pub struct Segments {
    /// Share of each part in each pixel `[n, parts, pixels]`: positive, summing to 1 over parts.
    pub masks: Tensor<3>,
    /// What each part looks like by itself `[n, parts, data_dim]`.
    pub parts: Tensor<3>,
}

/// A generative model g: z -> x with an encoder q(z | x), frozen for inference.
///
/// Shapes are flat: data are `[n, data_dim]`, codes `[n, latent_dim]`. No autodiff graph is built;
/// [`GenerativeModel::pull_back`] supplies the derivative that inference needs.
pub trait GenerativeModel: Send + Sync + std::fmt::Debug {
    /// Name for messages and results, such as `vae` or `identity`.
    fn name(&self) -> &'static str;

    /// Entries of a data row.
    fn data_dim(&self) -> usize;

    /// Entries of a code.
    fn latent_dim(&self) -> usize;

    /// Amortised posterior of data `[n, data_dim]`.
    fn encode(&self, data: Tensor<2>) -> Gaussian;

    /// Data `[n, data_dim]` of codes `[n, latent_dim]`.
    fn decode(&self, codes: Tensor<2>) -> Tensor<2>;

    /// Decodes `codes [n, latent_dim]`, asks `cotangent` for the derivative of a scalar per row
    /// with respect to the data `[n, data_dim]`, and returns the data together with the derivative
    /// with respect to the codes `[n, latent_dim]`.
    fn pull_back(
        &self,
        codes: Tensor<2>,
        cotangent: &mut dyn FnMut(Tensor<2>) -> Tensor<2>,
    ) -> (Tensor<2>, Tensor<2>);

    /// The parts into which the model takes data `[n, data_dim]` apart, if it does.
    fn segments(&self, _data: Tensor<2>) -> Option<Segments> {
        None
    }

    /// Whether a code is the data itself, entry by entry.
    fn codes_are_data(&self) -> bool {
        false
    }

    /// The decoder as a chain of layers, for predictive coding, where it is one.
    fn layer_chain(&self) -> Option<&LayerChain> {
        None
    }
}

/// The model without a representation: codes are the data.
#[derive(Debug, Clone, Copy)]
pub struct Identity {
    dim: usize,
}

impl Identity {
    /// The identity on rows of `dim` entries.
    ///
    /// # Errors
    /// [`crate::Error::Config`] if `dim` is 0.
    pub fn new(dim: usize) -> Result<Self> {
        crate::error::require_nonzero("Identity.dim", dim)?;
        Ok(Self { dim })
    }
}

impl GenerativeModel for Identity {
    fn name(&self) -> &'static str {
        "identity"
    }

    fn data_dim(&self) -> usize {
        self.dim
    }

    fn latent_dim(&self) -> usize {
        self.dim
    }

    fn codes_are_data(&self) -> bool {
        true
    }

    /// Mean = data; the variance is 1, which nothing reads.
    fn encode(&self, data: Tensor<2>) -> Gaussian {
        let log_variance = data.zeros_like();
        Gaussian {
            mean: data,
            log_variance,
        }
    }

    fn decode(&self, codes: Tensor<2>) -> Tensor<2> {
        codes
    }

    fn pull_back(
        &self,
        codes: Tensor<2>,
        cotangent: &mut dyn FnMut(Tensor<2>) -> Tensor<2>,
    ) -> (Tensor<2>, Tensor<2>) {
        let gradient = cotangent(codes.clone());
        (codes, gradient)
    }
}
