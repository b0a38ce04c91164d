//! One memory, twelve corruptions that it is not told of: the picture of the README, on built-in images.
//!
//! ```sh
//! cargo run --example twelve_corruptions -- docs/images/twelve-corruptions.png
//! ```
//!
//! Above the cues, in the middle what the memory takes for covered (white), below what it recalls.

#[path = "shared/mod.rs"]
mod shared;

use attractor::core::burn::tensor::TensorData;
use attractor::evaluation::figures::{Image, ImageGrid};
use attractor::prelude::*;

/// Images in the memory.
const STORED: usize = 200;

/// Whether it looks like nothing, or like a lesser case of another one.
fn dull(corruption: &Corruption) -> bool {
    match corruption {
        Corruption::Clean => true,
        Corruption::Noise { std } => *std < 0.3,
        Corruption::Mask { side } => *side < 20,
        _ => false,
    }
}

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().unwrap_or("twelve-corruptions.png".into());
    let device = Backend::Flex.open()?;
    let size = BuiltinSize {
        train: 1,
        test: STORED,
    };
    let images = builtin::scenes(Split::Test, &size)?;
    let mut memory = image_memory(images.shape, &device)?;
    memory.write(images.tensor(&images.all(), &device)?)?;

    let shape = images.shape;
    let picture =
        |values: Vec<f32>| Image::from_planes(shape.channels, shape.height, shape.width, values);
    let (mut cues, mut covered, mut recalled, mut marks) = (vec![], vec![], vec![], vec![]);
    let shown = shared::corruptions()?.into_iter();
    let shown = shown.filter(|corruption| !dull(corruption));
    for (column, corruption) in shown.enumerate() {
        let cue = corruption.of_images(&images, &[column], 0, 0)?.cues;
        let row = Tensor::<2>::from_data(TensorData::new(cue.clone(), [1, images.dim()]), &device);
        let recall = memory.read(row.clone())?;
        let answer = attractor::core::check::to_host(recall.data())?;
        let right = answer == images.rows(&[column])?;
        println!(
            "{corruption}: {}, {}",
            recall.outcomes[0],
            if right { "right" } else { "wrong" }
        );
        if right {
            marks.push((2, column));
        }
        let weights = attractor::core::check::to_host(memory.explained(row)?)?;
        let grey: Vec<f32> = weights.iter().map(|weight| 1.0 - weight).collect();
        cues.push(picture(cue)?);
        covered.push(picture(grey.repeat(shape.channels))?);
        recalled.push(picture(answer)?);
    }
    let grid = ImageGrid::new(vec![cues, covered, recalled])?.with_marks(marks);
    std::fs::write(&path, grid.png()?)?;
    println!("{} images stored; the picture is {path}", memory.len());
    Ok(())
}
