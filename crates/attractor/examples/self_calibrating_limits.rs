//! Where the self-calibrating memory ends: stored near-duplicates, textures, and cues that moved.
//!
//! ```sh
//! cargo run --example self_calibrating_limits -- 50    # cues of each kind
//! ```
//!
//! CIFAR-10 test images if they are there, else built-in ones; 100 of them stored. Every line: right answers, and
//! answers that were rejected, in percent.

#[path = "shared/cifar.rs"]
mod cifar;

#[path = "shared/warp.rs"]
mod warp;

use attractor::core::burn::tensor::TensorData;
use attractor::core::failure::number;
use attractor::core::{check, rng};
use attractor::prelude::*;
use warp::{cropped, sample, turned, warped};

const STORED: usize = 100;

fn noisy(image: &[f32], scale: f32, index: usize) -> Vec<f32> {
    let noise = rng::normal_vec(
        &mut rng::indexed_stream(0, "limits", index as u64),
        image.len(),
    );
    let pairs = image.iter().zip(noise);
    pairs
        .map(|(value, noise)| (value + scale * noise).clamp(0.0, 1.0))
        .collect()
}

/// A texture: noise whose neighbours are averaged, with nothing that stands out anywhere.
fn texture(dim: usize, side: usize, index: usize) -> Vec<f32> {
    let mut rng = rng::indexed_stream(0, "texture", index as u64);
    let grey = rng::uniform_vec(&mut rng, side * side, 0.0, 1.0);
    let smooth = |at: usize| {
        let (x, y) = ((at % side) as f32, (at / side) as f32);
        let near = [(-1.0, 0.0), (1.0, 0.0), (0.0, -1.0), (0.0, 1.0), (0.0, 0.0)];
        let sum: f32 = near
            .iter()
            .map(|(dx, dy)| sample(&grey, side, x + dx, y + dy))
            .sum();
        sum / near.len() as f32
    };
    let plane: Vec<f32> = (0..side * side).map(smooth).collect();
    plane.repeat(dim / (side * side))
}

struct Trial {
    shape: ImageShape,
    device: Device,
}

impl Trial {
    fn rows(&self, rows: &[Vec<f32>]) -> Tensor<2> {
        let shape = [rows.len(), self.shape.dim()];
        Tensor::from_data(TensorData::new(rows.concat(), shape), &self.device)
    }

    /// Prints the share of cues whose answer is the stored row of the same index.
    fn line(&self, name: &str, stored: &[Vec<f32>], cues: &[Vec<f32>]) -> Result<(), Failure> {
        let mut memory = image_memory(self.shape, &self.device)?;
        memory.write(self.rows(stored))?;
        let recall = memory.read(self.rows(cues))?;
        let answers = check::to_host(recall.data())?;
        let answers = answers.chunks_exact(self.shape.dim());
        let right = answers
            .zip(stored)
            .filter(|(answer, own)| **answer == own[..]);
        let rejected = recall.outcomes.iter().filter(|o| **o == Outcome::Rejected);
        let percent = |count: usize| 100.0 * count as f64 / cues.len() as f64;
        let (right, rejected) = (percent(right.count()), percent(rejected.count()));
        println!("{name:60} {right:5.1} right {rejected:5.1} rejected");
        Ok(())
    }
}

fn main() -> Result<(), Failure> {
    let cues: usize = match std::env::args().nth(1) {
        Some(text) => number("CUES", &text)?,
        None => 50,
    };
    let images = cifar::or_builtin(STORED)?;
    let order = images.shuffled_order(0);
    let order = &order[..STORED.min(order.len())];
    let values = images.rows(order)?;
    let (dim, side) = (images.dim(), images.shape.width);
    let stored: Vec<Vec<f32>> = values.chunks_exact(dim).map(<[f32]>::to_vec).collect();
    let asked = &stored[..cues.min(stored.len())];
    let trial = Trial {
        shape: images.shape,
        device: Backend::Flex.open()?,
    };
    let all = |of: &dyn Fn(usize, &[f32]) -> Vec<f32>| {
        let rows = asked.iter().enumerate();
        rows.map(|(index, image)| of(index, image))
            .collect::<Vec<_>>()
    };

    for pixels in [1.0, 2.0, 4.0] {
        let moved = all(&|_, image| warped(image, side, |x, y| (x + pixels, y)));
        trial.line(&format!("shifted by {pixels} pixels"), &stored, &moved)?;
    }
    for degrees in [2.0f32, 5.0, 10.0, 90.0] {
        let cues = all(&|_, image| turned(image, side, degrees));
        trial.line(&format!("turned by {degrees} degrees"), &stored, &cues)?;
    }
    for share in [0.95, 0.9, 0.8] {
        let cues = all(&|_, image| cropped(image, side, share, (0.0, 0.0)));
        let name = format!("the middle {share} of the side, blown up");
        trial.line(&name, &stored, &cues)?;
    }

    // Every image has a second one beside it that differs by noise of 0.03, as another shot or another
    // compression of the same scene would.
    let others = stored.iter().enumerate();
    let others = others.map(|(index, image)| noisy(image, 0.03, index));
    let doubled: Vec<Vec<f32>> = stored.iter().cloned().chain(others).collect();
    for scale in [0.02, 0.1, 0.2, 0.4] {
        let cues = all(&|index, image| noisy(image, scale, 1000 + index));
        let name = format!("every image stored twice, noise of 0.03 between; noise {scale}");
        trial.line(&name, &doubled, &cues)?;
    }
    let five: Vec<Vec<f32>> = stored[..20]
        .iter()
        .chain(&stored[..20])
        .chain(&stored[..20])
        .chain(&stored[..20])
        .chain(&stored[..20])
        .enumerate()
        .map(|(index, image)| match index < 20 {
            true => image.clone(),
            false => noisy(image, 0.03, index),
        })
        .collect();
    let few = all(&|index, image| noisy(image, 0.1, 1000 + index));
    let few = &few[..few.len().min(20)];
    trial.line(
        "20 images stored five times, noise of 0.03 between; noise 0.1",
        &five,
        few,
    )?;

    let textures: Vec<Vec<f32>> = (0..STORED).map(|index| texture(dim, side, index)).collect();
    let textured = &textures[..asked.len()];
    for (name, of) in [
        (
            "textures, clean",
            &(|_: usize, image: &[f32]| image.to_vec()) as &dyn Fn(usize, &[f32]) -> Vec<f32>,
        ),
        ("textures, noise 0.2", &|index, image| {
            noisy(image, 0.2, index)
        }),
        ("textures, noise 0.4", &|index, image| {
            noisy(image, 0.4, index)
        }),
        ("textures, shifted by 1 pixel", &|_, image| {
            warped(image, side, |x, y| (x + 1.0, y))
        }),
    ] {
        let rows = textured.iter().enumerate();
        let cues: Vec<Vec<f32>> = rows.map(|(index, image)| of(index, image)).collect();
        trial.line(name, &textures, &cues)?;
    }
    Ok(())
}
