//! Recall of images by a predictive coding memory, from noise and from parts.
//!
//! `n_stored` images of a data set, drawn by the seed, are written into a network of `layers` hidden
//! layers of `width` units each, and every one of them is recalled. The measure `noise` adds normal
//! numbers of variance `variance` to all values, without clipping, and reads; `parts` keeps one of
//! `share` pixels and completes. Errors are mean squares, over unknown entries where some are known.
//! An image counts as recalled below 0.005 from noise and below 0.001 from parts.
//!
//! # References
//! - Salvatori et al., "Associative Memories via Predictive Coding", NeurIPS 2021, arXiv 2109.08063.

mod cues;
#[cfg(test)]
mod tests;

use std::ops::ControlFlow;

use attractor::core::{Recall, check};
use attractor::datasets::{Corrupted, ImageSet, ImageShape, Split};
use attractor::evaluation::figures::{Image, ImageGrid};
use attractor::evaluation::{Measurement, Metric};
use attractor::predictive_coding::pcn::{Denoising, Progress, Reading, Ridge, WriteConfig};
use attractor::predictive_coding::{Pcn, PcnConfig};
use serde::Deserialize;

use crate::{Protocol, Result, Session, Task, Work};
use cues::Corruption;

const MEASURES: &[&str] = &["noise", "parts"];
/// Images in a picture.
const SHOWN: usize = 8;

/// What a series says.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    /// Units of a hidden layer.
    width: usize,
    #[serde(default = "two")]
    layers: usize,
    /// Passes over the images at most.
    epochs: usize,
    /// Penalty of a solution in closed form that training starts from, if it does.
    ridge: Option<f64>,
    /// Standard deviation of what is expected of the memory layer at first.
    #[serde(default = "unit")]
    prior_std: f64,
    /// Rounds of a read from noise at most.
    #[serde(default = "rounds")]
    rounds: usize,
    variance: Option<f64>,
    share: Option<usize>,
    geometry: Option<cues::Geometry>,
}

fn two() -> usize {
    2
}

fn unit() -> f64 {
    1.0
}

fn rounds() -> usize {
    Denoising::default().rounds
}

/// What a trained network depends on.
#[derive(Debug, Clone, PartialEq)]
struct Key {
    dataset: String,
    stored: usize,
    width: usize,
    layers: usize,
    epochs: usize,
    ridge: Option<f64>,
    prior_std: f64,
    rounds: usize,
    seed: u64,
}

/// The protocol. See the [module](self). Networks are kept for later cells that ask the same one.
#[derive(Debug, Default)]
pub struct PredictiveCoding {
    trained: Vec<(Key, Pcn)>,
}

impl Protocol for PredictiveCoding {
    fn check(&self, task: Task<'_>) -> Result<()> {
        parse(task)?;
        Ok(())
    }

    fn needs(&self, task: Task<'_>) -> Result<Vec<(Split, usize)>> {
        Ok(vec![(Split::Train, parse(task)?.0.stored)])
    }

    fn measure(&mut self, task: Task<'_>, session: &mut dyn Session) -> Result<Vec<Measurement>> {
        let (key, corruption) = parse(task)?;
        let set = session.images(&key.dataset, Split::Train)?;
        task.check_images(Split::Train, key.stored, set.len())?;
        let images = set.rows(&set.shuffled_order(key.seed)[..key.stored])?;
        let cues = corruption.apply(&images, set.shape, key.seed)?;
        let memory = self.network(&key, &set, &images, session)?;
        let reading = crate::reading::Reading::Complete.where_known(&cues);
        let recall = reading.ask(memory, &cues, session.device())?;
        let answers = check::to_host(recall.data())?;
        if key.seed == 0 {
            let rows = [&images, &cues.cues, &answers];
            let grid = picture(rows, set.shape)?;
            let names = ["stored", "cue", "recalled"];
            session.panel(task.cell, &task.series.name, &names, &grid)?;
        }
        Ok(figures(
            &cues,
            &images,
            &answers,
            &recall,
            corruption.limit(),
        ))
    }

    fn work(&self, task: Task<'_>) -> Option<Work> {
        let (key, _) = parse(task).ok()?;
        // Images of CIFAR-10's size; the epochs of a write, of 20 steps with the Gram form.
        let [dim, width, stored, epochs] =
            [3072, key.width, key.stored, key.epochs].map(|n| n as f64);
        let weights = dim * width + (key.layers - 1) as f64 * width * width;
        let epoch = 2.0 * width * width * dim + stored * (80.0 * width * width + 6.0 * weights);
        Some(Work {
            flops: epochs * epoch,
            bytes: 20.0 * weights,
        })
    }
}

