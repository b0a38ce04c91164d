//! Errors by kind of features on real data of 16 entries (figure 6 of the paper).

use attractor::datasets::{ImageSet, Split};
use attractor::evaluation::Measurement;
use attractor::priors::FeatureKind;
use serde::Deserialize;

use super::Cell;
use super::binary::rows;
use super::estimate::{Errors, directions};
use super::memories::{Exact, features};
use crate::{Result, Session, Task, Work};

/// Rows and columns of the means that stand for an image.
const SIDE: usize = 4;
const DIM: usize = SIDE * SIDE;

/// What a series says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    features: FeatureKind,
    /// Whether the mean of the patterns is subtracted first.
    #[serde(default)]
    centre: bool,
    beta: f64,
    queries: usize,
}

/// One amount of storage.
pub(super) struct Kinds {
    options: Options,
    stored: usize,
    count: usize,
}

impl Kinds {
    pub(super) fn new(task: Task<'_>) -> Result<Self> {
        let options: Options = task.options()?;
        if !(options.beta > 0.0 && options.beta.is_finite() && options.queries > 0) {
            return Err(task.refuse("expected `beta` above 0 and `queries` of at least 1"));
        }
        let numbers = directions(task)?;
        let count = numbers / options.features.parts();
        if count == 0 {
            let expected = "numbers for at least one direction";
            return Err(task.misplaced("levels", expected, numbers));
        }
        Ok(Self {
            options,
            stored: task.n_stored()?,
            count,
        })
    }
}

impl Cell for Kinds {
    fn work(&self) -> Work {
        let numbers = (self.count * DIM) as f64;
        let passes = self.stored + 2 * self.options.queries;
        Work {
            flops: 2.0 * numbers * passes as f64,
            bytes: 4.0 * numbers,
        }
    }

    fn measure(&self, task: Task<'_>, session: &mut dyn Session) -> Result<Vec<Measurement>> {
        let device = session.device().clone();
        let images = session.images(&task.part.dataset, Split::Train)?;
        let seed = task.cell.seed;
        let order = images.shuffled_order(seed);
        let needed = self.stored + self.options.queries;
        let Some(chosen) = order.get(..needed) else {
            let expected = format!("{needed} images for patterns and queries");
            return Err(task.misplaced("n_stored", expected, images.len()));
        };
        let values = scaled(means(&images, chosen)?);
        let (patterns, queries) = values.split_at(self.stored * DIM);
        let patterns = rows(patterns, DIM, &device)?;
        let queries = rows(queries, DIM, &device)?;
        let Options {
            features: kind,
            centre,
            beta,
            ..
        } = self.options;
        let exact = Exact::new(beta, patterns.clone(), &device)?;
        let memory = features(kind, self.count, beta, seed, patterns, centre, &device)?;
        session.check()?;
        Ok(Errors::of(&exact, &memory, beta, queries)?.measurements())
    }
}

/// Means over a grid of 4 x 4 blocks and all channels, `[n, 16]`.
fn means(images: &ImageSet, chosen: &[usize]) -> Result<Vec<f32>> {
    let shape = images.shape;
    let (height, width) = (shape.height, shape.width);
    let mut means = vec![0.0f32; chosen.len() * DIM];
    let mut counts = [0.0f32; DIM];
    let block = |at: usize| {
        let (row, column) = (at / width % height, at % width);
        row * SIDE / height * SIDE + column * SIDE / width
    };
    for at in 0..images.dim() {
        counts[block(at)] += 1.0;
    }
    let pixels = images.rows(chosen)?;
    for (image, means) in pixels
        .chunks_exact(images.dim())
        .zip(means.chunks_exact_mut(DIM))
    {
        for (at, pixel) in image.iter().enumerate() {
            means[block(at)] += pixel;
        }
        for (mean, count) in means.iter_mut().zip(&counts) {
            *mean /= count.max(1.0);
        }
    }
    Ok(means)
}

/// From the range of all values to `[0, 1 / sqrt(16)]`.
fn scaled(mut values: Vec<f32>) -> Vec<f32> {
    let low = values.iter().copied().fold(f32::INFINITY, f32::min);
    let high = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let range = (high - low).max(f32::MIN_POSITIVE) * SIDE as f32;
    for value in &mut values {
        *value = (*value - low) / range;
    }
    values
}
