//! Folders to try the program on: pictures in the formats and sizes that cameras and programs make, damaged copies of some, and
//! pictures that are to stay unknown.
//!
//! ```sh
//! cargo run -p attractor-cli --example make_pictures -- small OUT 3000 500
//! cargo run -p attractor-cli --example make_pictures -- large OUT 200
//! ```
//!
//! `small`: `OUT/stored/` with so many pictures of 160 to 800 pixels (JPEG with all orientations of EXIF, PNG, WebP), `OUT/cues/` with so many
//! damaged copies of them in ten ways, `OUT/strangers/` with as many damaged copies of others. `large`: `OUT/large/`, JPEGs of 4000 x 3000.
//! From CIFAR-10 (`ATTRACTOR_DATA`) if it is there, else from built-in pictures.

#[path = "make_pictures/damage.rs"]
mod damage;

use std::path::Path;

use attractor::core::failure::number;
use attractor::core::rng::{self, Rng};
use attractor::datasets::{DataRoot, load};
use attractor::prelude::*;
use image::codecs::jpeg::JpegEncoder;
use image::imageops::{self, FilterType};
use image::{ExtendedColorType, ImageEncoder, Rgb, RgbImage};
use rand::RngExt;
use rayon::prelude::*;

/// What a thread may hand to another.
type Made = Result<(), String>;

/// An error as what it says.
fn said(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["small", out, stored, cues] => small(
            out.as_ref(),
            number("STORED", stored)?,
            number("CUES", cues)?,
        ),
        ["large", out, count] => large(out.as_ref(), number("COUNT", count)?),
        _ => Err("expected `small OUT STORED CUES` or `large OUT COUNT`".into()),
    }
}

fn small(out: &Path, stored: usize, cues: usize) -> Result<(), Failure> {
    let images = pictures(stored + cues)?;
    for folder in ["stored/a", "stored/b/c", "cues", "strangers"] {
        std::fs::create_dir_all(out.join(folder))?;
    }
    (0..stored).into_par_iter().try_for_each(|index| -> Made {
        let mut rng = rng::indexed_stream(1, "stored", index as u64);
        let picture = enlarged(&images, index, &mut rng)?;
        let folder = out.join(["stored/a", "stored/b/c"][index % 2]);
        save(&picture, &folder, &format!("{index:05}"), &mut rng)
    })?;
    (0..cues).into_par_iter().try_for_each(|at| -> Made {
        for (folder, index) in [("cues", at * stored / cues), ("strangers", stored + at)] {
            // The same picture as was stored: it is drawn from the same numbers.
            let mut rng = rng::indexed_stream(1, "stored", index as u64);
            let picture = enlarged(&images, index, &mut rng)?;
            let mut rng = rng::indexed_stream(2, folder, at as u64);
            let (kind, damage) = damage::KINDS[at % damage::KINDS.len()];
            // Scaled down first, as what is sent around is.
            let part = rng.random_range(0.4f32..1.0);
            let side = |side: u32| ((side as f32 * part) as u32).max(64);
            let (width, height) = picture.dimensions();
            let mut cue =
                imageops::resize(&picture, side(width), side(height), FilterType::Triangle);
            let quality = damage(&mut cue, &mut rng);
            let path = out.join(folder).join(format!("{kind}-{index:05}.jpg"));
            write_jpeg(&cue, &path, quality, 1)?;
        }
        Ok(())
    })?;
    Ok(())
}

fn large(out: &Path, count: usize) -> Result<(), Failure> {
    let images = pictures(count)?;
    let folder = out.join("large");
    std::fs::create_dir_all(&folder)?;
    (0..count).into_par_iter().try_for_each(|index| -> Made {
        let mut rng = rng::indexed_stream(3, "large", index as u64);
        let picture = imageops::resize(&plain(&images, index)?, 4000, 3000, FilterType::CatmullRom);
        // Grain of a sensor, without which such a picture would be far too small a file.
        let mut picture = picture;
        for pixel in picture.pixels_mut() {
            let grain = rng.random_range(-9i16..=9);
            pixel.0 = pixel
                .0
                .map(|value| (i16::from(value) + grain).clamp(0, 255) as u8);
        }
        write_jpeg(&picture, &folder.join(format!("{index:05}.jpg")), 88, 1)
    })?;
    Ok(())
}

