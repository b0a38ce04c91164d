//! Sheets of CLEVR pictures for the eye, and numbers for the comparison with real ones.
//!
//! ```text
//! cargo run --example clevr_sheets -- OUT_DIR [CLEVR_DIR]
//! ```
//!
//! Writes `clevr-builtin.png`: random scenes of the built-in renderer. With a folder in CLEVR's
//! layout it renders the scenes of its `val` split from their annotations, writes
//! `clevr-side-by-side.png` (stored pictures above, rendered ones below) and prints how mean colour,
//! contrast and the brightness of objects compare.

use std::path::{Path, PathBuf};
use std::time::Instant;

use attractor_core::Failure;
use attractor_datasets::clevr::{
    ClevrFolder, ClevrSet, Generator, Material, Rendered, Rig, Scene, Shape, View, render,
    write_png,
};
use attractor_datasets::{ImageShape, Split};

/// Pictures in a row of the comparison.
const SIDE_BY_SIDE: usize = 5;

type Outcome<T = ()> = Result<T, Failure>;

fn main() -> Outcome {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let out = arguments
        .next()
        .ok_or("usage: clevr_sheets OUT_DIR [CLEVR_DIR]")?;
    std::fs::create_dir_all(&out)?;
    contact_sheet(&out.join("clevr-builtin.png"))?;
    if let Some(root) = arguments.next() {
        side_by_side(&root, &out.join("clevr-side-by-side.png"))?;
        compare(&root)?;
    }
    time()
}

/// Random scenes: whole pictures above, the window of 64 x 76 below.
fn contact_sheet(path: &Path) -> Outcome {
    let generator = Generator::default();
    let whole = View::whole(240, 320);
    let mut sheet = Sheet::new(2 * 240 + 64, 3 * 320);
    for index in 0..6 {
        let (scene, rig) = generator.scene(Split::Test, index)?;
        let picture = render(&scene, &rig, &whole)?;
        sheet.paste(
            &picture.pixels,
            whole.size,
            index / 3 * 240,
            index % 3 * 320,
        );
    }
    let objects = [3, 3];
    let set = Generator {
        objects,
        ..generator
    }
    .generate(Split::Test, 12)?;
    for index in 0..12 {
        let image = set.images.image(index)?;
        sheet.paste(image, View::PAPER.size, 2 * 240, 24 + index * 76);
    }
    sheet.write(path)
}

/// The windows of the paper at full size, stored above and rendered below, of scenes whose objects
/// all lie inside.
fn side_by_side(root: &Path, path: &Path) -> Outcome {
    let view = View {
        size: View::PAPER.window,
        ..View::PAPER
    };
    let folder = ClevrFolder::open(root, Split::Test, None, &view)?;
    let inside = |scene: &Scene| {
        scene.objects.iter().all(|object| {
            let (x, y, _) = object.pixel_coords;
            (45..205).contains(&x) && (80..210).contains(&y)
        })
    };
    let (rows, columns) = view.size;
    let mut sheet = Sheet::new(2 * rows, SIDE_BY_SIDE * columns);
    let scenes = folder.scenes().iter().enumerate();
    let chosen = scenes.filter(|(_, scene)| inside(scene)).take(SIDE_BY_SIDE);
    for (column, (index, scene)) in chosen.enumerate() {
        let picture = render(scene, &Rig::of_scene(scene), &view)?;
        sheet.paste(folder.image(index)?, view.size, 0, column * columns);
        sheet.paste(&picture.pixels, view.size, rows, column * columns);
    }
    sheet.write(path)
}

