//! Variational autoencoders: what a trainable one offers, its frozen form, and those that tables of
//! layers describe.

pub mod cifar;
mod conv;
mod frozen;
pub mod mnist;
mod plan;
#[cfg(test)]
mod tests;

pub use cifar::{CifarVae, CifarVaeConfig};
pub use conv::{Architecture, ConvVae};
pub use frozen::FrozenVae;
pub(crate) use frozen::split_heads;
pub use mnist::{MnistVae, MnistVaeConfig};
pub use plan::{Map, Plan, Step, Then};

use attractor_core::{Posterior, Result};
use burn::module::Module;
use burn::tensor::Tensor;

/// A trainable variational autoencoder.
///
/// The training passes normalise by batch statistics and update the running ones; what they build
/// can be differentiated when the parameters live on an autodiff device. For inference, freeze.
pub trait Vae: Module {
    /// Name for files and messages, such as `cifar-vae`.
    fn kind(&self) -> &'static str;

    /// Entries of a data row.
    fn data_dim(&self) -> usize;

    /// Entries of a code.
    fn latent_dim(&self) -> usize;

    /// Posterior of data `[n, data_dim]` in training mode.
    fn encode_train(&mut self, data: Tensor<2>) -> Posterior;

    /// Data `[n, data_dim]` of codes `[n, latent_dim]` in training mode.
    fn decode_train(&mut self, codes: Tensor<2>) -> Tensor<2>;

    /// The layers for training in host memory, if the model has such a form.
    fn plan(&self) -> Option<Plan> {
        None
    }

    /// The inference form: running statistics folded into the layers, no autodiff.
    ///
    /// # Errors
    /// If the layers do not fit together, which an initialised or imported model rules out.
    fn freeze(&self) -> Result<FrozenVae>;
}

/// KL divergence of each row's posterior from the standard normal, `[n]`, in nats:
/// `1/2 sum_j (mean_j^2 + exp(log_variance_j) - 1 - log_variance_j)`.
pub fn kl_divergence(posterior: &Posterior) -> Tensor<1> {
    let Posterior { mean, log_variance } = posterior.clone();
    let terms = mean.square() + log_variance.clone().exp() - log_variance - 1.0;
    terms.sum_dim(1).squeeze_dim(1).mul_scalar(0.5)
}
