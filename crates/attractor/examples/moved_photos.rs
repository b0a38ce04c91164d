//! Cues that were cropped, darkened and turned: what the self-calibrating memory knows again, and whether it says so where it
//! does not.
//!
//! ```sh
//! cargo run --example moved_photos -- docs/systems/img/moved-photos.png        # the picture, of built-in images
//! cargo run --example moved_photos -- table 30                                # counts for so many cues of each kind
//! ```
//!
//! Two memories: one that looks for noise, cover and a map of the colours alone, which is `image_memory`; and one that also looks for
//! uneven light, shifts, turns and crops. The table is of CIFAR-10 test images if they are there, else of built-in ones. In the picture,
//! from above: the stored image, the cue, the answer of the first memory, that of the second; framed where right and not rejected.

#[path = "shared/cifar.rs"]
mod cifar;

#[path = "shared/warp.rs"]
mod warp;

use attractor::core::burn::tensor::TensorData;
use attractor::core::check;
use attractor::core::failure::number;
use attractor::core::observation::self_calibrating::nuisance::Nuisance;
use attractor::evaluation::figures::{Image, ImageGrid};
use attractor::prelude::*;
use warp::{cropped, turned, warped};

/// Images in a memory.
const STORED: usize = 60;

type Change = fn(&[f32], usize) -> Vec<f32>;

/// What happens to a cue.
const CHANGES: &[(&str, Change)] = &[
    ("dark", |image, _| dark(image)),
    ("light from one corner", corner),
    ("shifted by 9 and 6 pixels", |image, side| {
        warped(image, side, |x, y| (x + 9.0, y - 6.0))
    }),
    ("turned by 90 degrees", |image, side| {
        turned(image, side, 90.0)
    }),
    ("turned by 10 degrees", |image, side| {
        turned(image, side, 10.0)
    }),
    ("turned by 30 degrees", |image, side| {
        turned(image, side, 30.0)
    }),
    ("7/8 of the side", |image, side| {
        cropped(image, side, 0.875, (1.5, -1.0))
    }),
    ("5/8 of the side", |image, side| {
        cropped(image, side, 0.625, (3.5, -4.0))
    }),
    ("2/5 of the side", |image, side| {
        cropped(image, side, 0.4, (4.0, 3.0))
    }),
    ("3/4 of the side, dark", |image, side| {
        dark(&cropped(image, side, 0.75, (2.0, -3.0)))
    }),
    (
        "3/4 of the side, dark, turned by 90 degrees",
        |image, side| turned(&dark(&cropped(image, side, 0.75, (2.0, -3.0))), side, 90.0),
    ),
    ("the same, a third covered", |image, side| {
        let mut cue = turned(&dark(&cropped(image, side, 0.75, (2.0, -3.0))), side, 90.0);
        let planes = cue.chunks_exact_mut(side * side);
        planes.for_each(|plane| plane[side * side * 2 / 3..].fill(0.9));
        cue
    }),
];

fn dark(image: &[f32]) -> Vec<f32> {
    image.iter().map(|value| 0.25 * value).collect()
}

/// A quarter of the light at the far corner.
fn corner(image: &[f32], side: usize) -> Vec<f32> {
    let far = (2 * (side - 1)) as f32;
    let light = |at: usize| {
        let (x, y) = (at % side, at / side % side);
        1.0 - 0.75 * (x + y) as f32 / far
    };
    let pixels = image.iter().enumerate();
    pixels.map(|(at, value)| light(at) * value).collect()
}

/// The memory of the five lines, and the one that looks for more.
fn memories(images: &ImageSet, device: &Device) -> Result<[SelfCalibratingMemory; 2], Failure> {
    let shape = images.shape;
    let plain = SelfCalibratingConfig {
        channels: shape.channels,
        false_accept: Some(0.01),
        ..SelfCalibratingConfig::default()
    };
    let wide = SelfCalibratingConfig {
        height: Some(shape.height),
        width: Some(shape.width),
        nuisances: vec![
            Nuisance::Affine,
            Nuisance::GainField,
            Nuisance::Translation,
            Nuisance::Turn,
            Nuisance::Crop,
        ],
        ..plain.clone()
    };
    let stored = images.tensor(&(0..STORED).collect::<Vec<_>>(), device)?;
    let mut both = [
        plain.init(images.dim(), device)?,
        wide.init(images.dim(), device)?,
    ];
    for memory in &mut both {
        memory.write(stored.clone())?;
    }
    Ok(both)
}

/// What a memory answers, and whether it rejects it.
fn answers(
    memory: &SelfCalibratingMemory,
    cues: &[Vec<f32>],
    device: &Device,
) -> Result<Vec<(Vec<f32>, bool)>, Failure> {
    let dim = memory.dim();
    let cues = Tensor::<2>::from_data(TensorData::new(cues.concat(), [cues.len(), dim]), device);
    let recall = memory.read(cues)?;
    let values = check::to_host(recall.data())?;
    let rows = values.chunks_exact(dim).zip(&recall.outcomes);
    Ok(rows
        .map(|(row, outcome)| (row.to_vec(), *outcome == Outcome::Rejected))
        .collect())
}

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().unwrap_or("moved-photos.png".into());
    let device = Backend::Flex.open()?;
    let table = path == "table";
    let (images, asked) = match table {
        true => {
            let asked = arguments.next().map(|text| number("CUES", &text));
            (cifar::or_builtin(STORED)?, asked.transpose()?.unwrap_or(20))
        }
        false => {
            let size = BuiltinSize {
                train: 1,
                test: STORED,
            };
            (builtin::scenes(Split::Test, &size)?, 1)
        }
    };
    let (shape, side) = (images.shape, images.shape.width);
    let memories = memories(&images, &device)?;
    let picture =
        |values: Vec<f32>| Image::from_planes(shape.channels, shape.height, shape.width, values);
    let mut rows: [Vec<Image>; 4] = Default::default();
    let mut marks = Vec::new();
    for (column, (name, change)) in CHANGES.iter().enumerate() {
        let first = if table { 0 } else { column };
        let own: Vec<Vec<f32>> = (first..first + asked.min(STORED))
            .map(|index| images.rows(&[index]))
            .collect::<Result<_, _>>()?;
        let cues: Vec<Vec<f32>> = own.iter().map(|image| change(image, side)).collect();
        let mut line = format!("{name:45}");
        rows[0].push(picture(own[0].clone())?);
        rows[1].push(picture(cues[0].clone())?);
        for (at, memory) in memories.iter().enumerate() {
            let found = answers(memory, &cues, &device)?;
            let share = |count: usize| 100.0 * count as f64 / own.len() as f64;
            let pairs = || found.iter().zip(&own);
            let right = pairs().filter(|((answer, _), own)| answer == *own).count();
            let wrong = pairs().filter(|((answer, rejected), own)| answer != *own && !rejected);
            let rejected = found.iter().filter(|(_, rejected)| *rejected).count();
            line += &format!(
                " {:5.1} right {:5.1} rejected {:5.1} wrong without a sign",
                share(right),
                share(rejected),
                share(wrong.count())
            );
            if found[0].0 == own[0] && !found[0].1 {
                marks.push((2 + at, column));
            }
            rows[2 + at].push(picture(found[0].0.clone())?);
        }
        println!("{line}");
    }
    if !table {
        let grid = ImageGrid::new(Vec::from(rows))?.with_marks(marks);
        std::fs::write(&path, grid.png()?)?;
        println!("{STORED} images stored; the picture is {path}");
    }
    Ok(())
}
