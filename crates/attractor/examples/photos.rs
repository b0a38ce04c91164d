//! Stores a folder of images and recalls one from its torn half.
//!
//! ```sh
//! cargo run --example photos -- FOLDER INDEX   # your photos
//! cargo run --example photos                   # built-in images
//! ```

use attractor::core::failure::number;
use attractor::evaluation::figures::{Image, ImageGrid};
use attractor::prelude::*;

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let device = Backend::Flex.open()?;
    let photos = match arguments.next() {
        // Photos of any size are cropped to squares of 64 x 64.
        Some(path) => {
            let options = FolderOptions {
                size: Some((64, 64)),
                ..FolderOptions::default()
            };
            folder::load_watched(path.as_ref(), Split::Train, &options, &|done, total| {
                if done.is_multiple_of(total.div_ceil(10)) {
                    eprintln!("{done} of {total} photos");
                }
            })?
        }
        None => builtin::scenes(
            Split::Test,
            &BuiltinSize {
                train: 1,
                test: 200,
            },
        )?,
    };
    for line in photos.report.lines() {
        eprintln!("{line}");
    }
    let index = match arguments.next() {
        Some(index) => number("INDEX", &index)?,
        None => 0,
    };

    let mut memory = image_memory(photos.dim(), &device)?;
    memory.write(photos.tensor(&photos.all(), &device)?)?;
    let (torn, known) = torn_half(&photos, index, &device)?;
    let recall = memory.complete(torn.clone(), known)?;

    let shape = photos.shape;
    let image = |row: Tensor<2>| -> Result<Image, Failure> {
        let values = attractor::core::check::to_host(row)?;
        Ok(Image::from_planes(
            shape.channels,
            shape.height,
            shape.width,
            values,
        )?)
    };
    let stored = image(photos.tensor(&[index], &device)?)?;
    let grid = ImageGrid::new(vec![vec![stored, image(torn)?, image(recall.data())?]])?;
    let path = "recalled.png";
    std::fs::write(path, grid.png()?)?;
    println!(
        "{} images stored; {path} shows the stored image, its torn half, the recall",
        memory.len()
    );
    Ok(())
}
