//! Instance normalisation.

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};

use super::EPSILON;

/// `(x - mean) / sqrt(variance + 1e-5) * weight + bias` with the mean and the biased variance of
/// each channel of each image over its own pixels, in training and inference alike.
///
/// D. Ulyanov, A. Vedaldi, V. Lempitsky, *Instance Normalization*, arXiv:1607.08022.
#[derive(Module, Debug)]
pub struct InstanceNorm {
    /// Scale, `[channels]`.
    pub weight: Param<Tensor<1>>,
    /// Shift, `[channels]`.
    pub bias: Param<Tensor<1>>,
}

impl InstanceNorm {
    /// Scale 1, shift 0.
    pub fn new(channels: usize, device: &Device) -> Self {
        Self {
            weight: Param::from_tensor(Tensor::ones([channels], device)),
            bias: Param::from_tensor(Tensor::zeros([channels], device)),
        }
    }

    /// Normalises `[n, channels, h, w]`.
    pub fn forward(&self, images: Tensor<4>) -> Tensor<4> {
        let [n, channels, h, w] = images.dims();
        let rows = images.reshape([n, channels, h * w]);
        let centred = rows.clone() - rows.mean_dim(2);
        let variance = centred.clone().square().mean_dim(2);
        let [weight, bias] =
            [&self.weight, &self.bias].map(|param| param.val().reshape([1, channels, 1]));
        let normal = centred / variance.add_scalar(EPSILON).sqrt();
        (normal * weight + bias).reshape([n, channels, h, w])
    }
}
