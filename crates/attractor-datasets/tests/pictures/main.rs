//! Pictures as they are found: read as common tools read them, in parallel, at reduced size.

mod files;
mod formats;
mod jpegs;
mod loading;

use std::path::Path;

use attractor_datasets::{FolderOptions, ImageSet, Split, folder};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};

fn load(path: &Path) -> attractor_datasets::Result<ImageSet> {
    folder::load(path, Split::Train, &FolderOptions::default())
}

fn sized(height: usize, width: usize) -> FolderOptions {
    FolderOptions {
        size: Some((height, width)),
        ..FolderOptions::default()
    }
}

/// A folder that holds `bytes` as a picture of that name.
fn folder_of(name: &str, bytes: &[u8]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join(name), bytes).unwrap();
    dir
}

/// The pixels `[c, h, w]` that a picture of that name and content is read as.
fn read(name: &str, bytes: &[u8]) -> Vec<u8> {
    let dir = folder_of(name, bytes);
    load(dir.path()).unwrap().pixels().to_vec()
}

/// Why a picture is refused.
fn refusal(name: &str, bytes: &[u8]) -> String {
    let dir = folder_of(name, bytes);
    load(dir.path()).unwrap_err().to_string()
}

fn encode(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A smooth picture with some detail.
fn scene(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let (x, y) = (x as f32, y as f32);
        let wave = |value: f32| (128.0 + 90.0 * value) as u8;
        Rgb([
            wave((x / 17.0).sin() * (y / 23.0).cos()),
            wave(((x + 2.0 * y) / 31.0).sin()),
            wave((x / 3.0).cos() * (y / 5.0).sin()),
        ])
    })
}

/// The planes `[c, h, w]` of a picture.
fn planes(image: &RgbImage) -> Vec<u8> {
    (0..3)
        .flat_map(|channel| image.pixels().map(move |pixel| pixel.0[channel]))
        .collect()
}
