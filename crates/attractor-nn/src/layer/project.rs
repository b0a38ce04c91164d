//! Normalisation and projection of inputs.

use burn::tensor::Tensor;

use super::parameters::Affine;

/// Added to variances.
const EPSILON: f64 = 1e-5;

/// `(x - mean) / sqrt(variance + 1e-5) * weight + bias` over the last axis, with the biased variance.
///
/// J. L. Ba, J. R. Kiros, G. E. Hinton, *Layer Normalization*, arXiv:1607.06450.
pub(super) fn normalise<const D: usize>(
    x: Tensor<D>,
    affine: Option<(Tensor<1>, Tensor<1>)>,
) -> Tensor<D> {
    let centred = x.clone() - x.mean_dim(D - 1);
    let variance = centred.clone().square().mean_dim(D - 1);
    let normal = centred / variance.add_scalar(EPSILON).sqrt();
    match affine {
        None => normal,
        Some((weight, bias)) => normal * weight.unsqueeze() + bias.unsqueeze(),
    }
}

/// How an input becomes patterns of the heads.
pub(super) struct Projection<'a> {
    /// Whether it is normalised, and by what.
    pub(super) normalised: bool,
    pub(super) affine: Option<&'a Affine>,
    /// `[out, in]`; none: it is used as it is.
    pub(super) weight: Option<Tensor<2>>,
    pub(super) bias: Option<Tensor<1>>,
}

impl Projection<'_> {
    /// `[n, rows, in]` to `[n, rows, out]`.
    pub(super) fn forward(self, x: Tensor<3>) -> Tensor<3> {
        let x = match self.normalised {
            false => x,
            true => {
                let affine = self.affine.map(|own| (own.weight.val(), own.bias.val()));
                normalise(x, affine)
            }
        };
        match self.weight {
            None => x,
            Some(weight) => linear(x, weight, self.bias),
        }
    }
}

/// `x W^T + b` of `[n, rows, in]`.
pub(super) fn linear(x: Tensor<3>, weight: Tensor<2>, bias: Option<Tensor<1>>) -> Tensor<3> {
    let ([n, rows, width], [outputs, _]) = (x.dims(), weight.dims());
    let flat = x.reshape([n * rows, width]).matmul(weight.transpose());
    let flat = match bias {
        Some(bias) => flat + bias.unsqueeze(),
        None => flat,
    };
    flat.reshape([n, rows, outputs])
}
