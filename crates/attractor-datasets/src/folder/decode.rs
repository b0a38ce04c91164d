//! One encoded image to `[c, h, w]` bytes.

use std::io::Cursor;
use std::path::Path;

use image::imageops::{self, FilterType};
use image::metadata::Orientation;
use image::{
    DynamicImage, GenericImageView, ImageBuffer, ImageDecoder, ImageReader, ImageResult, Pixel,
};

use crate::{DataError, ImageShape, Result};

use super::jpeg;
use super::{Colour, Decoded, FolderOptions};

/// A JPEG much larger than asked is decoded at a fraction of its size, but no smaller than this many
/// times the wanted sides, so that the filter which resizes it still sees detail beyond them.
const OVERSAMPLING: u32 = 2;

/// Decodes a PNG, JPEG or WebP (the content decides, not the name), turned upright by its EXIF
/// orientation, cropped and resized as asked.
pub(super) fn decode(
    path: &Path,
    member: Option<&str>,
    bytes: &[u8],
    options: &FolderOptions,
) -> Result<Decoded> {
    let broken = |why: String| DataError::Image {
        path: path.into(),
        member: member.map(String::from),
        reason: format!(
            "expected a whole PNG, JPEG or WebP, found {} bytes: {why}",
            bytes.len()
        ),
    };
    let header = jpeg::is_jpeg(bytes).then(|| jpeg::Header::read(bytes));
    if header.as_ref().is_some_and(|header| !header.ends) {
        return Err(broken("the end of the JPEG data is missing".into()));
    }
    let (image, orientation) =
        read(bytes, header.as_ref(), options.size).map_err(|error| broken(error.to_string()))?;
    let size = options.size.map(|size| lying(size, orientation));
    let mut image: DynamicImage = match options.colour {
        Colour::Grey => fit(image.into_luma8(), size).into(),
        Colour::Rgb => fit(image.into_rgb8(), size).into(),
    };
    image.apply_orientation(orientation);
    let (height, width) = (image.height() as usize, image.width() as usize);
    let shape = ImageShape::new(options.colour.channels(), height, width);
    let pixels = image.into_bytes();
    Ok((
        shape,
        match options.colour {
            Colour::Grey => pixels,
            Colour::Rgb => planes(&pixels),
        },
    ))
}

/// The picture as it is stored, at full size or at a smaller one that will do for `size`, and how it
/// must be turned.
fn read(
    bytes: &[u8],
    header: Option<&jpeg::Header>,
    size: Option<(usize, usize)>,
) -> ImageResult<(DynamicImage, Orientation)> {
    let mut decoder = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()?
        .into_decoder()?;
    let orientation = decoder.orientation()?;
    if let (Some(header), Some(size)) = (header, size)
        && let Some(image) = reduced(bytes, header, lying(size, orientation))
    {
        return Ok((image, orientation));
    }
    Ok((DynamicImage::from_decoder(decoder)?, orientation))
}

fn reduced(bytes: &[u8], header: &jpeg::Header, size: (u32, u32)) -> Option<DynamicImage> {
    let (width, height) = (u32::from(header.size.0), u32::from(header.size.1));
    let (height_wanted, width_wanted) = size;
    let window = window((width, height), (width_wanted, height_wanted));
    // What is needed of the whole so that the window keeps enough of each side.
    let needed = |whole: u32, window: u32, wanted: u32| {
        let needed = u64::from(whole) * u64::from(wanted * OVERSAMPLING);
        // No more than the wanted side times the picture's, whose product fits.
        u32::try_from(needed.div_ceil(u64::from(window.max(1)))).ok()
    };
    header.reduced(
        bytes,
        (
            needed(width, window.0, width_wanted)?,
            needed(height, window.1, height_wanted)?,
        ),
    )
}

/// Height and width before the picture is turned upright. Target sizes are far below `u32::MAX`.
fn lying((height, width): (usize, usize), orientation: Orientation) -> (u32, u32) {
    let (height, width) = (height as u32, width as u32);
    match orientation {
        Orientation::Rotate90
        | Orientation::Rotate270
        | Orientation::Rotate90FlipH
        | Orientation::Rotate270FlipH => (width, height),
        _ => (height, width),
    }
}

/// Width and height of the largest part of a picture that has the wanted aspect ratio; both sizes
/// are (width, height).
fn window((width, height): (u32, u32), wanted: (u32, u32)) -> (u32, u32) {
    let (w, h) = (u64::from(width), u64::from(height));
    let (wanted_w, wanted_h) = (u64::from(wanted.0).max(1), u64::from(wanted.1).max(1));
    // Both are at most the picture's own sides.
    (
        (h * wanted_w / wanted_h).clamp(1, w.max(1)) as u32,
        (w * wanted_h / wanted_w).clamp(1, h.max(1)) as u32,
    )
}

/// Crops around the centre to the target's aspect ratio, then resizes to height and width.
fn fit<P: Pixel<Subpixel = u8> + 'static>(
    image: ImageBuffer<P, Vec<u8>>,
    size: Option<(u32, u32)>,
) -> ImageBuffer<P, Vec<u8>> {
    let Some((height, width)) =
        size.filter(|&(height, width)| (width, height) != image.dimensions())
    else {
        return image;
    };
    let (crop_width, crop_height) = window(image.dimensions(), (width, height));
    let left = (image.width() - crop_width) / 2;
    let top = (image.height() - crop_height) / 2;
    let window = image.view(left, top, crop_width, crop_height);
    imageops::resize(&*window, width, height, FilterType::CatmullRom)
}

/// Interleaved red, green, blue to three planes.
fn planes(interleaved: &[u8]) -> Vec<u8> {
    (0..3)
        .flat_map(|channel| interleaved[channel..].iter().step_by(3).copied())
        .collect()
}
