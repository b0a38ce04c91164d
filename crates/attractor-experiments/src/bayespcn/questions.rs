//! Recall of written images from corrupted ones.

use attractor::core::burn::tensor::Device;
use attractor::core::{AssociativeMemory, check};
use serde::Deserialize;

use super::corruption::{Corruption, Cues};
use super::images::Images;
use crate::Result;

/// Mean squared error, in units of `[-1, 1]`, below which an image counts as recalled.
pub(super) const RECALLED: f64 = 0.01;

/// At most `most` of `stored` images, evenly spread.
pub(super) fn spread(stored: usize, most: usize) -> Vec<usize> {
    let count = most.clamp(1, stored.max(1)).min(stored);
    (0..count).map(|at| at * stored / count).collect()
}

/// How a memory is asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Reading {
    /// With the cue alone.
    #[default]
    Read,
    /// With the mask of known entries, where the corruption says which they are.
    Complete,
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
    pub(super) cues: Cues,
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
    let patterns = check::to_host(images.rows(chosen, device)?)?;
    let dim = images.dim();
    let cues = corruption.apply(images, chosen, seed);
    let given = check::from_host("cues", cues.values.clone(), dim, device)?;
    let recall = match (reading, &cues.known) {
        (Reading::Complete, Some(known)) => {
            let known = check::from_host("known", known.clone(), dim, device)?;
            memory
                .complete_for("a recall of parts")?
                .complete(given, known)?
        }
        _ => memory.read(given)?,
    };
    let values = check::to_host(recall.data())?;
    let errors = (0..chosen.len()).map(|row| {
        let entries = row * dim..(row + 1) * dim;
        let hidden = |at: &usize| cues.known.as_ref().is_none_or(|known| known[*at] == 0.0);
        let squares: Vec<f64> = entries
            .filter(hidden)
            .map(|at| f64::from(values[at] - patterns[at]).powi(2))
            .collect();
        // Nothing hidden is nothing wrong.
        squares.iter().sum::<f64>() / squares.len().max(1) as f64
    });
    let scores = Scores {
        errors: errors.collect(),
    };
    Ok(Answers {
        cues,
        values,
        steps: recall.steps,
        scores,
    })
}
