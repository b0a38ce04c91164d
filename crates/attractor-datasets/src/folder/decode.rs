//! One encoded image to `[c, h, w]` bytes.

use std::io::Cursor;
use std::path::Path;

use image::metadata::Orientation;
use image::{
    DynamicImage, GrayImage, ImageDecoder, ImageError, ImageFormat, ImageReader, RgbImage,
};

use crate::{DataError, ImageShape, Result};

use super::resize::{Window, resize};
use super::{Colour, Decoded, FolderOptions, jpeg};

/// A JPEG much larger than asked is decoded at a fraction of its size, but no smaller than this many
/// times the wanted sides, so that the filter which resizes it still sees detail beyond them.
const OVERSAMPLING: u64 = 2;
/// Pixels of the largest picture, more than cameras have.
const MOST_PIXELS: u64 = 1 << 28;

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
    let picture = read(bytes, header.as_ref(), options.size).map_err(broken)?;
    let orientation = picture.orientation;
    let image = match options.colour {
        Colour::Grey => DynamicImage::from(picture.image.into_luma8()),
        Colour::Rgb => picture.image.into_rgb8().into(),
    };
    let mut image = match options.size {
        Some(size) => fit(image, picture.full, lying(size, orientation)),
        None => image,
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

/// A decoded picture.
struct Picture {
    image: DynamicImage,
    /// Width and height of the whole picture; the image may be a smaller version of it.
    full: (u32, u32),
    /// How it must be turned.
    orientation: Orientation,
}

/// The picture as it is stored, at full size or at a smaller one that will do for `size`.
fn read(
    bytes: &[u8],
    header: Option<&jpeg::Header>,
    size: Option<(usize, usize)>,
) -> Result<Picture, String> {
    let why = |error: ImageError| error.to_string();
    let guessed = ImageReader::new(Cursor::new(bytes)).with_guessed_format();
    let mut reader = guessed.map_err(|error| error.to_string())?;
    if header.is_some() {
        // The guess fails where stray bytes follow the first marker.
        reader.set_format(ImageFormat::Jpeg);
    }
    let mut decoder = reader.into_decoder().map_err(why)?;
    let orientation = decoder.orientation().map_err(why)?;
    let full = decoder.dimensions();
    if u64::from(full.0) * u64::from(full.1) > MOST_PIXELS {
        let (width, height) = full;
        return Err(format!("{width} x {height} pixels, more than 2^28"));
    }
    let reduced = match (header, size) {
        (Some(header), Some(size)) => reduced(bytes, header, full, lying(size, orientation)),
        _ => None,
    };
    let image = match reduced {
        Some(image) => image,
        None => DynamicImage::from_decoder(decoder).map_err(why)?,
    };
    Ok(Picture {
        image,
        full,
        orientation,
    })
}

/// A JPEG at a fraction of its size, if that leaves enough of the window that is cut out.
fn reduced(
    bytes: &[u8],
    header: &jpeg::Header,
    full: (u32, u32),
    (width, height): (u32, u32),
) -> Option<DynamicImage> {
    let window = window(full, (width, height));
    // What is needed of the whole so that the window keeps enough of each side.
    let needed = |whole: u32, window: u32, wanted: u32| {
        let whole = u64::from(whole) * u64::from(wanted) * OVERSAMPLING;
        u32::try_from(whole.div_ceil(u64::from(window.max(1)))).ok()
    };
    let wanted = (
        needed(full.0, window.0, width)?,
        needed(full.1, window.1, height)?,
    );
    header.reduced(bytes, wanted)
}

/// Width and height before the picture is turned upright, of a target given as height and width,
/// which are far below `u32::MAX`.
fn lying((height, width): (usize, usize), orientation: Orientation) -> (u32, u32) {
    let (height, width) = (height as u32, width as u32);
    match orientation {
        Orientation::Rotate90
        | Orientation::Rotate270
        | Orientation::Rotate90FlipH
        | Orientation::Rotate270FlipH => (height, width),
        _ => (width, height),
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

/// Crops around the centre to the target's aspect ratio, then resizes. The window lies where it would
/// lie in the picture at full size.
fn fit(image: DynamicImage, full: (u32, u32), target: (u32, u32)) -> DynamicImage {
    if full == target {
        return image;
    }
    let (width, height) = window(full, target);
    let (left, top) = ((full.0 - width) / 2, (full.1 - height) / 2);
    // A reduced picture ends with a column and a row that may be less than whole: its scale is the
    // decoder's, a power of two, not the ratio of the sides.
    let scale = scale(full, (image.width(), image.height()));
    let window = Window {
        left: f64::from(left) * scale,
        top: f64::from(top) * scale,
        width: f64::from(width) * scale,
        height: f64::from(height) * scale,
    };
    let stride = image.width() as usize;
    let to = (target.0 as usize, target.1 as usize);
    let resized = |pixels: Vec<u8>, channels| resize(&pixels, channels, stride, window, to);
    let enough = "a resized picture has as many pixels as asked";
    match image {
        DynamicImage::ImageLuma8(image) => {
            let pixels = resized(image.into_raw(), 1);
            GrayImage::from_raw(target.0, target.1, pixels)
                .expect(enough)
                .into()
        }
        image => {
            let pixels = resized(image.into_rgb8().into_raw(), 3);
            RgbImage::from_raw(target.0, target.1, pixels)
                .expect(enough)
                .into()
        }
    }
}

/// 1, 1/2, 1/4 or 1/8: how much smaller an image is than the full picture.
fn scale(full: (u32, u32), image: (u32, u32)) -> f64 {
    let scaled = |eighths: u32| {
        let side = |side: u32| (u64::from(side) * u64::from(eighths)).div_ceil(8);
        (side(full.0), side(full.1)) == (u64::from(image.0), u64::from(image.1))
    };
    let eighths = [8, 4, 2, 1].into_iter().find(|&eighths| scaled(eighths));
    f64::from(eighths.unwrap_or(8)) / 8.0
}

/// Interleaved red, green, blue to three planes.
fn planes(interleaved: &[u8]) -> Vec<u8> {
    (0..3)
        .flat_map(|channel| interleaved[channel..].iter().step_by(3).copied())
        .collect()
}