/// CIFAR-10 in an order of its own, or what can be drawn.
fn pictures(count: usize) -> Result<ImageSet, Failure> {
    match load("cifar10", Split::Test, &DataRoot::from_environment(None)) {
        Ok(images) if images.len() >= count => Ok(images),
        _ => Ok(builtin::scenes(
            Split::Test,
            &BuiltinSize {
                train: 1,
                test: count,
            },
        )?),
    }
}

/// A picture as it is.
fn plain(images: &ImageSet, index: usize) -> Result<RgbImage, String> {
    let (planes, side) = (images.rows(&[index]).map_err(said)?, images.shape.width);
    let plane = side * images.shape.height;
    Ok(RgbImage::from_fn(
        side as u32,
        images.shape.height as u32,
        |x, y| {
            let at = y as usize * side + x as usize;
            Rgb(std::array::from_fn(|c| {
                (planes[c * plane + at] * 255.0).round() as u8
            }))
        },
    ))
}

/// A picture in a size and shape of its own.
fn enlarged(images: &ImageSet, index: usize, rng: &mut Rng) -> Result<RgbImage, String> {
    let ratios: [(f32, f32); 5] = [
        (1.0, 1.0),
        (4.0, 3.0),
        (3.0, 4.0),
        (3.0, 2.0),
        (16.0, 9.0f32),
    ];
    let (across, down) = ratios[rng.random_range(0..ratios.len())];
    let longest = rng.random_range(160.0f32..800.0);
    let side = |own: f32| (longest * own / across.max(down)) as u32;
    let picture = plain(images, index)?;
    Ok(imageops::resize(
        &picture,
        side(across),
        side(down),
        FilterType::CatmullRom,
    ))
}

/// In one of the formats.
fn save(picture: &RgbImage, folder: &Path, name: &str, rng: &mut Rng) -> Made {
    let path = |suffix: &str| folder.join(format!("{name}{suffix}"));
    match rng.random_range(0..10) {
        0..6 => {
            let suffix = [".jpg", ".JPG", ".jpeg"][rng.random_range(0..3)];
            let orientation = rng.random_range(1..=8);
            let quality = rng.random_range(60..=95);
            write_jpeg(
                &laid(picture, orientation),
                &path(suffix),
                quality,
                orientation,
            )
        }
        6..9 => picture.save(path(".png")).map_err(said),
        _ => picture.save(path(".webp")).map_err(said),
    }
}

/// As a camera stores it that was held so: what the orientation turns upright again.
fn laid(picture: &RgbImage, orientation: u8) -> RgbImage {
    match orientation {
        2 => imageops::flip_horizontal(picture),
        3 => imageops::rotate180(picture),
        4 => imageops::flip_vertical(picture),
        5 => imageops::rotate270(&imageops::flip_horizontal(picture)),
        6 => imageops::rotate270(picture),
        7 => imageops::rotate90(&imageops::flip_horizontal(picture)),
        8 => imageops::rotate90(picture),
        _ => picture.clone(),
    }
}

fn write_jpeg(picture: &RgbImage, path: &Path, quality: u8, orientation: u8) -> Made {
    // One entry: orientation, a short number.
    let mut exif = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x00\0\0\0\0\0\0".to_vec();
    exif[19] = orientation;
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, quality);
    encoder.set_exif_metadata(exif).map_err(said)?;
    let (width, height) = picture.dimensions();
    let written = encoder.write_image(picture.as_raw(), width, height, ExtendedColorType::Rgb8);
    written.map_err(said)?;
    std::fs::write(path, bytes).map_err(said)
}
