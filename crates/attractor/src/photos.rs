//! The shortest way to a memory of images.

use std::sync::Arc;

use attractor_core::Result;
use attractor_core::burn::tensor::{Device, Tensor, TensorData};
use attractor_core::model::Identity;
use attractor_core::observation::Truncated;
use attractor_datasets::{DataError, ImageSet};
use attractor_inference::ModeSearch;
use attractor_memories::VariationalMemory;
use attractor_priors::GaussianMixtureConfig;

/// A memory of images of `dim` pixels in `[0, 1]` that sees past occlusions and torn edges: no
/// representation, truncated observation (a pixel off by more than 0.1 counts as occluded), Gaussian
/// mixture, search among the stored images.
///
/// # Errors
/// [`attractor_core::Error::Config`] if `dim` is 0.
pub fn image_memory(dim: usize, device: &Device) -> Result<VariationalMemory> {
    VariationalMemory::new(
        Arc::new(Identity::new(dim)?),
        Box::new(Truncated::new(0.01, 0.01)?),
        Box::new(GaussianMixtureConfig::default().init(dim, device)?),
        Box::new(ModeSearch),
    )
}

/// Image `index` with its right half torn off: the cue `[1, dim]` with grey there, and the mask
/// `[1, dim]` of known pixels, 1 on the left.
///
/// # Errors
/// [`DataError`] if there is no such image.
pub fn torn_half(
    images: &ImageSet,
    index: usize,
    device: &Device,
) -> Result<(Tensor<2>, Tensor<2>), DataError> {
    let width = images.shape.width;
    let dim = images.dim();
    let known: Vec<f32> = (0..dim)
        .map(|at| {
            if at % width < width.div_ceil(2) {
                1.0
            } else {
                0.0
            }
        })
        .collect();
    let cue = images
        .rows(&[index])?
        .into_iter()
        .zip(&known)
        .map(|(pixel, &known)| if known > 0.0 { pixel } else { 0.5 })
        .collect::<Vec<f32>>();
    let row = |values: Vec<f32>| Tensor::from_data(TensorData::new(values, [1, dim]), device);
    Ok((row(cue), row(known)))
}
