//! Patches of images as signals: a subspace learned from some, others recalled from wrong entries.

use attractor::catalogue::{self, Context};
use attractor::core::{Options as MemoryOptions, check, rng};
use attractor::datasets::{ImageSet, Split};
use attractor::evaluation::figures::{Image, ImageGrid};
use attractor::evaluation::{Measurement, Metric};
use serde::Deserialize;

use super::Cell;
use crate::{Result, Session, Task};

/// What a series says.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    /// A memory of the catalogue.
    recipe: String,
    #[serde(default)]
    memory: MemoryOptions,
    /// Side of a patch.
    side: usize,
    /// Patches that are recalled.
    cues: usize,
    /// Whether patches that are stored are recalled, rather than others.
    #[serde(default)]
    stored: bool,
}

/// One share of wrong entries.
pub(super) struct Patches {
    options: Options,
    share: f64,
    count: usize,
}

/// Patches in a picture.
const SHOWN: usize = 16;

impl Patches {
    pub(super) fn new(task: Task<'_>) -> Result<Self> {
        let options: Options = task.options()?;
        let share = task.level()?;
        if options.side == 0 || options.cues == 0 {
            return Err(task.refuse("expected `side` and `cues` of at least 1"));
        }
        if !(0.0..=1.0).contains(&share) {
            return Err(task.misplaced("levels", "a share of wrong entries from 0 to 1", share));
        }
        let count = task.n_stored()?;
        if options.stored && options.cues > count {
            return Err(task.refuse("expected at most as many `cues` as stored patches"));
        }
        Ok(Self {
            options,
            share,
            count,
        })
    }

    /// Patches at random places of the set's images, `[count, channels side^2]`.
    fn draw(
        &self,
        task: Task<'_>,
        set: &ImageSet,
        count: usize,
        purpose: &str,
    ) -> Result<Vec<f32>> {
        let (side, shape) = (self.options.side, set.shape);
        if side > shape.height || side > shape.width {
            let found = format!("{} x {} images", shape.height, shape.width);
            return Err(task.refuse(format!("expected `side` within the images, found {found}")));
        }
        let mut patches = Vec::with_capacity(count * shape.channels * side * side);
        for index in 0..count as u64 {
            let mut random = rng::indexed_stream(task.cell.seed, purpose, index);
            let mut place = |most: usize| {
                let drawn = rng::uniform_vec(&mut random, 1, 0.0, 1.0)[0];
                ((drawn * most as f32) as usize).min(most - 1)
            };
            let image = set.rows(&[place(set.len())])?;
            let top = place(shape.height - side + 1);
            let left = place(shape.width - side + 1);
            for channel in 0..shape.channels {
                for row in top..top + side {
                    let start = (channel * shape.height + row) * shape.width + left;
                    patches.extend_from_slice(&image[start..start + side]);
                }
            }
        }
        Ok(patches)
    }
}

impl Cell for Patches {
    fn needs(&self) -> Vec<(Split, usize)> {
        vec![(Split::Train, 1), (Split::Test, 1)]
    }

    fn measure(&self, task: Task<'_>, session: &mut dyn Session) -> Result<Vec<Measurement>> {
        let train = session.images(&task.part.dataset, Split::Train)?;
        let test = session.images(&task.part.dataset, Split::Test)?;
        let stored = self.draw(task, &train, self.count, "patches stored")?;
        let channels = train.shape.channels;
        let dim = channels * self.options.side * self.options.side;
        let clean = match self.options.stored {
            true => stored[..self.options.cues * dim].to_vec(),
            false => self.draw(task, &test, self.options.cues, "patches recalled")?,
        };
        // Wrong entries are 0 or 1, as dead and saturated pixels are.
        let wrong = ((self.share * dim as f64).round() as usize).min(dim);
        let mut cues = clean.clone();
        for (index, cue) in cues.chunks_exact_mut(dim).enumerate() {
            let mut random = rng::indexed_stream(task.cell.seed, "patches corrupted", index as u64);
            let order = rng::permutation(&mut random, dim);
            let values = rng::uniform_vec(&mut random, wrong, 0.0, 1.0);
            for (&place, value) in order.iter().zip(values) {
                cue[place] = if value < 0.5 { 0.0 } else { 1.0 };
            }
        }
        session.check()?;
        let context = Context::pixels(dim, session.device())?;
        let mut memory = catalogue::build(&self.options.recipe, &self.options.memory, &context)?;
        memory.write(check::from_host("patches", stored, dim, session.device())?)?;
        let recall = memory.read(check::from_host(
            "cues",
            cues.clone(),
            dim,
            session.device(),
        )?)?;
        let answers = check::to_host(recall.data())?;
        if task.cell.seed == 0 {
            let rows = [&clean, &cues, &answers];
            let grid = self.picture(rows, channels)?;
            let names = ["patch", "cue", "recalled"];
            session.panel(task.cell, &task.series.name, &names, &grid)?;
        }
        let n = self.options.cues;
        let mse = |values: &[f32], truth: &[f32]| {
            let apart = values
                .iter()
                .zip(truth)
                .map(|(a, b)| f64::from(a - b).powi(2));
            apart.sum::<f64>() / dim as f64
        };
        let errors: Vec<f64> = answers
            .chunks_exact(dim)
            .zip(clean.chunks_exact(dim))
            .map(|(own, truth)| mse(own, truth))
            .collect();
        // A mean of decibels would be ruled by the few patches that are recalled exactly.
        let mean = errors.iter().sum::<f64>() / n as f64;
        let of = |metric, value| Measurement { metric, value, n };
        Ok(vec![
            of(Metric::PixelMse, mean),
            of(Metric::Psnr, -10.0 * mean.max(1e-12).log10()),
            of(
                Metric::Steps,
                recall.steps.iter().sum::<usize>() as f64 / n as f64,
            ),
        ])
    }
}

impl Patches {
    fn picture(&self, rows: [&Vec<f32>; 3], channels: usize) -> Result<ImageGrid> {
        let side = self.options.side;
        let mut grid = Vec::new();
        for row in rows {
            let images = row
                .chunks(channels * side * side)
                .take(SHOWN)
                .map(|values| {
                    let clipped = values.iter().map(|x| x.clamp(0.0, 1.0)).collect();
                    Image::from_planes(channels, side, side, clipped)
                });
            grid.push(images.collect::<Result<Vec<_>, _>>()?);
        }
        Ok(ImageGrid::new(grid)?)
    }
}
