//! Digits and letters superposed in one vector, completed from their upper halves.
//!
//! ```sh
//! cargo run --example random_features
//! ```
//!
//! The memory keeps no image: everything it holds is one vector, to which images are added and from
//! which one is taken away at the end.

use attractor::catalogue::{self, Built, Context};
use attractor::core::check;
use attractor::evaluation::figures::{Image, ImageGrid};
use attractor::prelude::*;
use attractor::priors::feasibility;

const STORED: usize = 5;
const BETA: f64 = 60.0;
const DIRECTIONS: usize = 20_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let device = Backend::Flex.open()?;
    let images = builtin::glyphs(
        Split::Test,
        &BuiltinSize {
            train: 1,
            test: STORED,
        },
    )?;
    let (dim, shape) = (images.dim(), images.shape);
    // Squared distances at most 1, so that beta means the same for images of any size.
    let scale = (dim as f32).sqrt();
    let patterns = images.tensor(&images.all(), &device)?.div_scalar(scale);

    let window = feasibility(STORED, dim, DIRECTIONS, BETA, 0.05)?;
    println!(
        "{STORED} images of {dim} pixels in {} numbers ({} would hold the images themselves)",
        window.numbers, window.pattern_numbers
    );
    println!(
        "beta {BETA}: minima above {:.1}, near cues clear of the noise below {:.1}; pixel error of unrelated images {:.3}",
        window.lowest, window.highest_near, window.entry_error
    );

    let options = format!(
        r#"
        prior = {{ kind = "random_features", count = {DIRECTIONS}, beta = {BETA} }}
        observation = {{ kind = "masked" }}
        iterations = 60
        [inference]
        kind = "gradient"
        scaling = "prior_only"
        hold_known = true
        rule = {{ line_search = {{ rate = 0.5 }} }}
        "#
    );
    let context = Context::pixels(dim, &device)?;
    let Built::Complete(mut memory) = catalogue::build("variational", &options.parse()?, &context)?
    else {
        return Err("a masked observation asks for the mask".into());
    };
    memory.write(patterns.clone())?;

    // The lower half is unknown, and black in the cue.
    let known: Vec<f32> = (0..dim)
        .map(|at| {
            if at / shape.width % shape.height < shape.height / 2 {
                1.0
            } else {
                0.0
            }
        })
        .collect();
    let known = Tensor::<1>::from_floats(known.as_slice(), &device)
        .unsqueeze_dim::<2>(0)
        .expand([STORED, dim]);
    let cues = patterns.clone() * known.clone();
    let recall = memory.complete(cues.clone(), known)?;
    let recalled = recall.data();

    let error = |states: &Tensor<2>| -> Result<f32, Box<dyn std::error::Error>> {
        let squares = (states.clone() - patterns.clone())
            .mul_scalar(scale)
            .square()
            .mean();
        Ok(check::to_host(squares)?[0].sqrt())
    };
    println!(
        "pixel error of the cues {:.3}, of the recall {:.3}",
        error(&cues)?,
        error(&recalled)?
    );
    for (image, outcome) in recall.outcomes.iter().enumerate() {
        println!("  image {image}: {outcome}");
    }

    let row = |states: &Tensor<2>| -> Result<Vec<Image>, Box<dyn std::error::Error>> {
        let values = check::to_host(states.clone().mul_scalar(scale).clamp(0.0, 1.0))?;
        values
            .chunks_exact(dim)
            .map(|image| {
                let planes = image.to_vec();
                Ok(Image::from_planes(
                    shape.channels,
                    shape.height,
                    shape.width,
                    planes,
                )?)
            })
            .collect()
    };
    let grid = ImageGrid::new(vec![row(&patterns)?, row(&cues)?, row(&recalled)?])?;
    std::fs::write("superposed.png", grid.png()?)?;
    println!("superposed.png: stored, cue, recalled");
    Ok(())
}
