//! Five images superposed in one vector, completed from their upper two thirds, beside the memory
//! that keeps them.
//!
//! ```sh
//! cargo run --example random_features              # built-in images
//! cargo run --example random_features -- FOLDER    # five photos of yours, 32 x 32
//! ```

use attractor::catalogue::{self, Context};
use attractor::core::check;
use attractor::evaluation::figures::{Image, ImageGrid};
use attractor::prelude::*;
use attractor::priors::feasibility;

const STORED: usize = 5;
const BETA: f32 = 60.0;
const DIRECTIONS: usize = 20_000;

fn main() -> Result<(), Failure> {
    let device = Backend::Flex.open()?;
    let images = match std::env::args().nth(1) {
        Some(path) => {
            let options = FolderOptions {
                size: Some((32, 32)),
                ..FolderOptions::default()
            };
            folder::load(path.as_ref(), Split::Train, &options)?
        }
        None => {
            let size = BuiltinSize {
                train: 1,
                test: STORED,
            };
            builtin::glyphs(Split::Test, &size)?
        }
    };
    for line in images.report.lines() {
        eprintln!("{line}");
    }
    let (dim, shape) = (images.dim(), images.shape);
    let chosen: Vec<usize> = images.all().into_iter().take(STORED).collect();
    let stored = chosen.len();
    // Squared distances at most 1, so that beta means the same for images of any size.
    let scale = (dim as f32).sqrt();
    let patterns = images.tensor(&chosen, &device)?.div_scalar(scale);

    let window = feasibility(stored, dim, DIRECTIONS, BETA.into(), 0.05)?;
    println!(
        "{stored} images of {dim} pixels in {} numbers ({} would hold the images themselves)",
        window.numbers, window.pattern_numbers
    );
    println!(
        "beta {BETA}: minima above {:.1}, near cues clear of the noise below {:.1}",
        window.lowest, window.highest_near
    );

    // The lower third is unknown, and black in the cue.
    let visible = shape.height * 2 / 3;
    let known: Vec<f32> = (0..dim)
        .map(|at| at / shape.width % shape.height)
        .map(|row| if row < visible { 1.0 } else { 0.0 })
        .collect();
    let unknown = known.iter().filter(|&&known| known == 0.0).count();
    let known = Tensor::<1>::from_floats(known.as_slice(), &device)
        .unsqueeze_dim::<2>(0)
        .expand([stored, dim]);
    let cues = patterns.clone() * known.clone();

    let context = Context::pixels(dim, &device)?;
    let superposed = format!("kind = 'random_features', count = {DIRECTIONS}, beta = {BETA}");
    let kept = format!("kind = 'gaussian_mixture', sigma = {}", BETA.sqrt().recip());
    // The mixture's energy is beta times the other's: so are its gradients.
    let mut ours = completing(&context, &superposed, 0.5)?;
    let mut exact = completing(&context, &kept, 0.5 / BETA)?;
    ours.write(patterns.clone())?;
    exact.write(patterns.clone())?;
    let recall = ours
        .complete_for("this example")?
        .complete(cues.clone(), known.clone())?;
    let recalled = recall.data();
    let truth = exact
        .complete_for("this example")?
        .complete(cues.clone(), known)?;
    let reference = truth.data();

    let error = |a: &Tensor<2>, b: &Tensor<2>| -> Result<f32, Failure> {
        let squares = (a.clone() - b.clone()).mul_scalar(scale).square().sum();
        Ok((check::to_host(squares)?[0] / (stored * unknown) as f32).sqrt())
    };
    println!(
        "error of an unknown pixel: cue {:.3}, recalled {:.3}, recalled by the exact memory {:.3}",
        error(&cues, &patterns)?,
        error(&recalled, &patterns)?,
        error(&reference, &patterns)?
    );
    // The planner's error is for S = 1, unrelated images; where images resemble each other the sum S
    // of their kernels is larger, and the error smaller by that factor. The energy is -log S.
    let squares: f32 = truth
        .energy_last
        .iter()
        .map(|energy| (2.0 * energy).exp())
        .sum();
    let expected = window.entry_error as f32 * (squares / stored as f32).sqrt();
    println!(
        "difference of the two memories {:.3}, expected {expected:.3}",
        error(&recalled, &reference)?
    );
    // The kernel of a cue with its image, in units of the deviation of the estimate: below 3 or so,
    // descent begins in noise.
    let missing = (cues.clone() - patterns.clone()).square().sum_dim(1);
    let starts = check::to_host(missing.mul_scalar(-0.5 * BETA).exp())?;
    let noise = (stored as f32 / (2.0 * DIRECTIONS as f32)).sqrt();
    for (image, outcome) in recall.outcomes.iter().enumerate() {
        let clear = starts[image] / noise;
        println!("  image {image}: starts at {clear:.1} times the noise; {outcome}");
    }

    let row = |states: &Tensor<2>| -> Result<Vec<Image>, Failure> {
        let values = check::to_host(states.clone().mul_scalar(scale).clamp(0.0, 1.0))?;
        let image = |planes: &[f32]| {
            Image::from_planes(shape.channels, shape.height, shape.width, planes.to_vec())
        };
        Ok(values
            .chunks_exact(dim)
            .map(image)
            .collect::<Result<_, _>>()?)
    };
    let grid = ImageGrid::new(vec![row(&patterns)?, row(&cues)?, row(&recalled)?])?;
    std::fs::write("superposed.png", grid.png()?)?;
    println!("superposed.png: stored, cue, recalled");
    Ok(())
}

/// A memory that descends its prior's energy while the known entries are held.
fn completing(
    context: &Context,
    prior: &str,
    rate: f32,
) -> Result<Box<dyn AssociativeMemory>, Failure> {
    let options = format!(
        "prior = {{ {prior} }}\n\
         [inference]\n\
         kind = 'gradient'\n\
         scaling = 'prior_only'\n\
         hold_known = true\n\
         keep_best = false\n\
         iterations = 60\n\
         rule = {{ line_search = {{ rate = {rate} }} }}"
    );
    Ok(catalogue::build("variational", &options.parse()?, context)?)
}