fn compare(root: &Path) -> Outcome {
    let real = ClevrFolder::open(root, Split::Test, None, &View::PAPER)?.load()?;
    let mut ours = Vec::new();
    for scene in &real.scenes {
        ours.push(render(scene, &Rig::of_scene(scene), &View::PAPER)?);
    }
    println!(
        "{:<24} {:>22}   {:>22}",
        "channel", "real mean, std", "rendered mean, std"
    );
    for (channel, name) in ["red", "green", "blue"].iter().enumerate() {
        let (a, b) = (stored(&real, channel), rendered(&ours, channel));
        let ((m, s), (n, t)) = (moments(&a), moments(&b));
        println!("{name:<24} {m:>14.4} {s:>7.4}   {n:>14.4} {t:>7.4}");
    }
    let plane = View::PAPER.size.0 * View::PAPER.size.1;
    let errors = real
        .images
        .pixels()
        .iter()
        .zip(ours.iter().flat_map(|o| &o.pixels));
    let square: f64 = errors
        .map(|(&a, &b)| (f64::from(a) - f64::from(b)).powi(2) / 65025.0)
        .sum::<f64>()
        / (3 * plane * ours.len()) as f64;
    println!("root mean square difference of pixels {:.4}", square.sqrt());
    println!(
        "{:<24} {:>22}   {:>22}",
        "objects", "real mean r g b", "rendered mean r g b"
    );
    for material in Material::ALL {
        for shape in Shape::ALL {
            let of = |pixels: &dyn Fn(usize, usize) -> u8| {
                let mut values = vec![Vec::new(); 3];
                for (index, scene) in real.scenes.iter().enumerate() {
                    for (at, &id) in ours[index].mask.iter().enumerate() {
                        let Some(object) =
                            usize::from(id).checked_sub(1).map(|i| &scene.objects[i])
                        else {
                            continue;
                        };
                        if object.material == material && object.shape == shape {
                            for (channel, values) in values.iter_mut().enumerate() {
                                values.push(pixels(index, channel * plane + at));
                            }
                        }
                    }
                }
                values
                    .iter()
                    .map(|v| {
                        let (m, s) = moments(v);
                        format!("{m:.3}~{s:.3}")
                    })
                    .collect::<Vec<_>>()
                    .join(" ")
            };
            let a = of(&|index, at| real.images.pixels()[index * 3 * plane + at]);
            let b = of(&|index, at| ours[index].pixels[at]);
            println!(
                "{:<24} {a:>22}   {b:>22}",
                format!("{material:?} {shape:?}")
            );
        }
    }
    Ok(())
}

fn stored(set: &ClevrSet, channel: usize) -> Vec<u8> {
    let plane = set.images.shape.height * set.images.shape.width;
    set.images
        .pixels()
        .chunks_exact(plane)
        .skip(channel)
        .step_by(3)
        .flatten()
        .copied()
        .collect()
}

fn rendered(pictures: &[Rendered], channel: usize) -> Vec<u8> {
    let part = |picture: &Rendered| {
        picture
            .pixels
            .chunks_exact(picture.mask.len())
            .nth(channel)
            .unwrap_or_default()
            .to_vec()
    };
    pictures.iter().flat_map(part).collect()
}

/// Mean and standard deviation on the scale of 0 to 1.
fn moments(values: &[u8]) -> (f64, f64) {
    let count = values.len().max(1) as f64;
    let mean = values.iter().map(|&v| f64::from(v) / 255.0).sum::<f64>() / count;
    let square = values
        .iter()
        .map(|&v| (f64::from(v) / 255.0 - mean).powi(2))
        .sum::<f64>();
    (mean, (square / count).sqrt())
}

fn time() -> Outcome {
    let single = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
    for objects in [[3, 3], [3, 10]] {
        let generator = Generator {
            objects,
            ..Generator::default()
        };
        let start = Instant::now();
        for index in 0..200 {
            generator.scene(Split::Train, index)?;
        }
        let drawn = start.elapsed().as_secs_f64();
        let start = Instant::now();
        single.install(|| generator.generate(Split::Train, 200))?;
        let seconds = start.elapsed().as_secs_f64();
        println!(
            "{objects:?} objects at 64 x 76: {:.0} pictures per second on one core (drawing scenes {:.1} ms each)",
            200.0 / seconds,
            drawn * 5.0
        );
    }
    Ok(())
}

/// An image put together from others.
struct Sheet {
    rows: usize,
    columns: usize,
    pixels: Vec<u8>,
}

impl Sheet {
    fn new(rows: usize, columns: usize) -> Self {
        Self {
            rows,
            columns,
            pixels: vec![255; 3 * rows * columns],
        }
    }

    /// Pastes `[3, h, w]` pixels with their first one at `(row, column)`.
    fn paste(&mut self, pixels: &[u8], size: (usize, usize), row: usize, column: usize) {
        for (line, source) in pixels.chunks_exact(size.1).enumerate() {
            let (plane, y) = (line / size.0, line % size.0);
            let start = (plane * self.rows + row + y) * self.columns + column;
            self.pixels[start..start + size.1].copy_from_slice(source);
        }
    }

    fn write(&self, path: &Path) -> Outcome {
        let shape = ImageShape::new(3, self.rows, self.columns);
        Ok(write_png(path, shape, &self.pixels)?)
    }
}
