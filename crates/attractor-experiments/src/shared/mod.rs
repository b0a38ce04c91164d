//! Every memory on the same patterns, cued alike.
//!
//! | measure | patterns |
//! | --- | --- |
//! | `images` | images of the part's data set, as they are |
//! | `binary` | independent bits of probability one half, `dim` of them |
//!
//! `n_stored` patterns, drawn by the seed, are written in one go; the first `cues` of them are damaged and
//! read. The damage is the option `damage`: of images any corruption by its name, of bits `flips` (a share of
//! them turned over) or `hidden` (a share unknown). Its strength is the level, or the option `strength` where
//! the abscissa is the number of patterns. Memories that complete are told which entries are missing, as
//! the damage says so; the others see the cue alone.
//!
//! Measured are top-1 (the answer is nearer to the right pattern than to any other), squared errors, for
//! bits wrong ones, the bytes that a saved memory takes for each pattern, and where the session has a clock the
//! time for each pattern written and each cue read.

mod patterns;
#[cfg(test)]
mod tests;

use attractor::catalogue::{self, Context};
use attractor::core::burn::tensor::{Device, Tensor, TensorData};
use attractor::core::{AssociativeMemory, Outcome, check};
use attractor::datasets::Split;
use attractor::evaluation::figures::{Image, ImageGrid};
use attractor::evaluation::metrics::{CueResult, MetricAccumulator};
use attractor::evaluation::{Measurement, Metric};
use serde::Deserialize;

use self::patterns::{Damage, Damaged, Patterns};
use crate::{Error, Protocol, Result, Session, Task};

const MEASURES: &[&str] = &["images", "binary"];
/// Distance that the accumulator asks for; what it counts by it is not reported.
const UNUSED: f64 = 1.0;
/// Cues in a picture.
const SHOWN: usize = 3;

/// What a series says.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    /// Key of the catalogue.
    recipe: String,
    /// Settings for the catalogue.
    #[serde(default)]
    memory: toml::Table,
    /// What happens to cues.
    damage: String,
    /// How much of it, where the abscissa is the number of patterns.
    strength: Option<f64>,
    /// Cues at most.
    cues: usize,
    /// Bits of a pattern.
    dim: Option<usize>,
}

/// A memory with what it holds, and the seconds that writing took.
struct Written {
    key: String,
    memory: Box<dyn AssociativeMemory>,
    seconds: Option<f64>,
}

/// The protocol. See the [module](self). The last memory is kept for cells that ask the same one.
#[derive(Default)]
pub struct Shared {
    last: Option<Written>,
}

impl Protocol for Shared {
    fn check(&self, task: Task<'_>) -> Result<()> {
        let (options, damage) = parse(task)?;
        catalogue::find(&options.recipe)?;
        damage.check(task)
    }

    fn needs(&self, task: Task<'_>) -> Result<Vec<(Split, usize)>> {
        Ok(match task.part.measure.as_str() {
            "images" => vec![(Split::Test, task.cell.n_stored)],
            _ => Vec::new(),
        })
    }

    fn measure(&mut self, task: Task<'_>, session: &mut dyn Session) -> Result<Vec<Measurement>> {
        let (options, damage) = parse(task)?;
        let device = session.device().clone();
        let patterns = Patterns::draw(task, options.dim, session)?;
        let cues = options.cues.min(patterns.count);
        let damaged = patterns.damaged(damage, cues, task.cell.seed)?;
        let written = self.written(task, &options, &patterns, session)?;
        let memory = &*written.memory;

        let start = session.clock();
        let recall = read(memory, &damaged, patterns.dim, &device)?;
        let answers = check::to_host(recall.data())?;
        let seconds = passed(start, session.clock());

        let mut metrics = MetricAccumulator::new(UNUSED);
        let (width, mut right) = (patterns.dim, Vec::new());
        let mut wrong_bits = 0_usize;
        for (target, answer) in answers.chunks_exact(width).enumerate() {
            let own = &patterns.values[target * width..(target + 1) * width];
            metrics.push(&CueResult {
                state: answer,
                stored: &patterns.values,
                target,
                images: Some((answer, own)),
                steps: Some(recall.steps[target]),
                energy: None,
            })?;
            right.push(match recall.outcomes.get(target) {
                Some(Outcome::Rejected) => None,
                _ => Some(patterns.nearest(answer) == target),
            });
            let differs = |(a, b): (&f32, &f32)| (*a > 0.5) != (*b > 0.5);
            wrong_bits += answer.iter().zip(own).filter(|pair| differs(*pair)).count();
        }
        let of = |metric, value| Measurement {
            metric,
            value,
            n: cues,
        };
        let kept = [Metric::Top1, Metric::PixelMse, Metric::Steps];
        let mut measured = metrics.finish();
        measured.retain(|one| kept.contains(&one.metric));
        if patterns.shape.is_none() {
            let share = wrong_bits as f64 / (cues * width) as f64;
            measured.push(of(Metric::BitError, 100.0 * share));
        }
        let each = |seconds: f64, count: usize| 1e3 * seconds / count as f64;
        measured.extend(seconds.map(|seconds| of(Metric::ReadTime, each(seconds, cues))));
        let writing = written.seconds.map(|seconds| each(seconds, patterns.count));
        measured.extend(writing.map(|time| of(Metric::WriteTime, time)));
        if let Some(bytes) = bytes(memory)? {
            measured.push(of(Metric::BytesPerPattern, bytes / patterns.count as f64));
        }
        if task.cell.seed == 0 && options.strength.is_none() {
            show(task, &patterns, &damaged, &answers, &right, session)?;
        }
        Ok(measured)
    }
}

