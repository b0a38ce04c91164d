//! Recall of written images from corrupted ones.

use attractor::core::burn::tensor::{Device, Tensor};
use attractor::core::{AssociativeMemory, check, rng};
use attractor::datasets::{Corrupted, ImageShape};

use super::corruption::Corruption;
use crate::Result;
use crate::reading::Reading;

/// Mean squared error, in units of `[-1, 1]`, below which an image counts as recalled.
pub(super) const RECALLED: f64 = 0.01;

/// Images as rows of values in `[0, 1]`, channel after channel. Memories see them in `[-1, 1]`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Images {
    pub(super) values: Vec<f32>,
    pub(super) shape: ImageShape,
}

impl Images {
    /// Values of an image.
    pub(super) fn dim(&self) -> usize {
        self.shape.dim()
    }

    /// Images in `[-1, 1]`.
    pub(super) fn scaled(&self, chosen: &[usize]) -> Vec<f32> {
        let dim = self.dim();
        let values = chosen
            .iter()
            .flat_map(|&at| &self.values[at * dim..][..dim]);
        values.map(|value| 2.0 * value - 1.0).collect()
    }

    /// Images as a memory takes them, `[n, d]` in `[-1, 1]`.
    pub(super) fn rows(&self, chosen: &[usize], device: &Device) -> Result<Tensor<2>> {
        Ok(check::from_host(
            "images",
            self.scaled(chosen),
            self.dim(),
            device,
        )?)
    }
}

/// At most `most` of `stored` images, evenly spread.
pub(super) fn spread(stored: usize, most: usize) -> Vec<usize> {
    let count = most.clamp(1, stored.max(1)).min(stored);
    (0..count).map(|at| at * stored / count).collect()
}

/// Errors of some images, in the order they were asked for.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scores {
    /// Mean squared error of each image, over unknown entries where some are known.
    pub(super) errors: Vec<f64>,
}

impl Scores {
    /// Mean over the images.
    pub(super) fn mean(&self) -> f64 {
        self.errors.iter().sum::<f64>() / self.errors.len() as f64
    }

    /// Share of images with an error below `threshold`.
    pub(super) fn below(&self, threshold: f64) -> f64 {
        let below = self.errors.iter().filter(|&&error| error < threshold);
        below.count() as f64 / self.errors.len() as f64
    }
}

/// What a memory made of some cues.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Answers {
    /// What it was given.
    pub(super) cues: Corrupted,
    /// What it recalled, `[n, d]` in `[-1, 1]`.
    pub(super) values: Vec<f32>,
    /// Iterations for each cue.
    pub(super) steps: Vec<usize>,
    /// How far that is from what was stored.
    pub(super) scores: Scores,
}

/// Recalls the chosen images from what a corruption leaves of them.
pub(super) fn ask(
    memory: &dyn AssociativeMemory,
    (images, chosen): (&Images, &[usize]),
    (corruption, reading): (Corruption, Reading),
    seed: u64,
    device: &Device,
) -> Result<Answers> {
    let patterns = images.scaled(chosen);
    // What happens to an image depends on `seed` and its index alone.
    let stream = |row: usize| rng::indexed_stream(seed, corruption.purpose(), chosen[row] as u64);
    let damage = corruption.damage(images.shape);
    let cues = damage.apply(patterns.clone(), images.shape, stream)?;
    let recall = reading.where_known(&cues).ask(memory, &cues, device)?;
    let values = check::to_host(recall.data())?;
    let scores = Scores {
        errors: cues.errors(&patterns, &values),
    };
    Ok(Answers {
        cues,
        values,
        steps: recall.steps,
        scores,
    })
}
