//! Recall of written images from corrupted ones.

use attractor_core::{Complete, Error, Result, check};
use burn::tensor::{Device, Tensor};

use super::{Corruption, Cues};

/// Mean squared error, in units of `[-1, 1]`, below which an image counts as recalled.
pub const RECALLED: f64 = 0.01;

/// Images as rows of values in `[0, 1]`, channel after channel.
#[derive(Debug, Clone, PartialEq)]
pub struct Images {
    values: Vec<f32>,
    pub(super) channels: usize,
    pub(super) width: usize,
    dim: usize,
}

impl Images {
    /// From `values [n, channels * height * width]`.
    ///
    /// # Errors
    /// [`Error::Config`] unless all sizes are at least 1 and the values are whole images.
    pub fn new(values: Vec<f32>, channels: usize, height: usize, width: usize) -> Result<Self> {
        let dim = channels * height * width;
        if dim == 0 || values.is_empty() || !values.len().is_multiple_of(dim) {
            return Err(Error::config(
                "Images",
                "must be whole images of at least one value",
                format!("{} values for {channels}x{height}x{width}", values.len()),
            ));
        }
        check::finite("images", &values, dim)?;
        Ok(Self {
            values,
            channels,
            width,
            dim,
        })
    }

    /// Number of images.
    pub fn len(&self) -> usize {
        self.values.len() / self.dim
    }

    /// Never: see [`Images::new`].
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Values of an image.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// One image in `[-1, 1]`.
    pub(super) fn scaled(&self, index: usize) -> impl Iterator<Item = f32> {
        let values = &self.values[index * self.dim..(index + 1) * self.dim];
        values.iter().map(|value| 2.0 * value - 1.0)
    }

    /// Images as a memory takes them, `[n, d]` in `[-1, 1]`.
    ///
    /// # Errors
    /// [`Error::Index`] for an image that is not there; [`Error::EmptyBatch`] for none.
    pub fn rows(&self, chosen: &[usize], device: &Device) -> Result<Tensor<2>> {
        if let Some(&index) = chosen.iter().find(|&&index| index >= self.len()) {
            return Err(Error::Index {
                what: "image",
                len: self.len(),
                index,
            });
        }
        let values = chosen.iter().flat_map(|&at| self.scaled(at)).collect();
        check::from_host("images", values, self.dim, device)
    }

    /// At most `most` of the first `stored` images, evenly spread.
    pub fn spread(&self, stored: usize, most: usize) -> Vec<usize> {
        let stored = stored.min(self.len());
        let count = most.clamp(1, stored.max(1)).min(stored);
        (0..count).map(|at| at * stored / count).collect()
    }
}

/// Errors of some images, in the order they were asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Scores {
    /// Mean squared error of each image, over unknown entries where some are known.
    pub errors: Vec<f64>,
}

impl Scores {
    /// Mean over the images.
    pub fn mean(&self) -> f64 {
        self.errors.iter().sum::<f64>() / self.errors.len() as f64
    }

    /// Largest error.
    pub fn worst(&self) -> f64 {
        self.errors.iter().copied().fold(0.0, f64::max)
    }

    /// Share of images with an error below `threshold`.
    pub fn below(&self, threshold: f64) -> f64 {
        let below = self.errors.iter().filter(|&&error| error < threshold);
        below.count() as f64 / self.errors.len() as f64
    }
}

/// What a memory made of some cues.
#[derive(Debug, Clone, PartialEq)]
pub struct Answers {
    /// What it was given.
    pub cues: Cues,
    /// What it recalled, `[n, d]` in `[-1, 1]`.
    pub values: Vec<f32>,
    /// Iterations for each cue.
    pub steps: Vec<usize>,
    /// How far that is from what was stored.
    pub scores: Scores,
}

/// What memories are asked, the same for all of them.
#[derive(Debug, Clone, Copy)]
pub struct Questions<'a> {
    /// What is written, in this order.
    pub images: &'a Images,
    /// What is done to them before they are recalled.
    pub corruptions: &'a [Corruption],
    /// Images recalled at most, of those that could be.
    pub cues: usize,
    /// Seed of the corruptions.
    pub seed: u64,
    /// Where memories put their answers.
    pub device: &'a Device,
}

impl Questions<'_> {
    /// Recalls the chosen images from what each corruption leaves of them: those with known entries
    /// are completed, others read.
    ///
    /// # Errors
    /// Those of the memory; [`Error::Index`] for an image that is not there.
    pub fn ask(&self, memory: &dyn Complete, chosen: &[usize]) -> Result<Vec<Scores>> {
        let corruptions = self.corruptions.iter();
        corruptions
            .map(|&corruption| Ok(self.recall(memory, chosen, corruption)?.scores))
            .collect()
    }

    /// The same for one corruption, with what was recalled.
    ///
    /// # Errors
    /// As [`Questions::ask`].
    pub fn recall(
        &self,
        memory: &dyn Complete,
        chosen: &[usize],
        corruption: Corruption,
    ) -> Result<Answers> {
        let patterns = check::to_host(self.images.rows(chosen, self.device)?)?;
        let dim = self.images.dim();
        let cues = corruption.apply(self.images, chosen, self.seed);
        let given = check::from_host("cues", cues.values.clone(), dim, self.device)?;
        let recall = match &cues.known {
            None => memory.read(given)?,
            Some(known) => {
                let known = check::from_host("known", known.clone(), dim, self.device)?;
                memory.complete(given, known)?
            }
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
}
