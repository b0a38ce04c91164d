//! Stores a folder of images, recalls one from a bad copy of its left half, and meets one it has never seen.
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
                test: 201,
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

    // The last one stays a stranger, unless it is the one that is asked for.
    let all = photos.all();
    let (stranger, stored) = match all.split_last() {
        Some((last, others)) if *last != index && !others.is_empty() => (Some(*last), others),
        _ => (None, &all[..]),
    };
    let mut memory = image_memory(photos.shape, &device)?;
    memory.write(photos.tensor(stored, &device)?)?;

    let shape = photos.shape;
    let image = |row: Tensor<2>| -> Result<Image, Failure> {
        let values = attractor::core::check::to_host(row)?;
        let planes = values.len() / (shape.height * shape.width);
        Ok(Image::from_planes(
            planes,
            shape.height,
            shape.width,
            values,
        )?)
    };
    let mut rows = Vec::new();
    for asked in std::iter::once(index).chain(stranger) {
        let cue = bad_copy(&photos, asked, &device)?;
        let recall = memory.read(cue.clone())?;
        let answer = match recall.outcomes[0] {
            Outcome::Rejected => Tensor::full([1, photos.dim()], 0.5, &device),
            _ => recall.data(),
        };
        let explained = memory.explained(cue.clone())?;
        rows.push(vec![
            image(photos.tensor(&[asked], &device)?)?,
            image(cue)?,
            // As many planes as the others have.
            image(Tensor::cat(vec![explained; shape.channels], 1))?,
            image(answer)?,
        ]);
        println!("image {asked}: {}", recall.outcomes[0]);
    }
    let path = "recalled.png";
    std::fs::write(path, ImageGrid::new(rows)?.png()?)?;
    println!(
        "{} images stored; {path} shows an image, a bad copy of its left half, which pixels of that the memory \
         goes by, and what it recalls; below, one that is not stored (grey: rejected)",
        memory.len()
    );
    Ok(())
}
