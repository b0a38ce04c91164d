//! Batch normalisation.

use burn::module::{Module, Param};
use burn::tensor::module::batch_norm_train;
use burn::tensor::{Device, Tensor};

/// Added to variances.
pub(crate) const EPSILON: f64 = 1e-5;
/// Weight of the newest batch in the running statistics.
pub(crate) const MOMENTUM: f64 = 0.1;

/// `(x - mean) / sqrt(variance + 1e-5) * weight + bias` for each channel, with the statistics of
/// the batch in training and running ones in inference.
///
/// S. Ioffe, C. Szegedy, *Batch Normalization*, ICML 2015. As in PyTorch, a batch is normalised by
/// its biased variance while the running variance averages unbiased ones.
#[derive(Module, Debug)]
pub struct BatchNorm {
    /// Scale, `[channels]`.
    pub weight: Param<Tensor<1>>,
    /// Shift, `[channels]`.
    pub bias: Param<Tensor<1>>,
    /// Running mean, `[channels]`; not trained.
    pub running_mean: Param<Tensor<1>>,
    /// Running unbiased variance, `[channels]`; not trained.
    pub running_var: Param<Tensor<1>>,
}

impl BatchNorm {
    /// The identity on standardised input: scale 1, shift 0, mean 0, variance 1.
    pub fn new(channels: usize, device: &Device) -> Self {
        let ones = || Param::from_tensor(Tensor::ones([channels], device));
        let zeros = || Param::from_tensor(Tensor::zeros([channels], device));
        Self {
            weight: ones(),
            bias: zeros(),
            running_mean: zeros().set_require_grad(false),
            running_var: ones().set_require_grad(false),
        }
    }

    /// Normalises `[n, channels, h, w]` by its own statistics and updates the running ones.
    pub fn forward_train(&mut self, images: Tensor<4>) -> Tensor<4> {
        let [n, _, h, w] = images.dims();
        let result = batch_norm_train(images, self.weight.val(), self.bias.val(), EPSILON);
        // The device reports the biased variance.
        let count = (n * h * w) as f64;
        let correction = count / (count - 1.0).max(1.0);
        update(&mut self.running_mean, result.mean, 1.0);
        update(&mut self.running_var, result.variance, correction);
        result.output
    }

    /// Weight and bias of an affine layer with the map of inference behind it. Its outputs, which
    /// are whole channels one after the other, lie along the axis `outputs` of its weight.
    pub(crate) fn fold<const D: usize>(
        &self,
        weight: Tensor<D>,
        outputs: usize,
        bias: Option<Tensor<1>>,
    ) -> (Tensor<D>, Tensor<1>) {
        let (scale, shift) = self.affine();
        let (channels, count) = (scale.dims()[0], weight.dims()[outputs]);
        let [scale, shift] = [scale, shift].map(|values| -> Tensor<1> {
            let columns: Tensor<2> = values.reshape([channels, 1]);
            columns
                .expand([channels, count / channels])
                .reshape([count])
        });
        let mut shape = [1; D];
        shape[outputs] = count;
        let bias = match bias {
            Some(bias) => bias * scale.clone() + shift,
            None => shift,
        };
        (weight * scale.reshape(shape), bias)
    }

    /// The map of inference, `x * scale + shift` for each channel: `[channels]` both.
    pub fn affine(&self) -> (Tensor<1>, Tensor<1>) {
        let [weight, bias, mean, variance] = [
            &self.weight,
            &self.bias,
            &self.running_mean,
            &self.running_var,
        ]
        .map(|param| param.val().without_autodiff());
        let scale = weight / variance.add_scalar(EPSILON).sqrt();
        let shift = bias - mean * scale.clone();
        (scale, shift)
    }
}

/// Moves a running statistic towards `factor * batch`.
fn update(running: &mut Param<Tensor<1>>, batch: Tensor<1>, factor: f64) {
    let batch = batch.detach().mul_scalar(MOMENTUM * factor);
    *running = running
        .clone()
        .map(|old| (old.mul_scalar(1.0 - MOMENTUM) + batch).detach());
}
