//! Affine layers on flat rows, each with its adjoint.
//!
//! A layer keeps its geometry, so that rows `[b, c * h * w]` (channel-major) can be seen as images.
//! The adjoint is the transpose of the linear part: for every `x` and `y`,
//! `<A x, y> = <x, A^T y>`. Biases take no part in it.

mod broadcast;
mod conv;
mod linear;
mod persist;
#[cfg(test)]
mod tests;
mod upsample;

pub use broadcast::BroadcastConv2d;
pub(crate) use broadcast::coordinates;
pub use conv::Conv2d;
pub use linear::Linear;
pub use upsample::UpsampleConv2d;
pub(crate) use upsample::{double, halve, window_row};

use attractor_core::{Error, Result};
use burn::tensor::Tensor;

/// Shape of one image: `[channels, height, width]`.
pub type ImageShape = [usize; 3];

/// Entries of an image.
pub(crate) fn entries(shape: ImageShape) -> usize {
    shape.iter().product()
}

/// Rows `[b, c * h * w]` as images `[b, c, h, w]`.
pub(crate) fn to_images(rows: Tensor<2>, [c, h, w]: ImageShape) -> Tensor<4> {
    let batch = rows.dims()[0];
    rows.reshape([batch, c, h, w])
}

/// Images `[b, c, h, w]` as rows `[b, c * h * w]`.
pub(crate) fn to_rows(images: Tensor<4>) -> Tensor<2> {
    images.flatten(1, 3)
}

/// Checks the parts of a convolution that every kind shares.
fn check_kernel(
    what: &'static str,
    [channels, ..]: ImageShape,
    [inputs, outputs]: [usize; 2],
    bias: Option<&Tensor<1>>,
    stride: usize,
) -> Result<()> {
    if channels != inputs {
        return Err(Error::Mismatch {
            what,
            expected: format!("{channels} input channels"),
            part: "its weight",
            found: format!("{inputs}"),
        });
    }
    if let Some(found) = bias.map(|bias| bias.dims()[0])
        && found != outputs
    {
        return Err(Error::Mismatch {
            what,
            expected: format!("{outputs} biases, one for each output channel"),
            part: "its bias",
            found: format!("{found}"),
        });
    }
    attractor_core::error::require_nonzero("stride of a convolution", stride)
}
