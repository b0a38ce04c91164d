//! Generative models: from a latent code to data, and back by amortised inference.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::file::Loading;
use crate::weights::Weights;
use crate::{LayerChain, Persist, Restore, Result};

/// A diagonal Gaussian over codes: what an encoder believes.
#[derive(Debug, Clone)]
pub struct Posterior {
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
///
/// # Example
/// A linear model: data are codes, scaled.
/// ```
/// use attractor_core::burn::tensor::Tensor;
/// use attractor_core::{Backend, GenerativeModel, Posterior, Result, check};
///
/// #[derive(Debug)]
/// struct Scaled { dim: usize, by: f32 }
///
/// impl GenerativeModel for Scaled {
///     fn name(&self) -> &'static str { "scaled" }
///     fn data_dim(&self) -> usize { self.dim }
///     fn latent_dim(&self) -> usize { self.dim }
///
///     fn encode(&self, data: Tensor<2>) -> Posterior {
///         let mean = data.div_scalar(self.by);
///         Posterior { log_variance: mean.zeros_like(), mean }
///     }
///
///     fn decode(&self, codes: Tensor<2>) -> Tensor<2> {
///         codes.mul_scalar(self.by)
///     }
///
///     fn pull_back(
///         &self,
///         codes: Tensor<2>,
///         cotangent: &mut dyn FnMut(Tensor<2>) -> Tensor<2>,
///     ) -> (Tensor<2>, Tensor<2>) {
///         let data = self.decode(codes);
///         let gradient = cotangent(data.clone()).mul_scalar(self.by);
///         (data, gradient)
///     }
/// }
///
/// let device = Backend::Flex.open()?;
/// let model = Scaled { dim: 2, by: 10.0 };
/// let data = Tensor::<2>::from_data([[10.0f32, 20.0]], &device);
/// let codes = model.encode(data).mean;
/// // The derivative of |x|^2 / 2 is x; with respect to the code it is ten times that.
/// let (_, gradient) = model.pull_back(codes, &mut |data| data);
/// assert_eq!(check::to_host(gradient)?, [100.0, 200.0]);
/// # Ok::<(), attractor_core::Error>(())
/// ```
pub trait GenerativeModel: Send + Sync + std::fmt::Debug {
    /// Name for messages and results, such as `vae` or `identity`.
    fn name(&self) -> &'static str;

    /// Entries of a data row.
    fn data_dim(&self) -> usize;

    /// Entries of a code.
    fn latent_dim(&self) -> usize;

    /// Amortised posterior of data `[n, data_dim]`.
    fn encode(&self, data: Tensor<2>) -> Posterior;

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

    /// The model in files, if it has a form there: see [`crate::file`].
    fn as_persist(&self) -> Option<&dyn Persist> {
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

    /// Mean = data; the variance is 1, which nothing reads: one number stands for all.
    fn encode(&self, data: Tensor<2>) -> Posterior {
        let log_variance =
            Tensor::<2>::zeros([1, 1], (&data.device(), data.dtype())).expand(data.dims());
        Posterior {
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

    fn as_persist(&self) -> Option<&dyn Persist> {
        Some(self)
    }
}

/// What makes a model without weights.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Made {
    dim: usize,
    /// Of signs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    threshold: Option<f32>,
}

impl Persist for Identity {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn pack(&self) -> Result<Weights> {
        let mut file = Weights::new();
        file.set_config(&Made {
            dim: self.dim,
            threshold: None,
        })?;
        Ok(file)
    }
}

impl Restore for Identity {
    const KIND: &'static str = "identity";

    fn restore(file: &Weights, _: &Loading<'_>) -> Result<Self> {
        let made: Made = file.config()?;
        Self::new(made.dim).map_err(|error| file.refuse(error))
    }
}

/// Data in `[0, 1]` as signs: a code is +1 where an entry lies above a threshold and -1 elsewhere,
/// and decodes to 1 and 0. It puts memories of +1 and -1 behind the interface of all others.
#[derive(Debug, Clone, Copy)]
pub struct Signs {
    dim: usize,
    threshold: f32,
}

impl Signs {
    /// Signs of rows of `dim` entries.
    ///
    /// # Errors
    /// [`crate::Error::Config`] if `dim` is 0 or the threshold is not finite.
    pub fn new(dim: usize, threshold: f32) -> Result<Self> {
        crate::error::require_nonzero("Signs.dim", dim)?;
        if !threshold.is_finite() {
            return Err(crate::Error::config(
                "Signs.threshold",
                "must be finite",
                threshold,
            ));
        }
        Ok(Self { dim, threshold })
    }
}

impl GenerativeModel for Signs {
    fn name(&self) -> &'static str {
        "signs"
    }

    fn data_dim(&self) -> usize {
        self.dim
    }

    fn latent_dim(&self) -> usize {
        self.dim
    }

    /// The variance is 1, which nothing reads.
    fn encode(&self, data: Tensor<2>) -> Posterior {
        let above = data.greater_elem(self.threshold).float();
        let mean = above.mul_scalar(2.0).sub_scalar(1.0);
        Posterior {
            log_variance: mean.zeros_like(),
            mean,
        }
    }

    fn decode(&self, codes: Tensor<2>) -> Tensor<2> {
        codes.add_scalar(1.0).mul_scalar(0.5)
    }

    fn pull_back(
        &self,
        codes: Tensor<2>,
        cotangent: &mut dyn FnMut(Tensor<2>) -> Tensor<2>,
    ) -> (Tensor<2>, Tensor<2>) {
        let data = self.decode(codes);
        let gradient = cotangent(data.clone()).mul_scalar(0.5);
        (data, gradient)
    }

    fn as_persist(&self) -> Option<&dyn Persist> {
        Some(self)
    }
}

impl Persist for Signs {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn pack(&self) -> Result<Weights> {
        let mut file = Weights::new();
        file.set_config(&Made {
            dim: self.dim,
            threshold: Some(self.threshold),
        })?;
        Ok(file)
    }
}

impl Restore for Signs {
    const KIND: &'static str = "signs";

    fn restore(file: &Weights, _: &Loading<'_>) -> Result<Self> {
        let made: Made = file.config()?;
        let threshold = made
            .threshold
            .ok_or_else(|| file.fail("the configuration: expected a `threshold`, found none"))?;
        Self::new(made.dim, threshold).map_err(|error| file.refuse(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;

    #[test]
    fn signs_encode_and_decode() {
        let model = Signs::new(3, 0.5).unwrap();
        let data = Tensor::<2>::from_data([[0.2f32, 0.5, 0.9]], &Device::default());
        let codes = model.encode(data).mean;
        let host = |tensor: Tensor<2>| crate::check::to_host(tensor).unwrap();
        assert_eq!(host(codes.clone()), [-1.0, -1.0, 1.0]);
        // d (y - t)^2 / dz = 2 (y - t) dy / dz, with dy / dz = 1/2.
        let (data, gradient) = model.pull_back(codes, &mut |data| data.mul_scalar(2.0));
        assert_eq!(host(data), [0.0, 0.0, 1.0]);
        assert_eq!(host(gradient), [0.0, 0.0, 1.0]);
        let message = Signs::new(3, f32::NAN).unwrap_err().to_string();
        assert_eq!(message, "Signs.threshold: must be finite, found NaN");
    }
}
