//! The shortest way to a memory of images.

use attractor_core::burn::tensor::{Device, Tensor};
use attractor_core::{Result, rng};
use attractor_datasets::corruption::MASK_VALUE;
use attractor_datasets::{Damage, DataError, ImageSet, ImageShape, Part};
use attractor_memories::{SelfCalibratingConfig, SelfCalibratingMemory};

/// Photos that were never stored and are taken for stored ones, as a share.
const FALSE_ACCEPT: f64 = 0.01;

/// A memory of images with values in `[0, 1]` that is told nothing of what happened to a cue: torn, noisy,
/// dark, with other colours, or all of these ([`SelfCalibratingMemory`]). Once it holds eight images, a
/// cue of none of them has [`Outcome::Rejected`](attractor_core::Outcome::Rejected), but for one in a hundred.
///
/// # Errors
/// [`attractor_core::Error::Config`] if the images are empty or have more than four channels.
pub fn image_memory(shape: ImageShape, device: &Device) -> Result<SelfCalibratingMemory> {
    let config = SelfCalibratingConfig {
        channels: shape.channels,
        false_accept: Some(FALSE_ACCEPT),
        ..SelfCalibratingConfig::default()
    };
    config.init(shape.dim(), device)
}

/// Image `index` with its right half torn off: the cue `[1, dim]` with grey there, and the mask
/// `[1, dim]` of known pixels, 1 on the left, for memories that want to be told.
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

/// A bad copy of the left half of image `index`, `[1, dim]`: the colours exchanged, little more than half the light,
/// noise of 0.05, and grey where the other half was. Nothing says which of this happened.
///
/// # Errors
/// [`DataError`] if there is no such image.
pub fn bad_copy(images: &ImageSet, index: usize, device: &Device) -> Result<Tensor<2>, DataError> {
    let (mut rows, shape) = (images.rows(&[index])?, images.shape);
    let columns = shape.width.div_ceil(2);
    let damages = [
        Damage::Channels,
        Damage::Light {
            gain: 0.6,
            offset: 0.05,
        },
        Damage::Noise {
            std: 0.05,
            within: Some((0.0, 1.0)),
        },
        Damage::Hide {
            part: Part::Left { columns },
            fill: MASK_VALUE,
        },
    ];
    for (turn, damage) in damages.into_iter().enumerate() {
        let stream = |_: usize| rng::indexed_stream(turn as u64, "bad copy", index as u64);
        rows = damage.apply(rows, shape, stream)?.cues;
    }
    let shape = [1, images.dim()];
    Ok(Tensor::from_data(
        attractor_core::burn::tensor::TensorData::new(rows, shape),
        device,
    ))
}
