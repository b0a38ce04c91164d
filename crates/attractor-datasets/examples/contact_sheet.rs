//! Writes contact sheets of the built-in images: `cargo run --example contact_sheet -- DIR`.

use std::path::PathBuf;
use std::time::Instant;

use attractor_core::Failure;
use attractor_datasets::builtin::Generator;
use attractor_datasets::{ImageSet, Split};

const COLUMNS: usize = 24;
const ROWS: usize = 14;
const ZOOM: usize = 2;

fn main() -> Result<(), Failure> {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| ".".into()));
    for (generator, name) in [
        (Generator::SCENES, "scenes"),
        (Generator::GLYPHS, "glyphs"),
        (Generator::LETTERS, "letters"),
    ] {
        let start = Instant::now();
        let set = generator.generate(Split::Train, 2000)?;
        let rate = set.len() as f64 / start.elapsed().as_secs_f64();
        let path = folder.join(format!("{name}.png"));
        sheet(&set)?.save(&path)?;
        println!(
            "{}: {rate:.0} images/s, {}",
            path.display(),
            set.fingerprint
        );
    }
    Ok(())
}

fn sheet(set: &ImageSet) -> Result<image::RgbImage, Failure> {
    let (height, width) = (set.shape.height, set.shape.width);
    let mut sheet = image::RgbImage::new(
        (COLUMNS * (width + 1) * ZOOM) as u32,
        (ROWS * (height + 1) * ZOOM) as u32,
    );
    for index in 0..COLUMNS * ROWS {
        let pixels = set.image(index)?;
        let (left, top) = (
            index % COLUMNS * (width + 1),
            index / COLUMNS * (height + 1),
        );
        for y in 0..height * ZOOM {
            for x in 0..width * ZOOM {
                let at = y / ZOOM * width + x / ZOOM;
                let value = |channel: usize| {
                    pixels[channel.min(set.shape.channels - 1) * height * width + at]
                };
                let (x, y) = ((left * ZOOM + x) as u32, (top * ZOOM + y) as u32);
                sheet.put_pixel(x, y, image::Rgb([value(0), value(1), value(2)]));
            }
        }
    }
    Ok(sheet)
}
