//! One encoded image to `[c, h, w]` bytes.

use std::io::Cursor;
use std::path::Path;

use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder, ImageReader, ImageResult};

use crate::{DataError, ImageShape, Result};

use super::{Colour, Decoded, FolderOptions};

const JPEG_START: [u8; 2] = [0xff, 0xd8];
const JPEG_END: [u8; 2] = [0xff, 0xd9];
const JPEG_SCAN: u8 = 0xda;

/// Decodes a PNG or JPEG, turned upright by its EXIF orientation, cropped and resized as asked.
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
            "expected a whole PNG or JPEG, found {} bytes: {why}",
            bytes.len()
        ),
    };
    let image = read(bytes).map_err(|error| broken(error.to_string()))?;
    if bytes.starts_with(&JPEG_START) && !jpeg_ends(bytes) {
        return Err(broken("the end of the JPEG data is missing".into()));
    }
    let image = match options.size {
        Some((height, width)) => fit(image, height as u32, width as u32),
        None => image,
    };
    let (height, width) = (image.height() as usize, image.width() as usize);
    let shape = ImageShape::new(options.colour.channels(), height, width);
    let pixels = match options.colour {
        Colour::Grey => image.into_luma8().into_raw(),
        Colour::Rgb => planes(&image.into_rgb8().into_raw()),
    };
    Ok((shape, pixels))
}

fn read(bytes: &[u8]) -> ImageResult<DynamicImage> {
    let mut decoder = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()?
        .into_decoder()?;
    let orientation = decoder.orientation()?;
    let mut image = DynamicImage::from_decoder(decoder)?;
    image.apply_orientation(orientation);
    Ok(image)
}

/// Whether the end marker follows the first scan. The decoder fills what is missing of a truncated
/// JPEG with grey, and such a picture must not be stored as a pattern.
fn jpeg_ends(bytes: &[u8]) -> bool {
    // Segments up to the scan: a marker, then a length that counts itself. An embedded thumbnail
    // with an end marker of its own lies inside one of them.
    let mut at = JPEG_START.len();
    while let Some(&[0xff, marker, high, low]) = bytes.get(at..at + 4) {
        if marker == JPEG_SCAN {
            return bytes[at..].windows(2).any(|pair| pair == JPEG_END);
        }
        // Bytes of fill before a marker have no length.
        at += if marker == 0xff {
            1
        } else {
            2 + usize::from(u16::from_be_bytes([high, low]))
        };
    }
    false
}

/// Crops around the centre to the target's aspect ratio, then resizes.
fn fit(image: DynamicImage, height: u32, width: u32) -> DynamicImage {
    let (from_height, from_width) = (u64::from(image.height()), u64::from(image.width()));
    if (from_height, from_width) == (u64::from(height), u64::from(width)) {
        return image;
    }
    // The largest centred window with height / width as asked.
    let crop_width = (from_height * u64::from(width) / u64::from(height)).clamp(1, from_width);
    let crop_height = (from_width * u64::from(height) / u64::from(width)).clamp(1, from_height);
    let (left, top) = (
        (from_width - crop_width) / 2,
        (from_height - crop_height) / 2,
    );
    // All four numbers are at most the image's own sides, which are u32.
    image
        .crop_imm(
            left as u32,
            top as u32,
            crop_width as u32,
            crop_height as u32,
        )
        .resize_exact(width, height, FilterType::CatmullRom)
}

/// Interleaved red, green, blue to three planes.
fn planes(interleaved: &[u8]) -> Vec<u8> {
    (0..3)
        .flat_map(|channel| interleaved[channel..].iter().step_by(3).copied())
        .collect()
}