impl PredictiveCoding {
    /// The network that holds these images.
    fn network(
        &mut self,
        key: &Key,
        set: &ImageSet,
        images: &[f32],
        session: &mut dyn Session,
    ) -> Result<&Pcn> {
        let found = self.trained.iter().position(|(other, _)| other == key);
        let at = match found {
            Some(at) => at,
            None => {
                let memory = train(key, set.dim(), images, session)?;
                self.trained.push((key.clone(), memory));
                self.trained.len() - 1
            }
        };
        Ok(&self.trained[at].1)
    }
}

/// A network with the images written into it.
fn train(key: &Key, dim: usize, images: &[f32], session: &mut dyn Session) -> Result<Pcn> {
    let config = PcnConfig {
        hidden: vec![key.width; key.layers],
        prior_std: key.prior_std,
        read: Reading::Replace(Denoising {
            rounds: key.rounds,
            ..Denoising::default()
        }),
        seed: key.seed,
        ..PcnConfig::new(dim)
    };
    let write = WriteConfig {
        epochs: key.epochs,
        ridge: key.ridge.map(|lambda| Ridge {
            lambda,
            ..Ridge::default()
        }),
        ..config.write
    };
    let mut memory = config.init(session.device())?;
    let patterns = check::from_host("images", images.to_vec(), dim, session.device())?;
    let what = format!("{} images into {} units", key.stored, key.width);
    let mut stopped = false;
    memory.write_with(patterns, &write, &mut |at: &Progress| {
        let note = format!("energy {:.2e}, worst error {:.1e}", at.energy, at.error);
        session.progress(&what, at.epoch, key.epochs, &note);
        stopped = session.stopped();
        match stopped {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    })?;
    session.check()?;
    Ok(memory)
}

/// The network that a cell needs, and what is done to its cues.
fn parse(task: Task<'_>) -> Result<(Key, Corruption)> {
    let options: Options = task.options()?;
    let corruption = match (
        task.part.measure.as_str(),
        options.variance,
        options.share,
        options.geometry,
    ) {
        ("noise", Some(variance), None, None) if variance >= 0.0 && variance.is_finite() => {
            Corruption::Noise { variance }
        }
        ("noise", ..) => return Err(task.refuse("expected a `variance` of at least 0")),
        ("parts", None, Some(share), Some(geometry)) if share >= 1 => {
            Corruption::Parts { share, geometry }
        }
        ("parts", ..) => {
            return Err(task.refuse("expected a `share` of at least 1 and a `geometry`"));
        }
        _ => return Err(task.unknown(MEASURES)),
    };
    let Options {
        width,
        layers,
        epochs,
        ridge,
        prior_std,
        rounds,
        ..
    } = options;
    if width == 0 || layers == 0 || epochs == 0 || rounds == 0 {
        return Err(task.refuse("expected `width`, `layers`, `epochs` and `rounds` of at least 1"));
    }
    let valid = |value: f64, least: f64| value.is_finite() && value >= least;
    if !valid(prior_std, 0.0) || ridge.is_some_and(|ridge| !valid(ridge, f64::MIN_POSITIVE)) {
        return Err(task.refuse("expected `ridge` above 0 and `prior_std` of at least 0"));
    }
    let key = Key {
        dataset: task.cell.dataset.clone(),
        stored: task.n_stored()?,
        width,
        layers,
        epochs,
        ridge,
        prior_std,
        rounds,
        seed: task.cell.seed,
    };
    Ok((key, corruption))
}

/// The first images of each row.
fn picture(rows: [&Vec<f32>; 3], shape: ImageShape) -> Result<ImageGrid> {
    let dim = shape.channels * shape.height * shape.width;
    let mut grid = Vec::new();
    for row in rows {
        let images = row.chunks(dim).take(SHOWN).map(|values| {
            Image::from_planes(shape.channels, shape.height, shape.width, values.to_vec())
        });
        grid.push(images.collect::<Result<Vec<_>, _>>()?);
    }
    Ok(ImageGrid::new(grid)?)
}

/// Error, share recalled and steps.
fn figures(
    cues: &Corrupted,
    images: &[f32],
    answers: &[f32],
    recall: &Recall,
    limit: f64,
) -> Vec<Measurement> {
    let errors = cues.errors(images, answers);
    let n = errors.len();
    let mean = |metric, sum: f64| Measurement {
        metric,
        value: sum / n as f64,
        n,
    };
    let recalled = errors.iter().filter(|&&error| error < limit).count();
    vec![
        mean(Metric::PixelMse, errors.iter().sum()),
        mean(Metric::RetrievalRate, 100.0 * recalled as f64),
        mean(Metric::Steps, recall.steps.iter().sum::<usize>() as f64),
    ]
}