impl Shared {
    /// The memory that holds the patterns.
    fn written(
        &mut self,
        task: Task<'_>,
        options: &Options,
        patterns: &Patterns,
        session: &mut dyn Session,
    ) -> Result<&Written> {
        let cell = task.cell;
        let key = format!(
            "{} {} {} {}",
            task.part.name,
            task.series.key(),
            cell.n_stored,
            cell.seed
        );
        let written = match self.last.take().filter(|written| written.key == key) {
            Some(written) => written,
            None => {
                let device = session.device().clone();
                let context = Context::pixels(patterns.dim, &device)?;
                let mut memory = catalogue::build(&options.recipe, &options.memory, &context)?;
                let start = session.clock();
                memory.write(tensor(&patterns.values, patterns.dim, &device))?;
                Written {
                    key,
                    memory,
                    seconds: passed(start, session.clock()),
                }
            }
        };
        Ok(self.last.insert(written))
    }
}

fn parse(task: Task<'_>) -> Result<(Options, Damage)> {
    let options: Options = task.options()?;
    if options.cues == 0 {
        return Err(task.refuse("expected at least one of `cues`, found 0"));
    }
    let strength = match (options.strength, task.cell.level.value()) {
        (Some(_), Some(_)) => return Err(task.refuse("expected `strength` or levels, found both")),
        (given, level) => given.or(level),
    };
    let binary = match task.part.measure.as_str() {
        "images" => false,
        "binary" => true,
        _ => return Err(task.unknown(MEASURES)),
    };
    if binary != options.dim.is_some_and(|dim| dim > 0) {
        return Err(task.refuse("expected `dim` for bits, from 1, and for bits alone"));
    }
    let damage = Damage::of(task, binary, &options.damage, strength)?;
    Ok((options, damage))
}

fn tensor(values: &[f32], dim: usize, device: &Device) -> Tensor<2> {
    let shape = [values.len() / dim, dim];
    Tensor::from_data(TensorData::new(values.to_vec(), shape), device)
}

fn read(
    memory: &dyn AssociativeMemory,
    damaged: &Damaged,
    dim: usize,
    device: &Device,
) -> Result<attractor::core::Recall> {
    let cues = tensor(&damaged.cues, dim, device);
    Ok(match (&damaged.known, memory.as_complete()) {
        (Some(known), Some(memory)) => memory.complete(cues, tensor(known, dim, device))?,
        _ => memory.read(cues)?,
    })
}

fn passed(start: Option<f64>, end: Option<f64>) -> Option<f64> {
    Some(end? - start?)
}

/// What a saved memory takes; `None` for one that cannot be saved.
fn bytes(memory: &dyn AssociativeMemory) -> Result<Option<f64>> {
    let Some(memory) = memory.as_persist() else {
        return Ok(None);
    };
    let file = memory.pack()?;
    let mut sum = 0.0;
    for name in file.all_names() {
        let numbers: usize = file.shape(name)?.iter().product();
        // What has no precision are whole numbers of 64 bits.
        let size = file.precision(name).map_or(8, |precision| precision.size());
        sum += (numbers * size) as f64;
    }
    Ok(Some(sum))
}

fn show(
    task: Task<'_>,
    patterns: &Patterns,
    damaged: &Damaged,
    answers: &[f32],
    right: &[Option<bool>],
    session: &mut dyn Session,
) -> Result<()> {
    let Some(shape) = patterns.shape else {
        return Ok(());
    };
    let row = |values: &[f32]| -> Result<Vec<Image>> {
        let images = values.chunks_exact(patterns.dim).take(SHOWN);
        let image = |image: &[f32]| {
            let values = image.iter().map(|value| value.clamp(0.0, 1.0)).collect();
            Image::from_planes(shape.channels, shape.height, shape.width, values)
        };
        Ok(images.map(image).collect::<std::result::Result<_, _>>()?)
    };
    let cues = damaged.cues.len() / patterns.dim;
    let stored = row(&patterns.values[..cues * patterns.dim])?;
    let grid = ImageGrid::new(vec![stored, row(&damaged.cues)?, row(answers)?])?;
    let places = |is: Option<bool>| -> Vec<(usize, usize)> {
        let shown = right.iter().take(SHOWN).enumerate();
        let own = shown.filter(|(_, found)| **found == is);
        own.map(|(column, _)| (2, column)).collect()
    };
    let grid = grid
        .with_marks(places(Some(true)))
        .with_rejected(places(None));
    let caption = format!(
        "{} stored; framed: nearest to the right one.",
        patterns.count
    );
    session.panel(task.cell, &caption, &["stored", "cue", "recalled"], &grid)
}

/// A damage that does not fit.
fn misfit(task: Task<'_>, error: attractor::datasets::DataError) -> Error {
    Error::within(format!("`damage` of part `{}`", task.part.name), error)
}
