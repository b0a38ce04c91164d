//! The shortest way to a memory of images.

use std::sync::Arc;

use attractor_core::burn::tensor::{Device, Tensor};
use attractor_core::model::Identity;
use attractor_core::observation::Truncated;
use attractor_core::{Result, rng};
use attractor_datasets::corruption::MASK_VALUE;
use attractor_datasets::{Damage, DataError, ImageSet, Part};
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
    let columns = images.shape.width.div_ceil(2);
    let torn = Damage::Hide {
        part: Part::Left { columns },
        fill: MASK_VALUE,
    };
    let stream = |row: usize| rng::indexed_stream(0, "torn half", row as u64);
    let torn = torn.apply(images.rows(&[index])?, images.shape, stream)?;
    Ok(torn.tensors(device))
}
