//! Images completed from their upper part (figures 1, 2 and 4B of the paper).

use attractor::core::burn::tensor::{Device, Tensor};
use attractor::core::{check, rng};
use attractor::datasets::{Corrupted, Damage, ImageShape, Part, Split};
use attractor::evaluation::figures::{Image, ImageGrid};
use attractor::evaluation::{Measurement, Metric};
use attractor::priors::FeatureKind;
use serde::Deserialize;

use super::Cell;
use super::binary::rows;
use super::descent::{Descent, Rule};
use super::estimate::directions;
use super::memories::{Exact, features, field};
use crate::{Result, Session, Task, Work};

/// Standard errors by which a cue must stand out of the noise to be judged.
const CLEAR: f64 = 3.0;
/// Images in a picture at most.
const COLUMNS: usize = 10;

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Model {
    /// The memory that keeps its images.
    Exact,
    /// The random features.
    Features,
    /// The difference of the two that is expected where stored images have nothing in common.
    Expected,
    /// The same for images as alike as these.
    Alike,
}

/// What a series says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    model: Model,
    beta: f64,
    rate: f64,
    #[serde(default)]
    rule: Rule,
    /// Steps of the features.
    steps: usize,
    /// Steps of the exact memory.
    exact_steps: usize,
    /// Share of the entries that is known, from the top.
    visible: f64,
}

/// One number of directions.
pub(super) struct Images {
    options: Options,
    stored: usize,
    count: usize,
}

impl Images {
    pub(super) fn new(task: Task<'_>) -> Result<Self> {
        let options: Options = task.options()?;
        let images = Self {
            stored: task.n_stored()?,
            count: directions(task)?,
            options,
        };
        let Options { beta, visible, .. } = images.options;
        let valid = beta > 0.0
            && beta.is_finite()
            && (0.0..1.0).contains(&visible)
            && images.descent(images.options.steps).is_valid()
            && images.descent(images.options.exact_steps).is_valid();
        match valid {
            true => Ok(images),
            false => Err(task.refuse(
                "expected `beta` above 0, `visible` from 0 to below 1, `rate` between 0 and 2, `steps` \
                 and `exact_steps` of at least 1",
            )),
        }
    }

    fn descent(&self, steps: usize) -> Descent {
        Descent {
            rate: self.options.rate,
            steps,
            rule: self.options.rule,
        }
    }
}

/// Stored images, cues and what the exact memory makes of them, all divided by `sqrt(D)`.
struct Scene {
    shape: ImageShape,
    patterns: Vec<f32>,
    cues: Vec<f32>,
    /// 1 where an entry is to be found, one row.
    free: Vec<f32>,
    /// Recalled by the exact memory.
    truth: Vec<f32>,
    /// The sum S there.
    sums: Vec<f64>,
    /// Whether a cue's kernel with its image stands clear of the noise.
    clear: Vec<bool>,
}

impl Images {
    fn scene(&self, task: Task<'_>, session: &mut dyn Session) -> Result<Scene> {
        let device = session.device().clone();
        let images = session.images(&task.part.dataset, Split::Train)?;
        let order = images.shuffled_order(task.cell.seed);
        task.check_images(Split::Train, self.stored, order.len())?;
        let chosen = &order[..self.stored];
        let (dim, shape) = (images.dim(), images.shape);
        let scale = (dim as f32).sqrt().recip();
        let mut patterns = images.rows(chosen)?;
        patterns.iter_mut().for_each(|pixel| *pixel *= scale);
        let entries = (self.options.visible * dim as f64) as usize;
        let hide = Damage::Hide {
            part: Part::First { entries },
            fill: 0.0,
        };
        let stream = |row: usize| rng::indexed_stream(task.cell.seed, "drdam cues", row as u64);
        let Corrupted { cues, known, .. } = hide.apply(patterns.clone(), shape, stream)?;
        let free: Vec<f32> = known[..dim].iter().map(|known| 1.0 - known).collect();
        let (beta, k, y) = (self.options.beta, self.stored as f64, self.count as f64);
        let noise = CLEAR * (k / (2.0 * y)).sqrt();
        let clear = patterns.chunks_exact(dim).zip(cues.chunks_exact(dim));
        let clear = clear
            .map(|(a, b)| {
                let squares = a.iter().zip(b).map(|(a, b)| f64::from(a - b).powi(2));
                (-0.5 * beta * squares.sum::<f64>()).exp() >= noise
            })
            .collect();
        let stored = rows(&patterns, dim, &device)?;
        let exact = Exact::new(beta, stored, &device)?;
        let start = rows(&cues, dim, &device)?;
        let mask = masks(&free, self.stored, &device)?;
        let descent = self.descent(self.options.exact_steps);
        let ended = descent.run(start, Some(&mask), session, |x| exact.field(x))?;
        let energies = exact.field(ended.clone())?.energy;
        Ok(Scene {
            shape,
            patterns,
            cues,
            free,
            truth: check::to_host(ended)?,
            sums: energies
                .iter()
                .map(|energy| (-beta * energy).exp())
                .collect(),
            clear,
        })
    }
}

impl Cell for Images {
    fn needs(&self) -> Vec<(Split, usize)> {
        vec![(Split::Train, self.stored)]
    }

    fn work(&self) -> Work {
        // The width of an image is not known before the data are; 3072 is CIFAR-10's.
        let (y, d, k) = (self.count as f64, 3072.0, self.stored as f64);
        let steps = self.options.steps as f64;
        match self.options.model {
            Model::Features => Work {
                flops: 4.0 * y * d * k * steps,
                bytes: 4.0 * y * d,
            },
            _ => Work::default(),
        }
    }

    fn measure(&self, task: Task<'_>, session: &mut dyn Session) -> Result<Vec<Measurement>> {
        let scene = self.scene(task, session)?;
        let dim = scene.free.len();
        let n = self.stored;
        let clear = scene.clear.iter().filter(|clear| **clear).count();
        let share = |metric, part: usize| Measurement {
            metric,
            value: 100.0 * part as f64 / n as f64,
            n,
        };
        match self.options.model {
            Model::Exact => {
                let mut measured = scene.score(&scene.truth);
                measured.push(share(Metric::Clear, clear));
                Ok(measured)
            }
            Model::Expected => Ok(scene.expected(self, n as f64)),
            Model::Alike => Ok(scene.expected(self, scene.kernels(self.options.beta))),
            Model::Features => {
                let device = session.device().clone();
                let patterns = rows(&scene.patterns, dim, &device)?;
                let (beta, seed) = (self.options.beta, task.cell.seed);
                let kind = FeatureKind::SinCos;
                let memory = features(kind, self.count, beta, seed, patterns, false, &device)?;
                let mask = masks(&scene.free, n, &device)?;
                let start = rows(&scene.cues, dim, &device)?;
                let descent = self.descent(self.options.steps);
                let ended =
                    descent.run(start, Some(&mask), session, |x| Ok(field(&memory, x)?.0))?;
                let (_, lost) = field(&memory, ended.clone())?;
                let ended = check::to_host(ended)?;
                if seed == 0 {
                    let names = ["stored", "cue", "exact memory", "random features"];
                    session.panel(task.cell, &task.series.name, &names, &scene.grid(&ended)?)?;
                }
                let mut measured = scene.score(&ended);
                let lost = lost.iter().filter(|lost| **lost).count();
                measured.push(share(Metric::Clear, clear));
                measured.push(share(Metric::Clipped, lost));
                measured.extend(deviation(scene.difference(&ended, clear), clear));
                Ok(measured)
            }
        }
    }
}

/// Nothing if no cue stands clear of the noise.
fn deviation(value: f64, clear: usize) -> Vec<Measurement> {
    let found = (clear > 0).then_some(Measurement {
        metric: Metric::Deviation,
        value,
        n: clear,
    });
    found.into_iter().collect()
}

impl Scene {
    /// `sqrt(P D / (2 Y beta)) / S` at the answers of the exact memory, over clear cues: the error of
    /// the gradient of a sum of features whose power is P.
    fn expected(&self, images: &Images, power: f64) -> Vec<Measurement> {
        let squares = self.sums.iter().zip(&self.clear);
        let squares = squares.filter(|(_, clear)| **clear);
        let (mut sum, mut clear) = (0.0, 0);
        for (value, _) in squares {
            sum += value.powi(-2);
            clear += 1;
        }
        let (y, dim) = (images.count as f64, self.free.len() as f64);
        let variance = power * dim / (2.0 * y * images.options.beta);
        deviation((variance * sum / f64::from(clear)).sqrt(), clear as usize)
    }

    /// The kernels of all pairs of stored images, added up: their number where they have nothing in
    /// common.
    fn kernels(&self, beta: f64) -> f64 {
        let dim = self.free.len();
        let patterns = || self.patterns.chunks_exact(dim);
        let pairs = patterns().flat_map(|a| patterns().map(move |b| (a, b)));
        pairs
            .map(|(a, b)| {
                let entries = a.iter().zip(b);
                let squares = entries.map(|(a, b)| f64::from(a - b).powi(2));
                (-0.5 * beta * squares.sum::<f64>()).exp()
            })
            .sum()
    }

    /// Mean squared error of a pixel in `[0, 1]`, and whether the nearest stored image is the right one.
    fn score(&self, answers: &[f32]) -> Vec<Measurement> {
        let dim = self.free.len();
        let n = self.clear.len();
        let (mut errors, mut right) = (0.0, 0);
        for (index, answer) in answers.chunks_exact(dim).enumerate() {
            let distances: Vec<f64> = self
                .patterns
                .chunks_exact(dim)
                .map(|pattern| {
                    let pairs = answer.iter().zip(pattern);
                    pairs.map(|(a, b)| f64::from(a - b).powi(2)).sum()
                })
                .collect();
            // A squared distance of scaled images is a mean over pixels.
            errors += distances[index];
            right += usize::from(distances.iter().all(|other| distances[index] <= *other));
        }
        let of = |metric, value: f64| Measurement {
            metric,
            value: value / n as f64,
            n,
        };
        vec![
            of(Metric::PixelMse, errors),
            of(Metric::Top1, 100.0 * right as f64),
        ]
    }

    /// Root mean square difference from the exact memory's answers, over the entries to find of the
    /// clear cues, in pixels in `[0, 1]`.
    fn difference(&self, answers: &[f32], clear: usize) -> f64 {
        let dim = self.free.len();
        let pairs = answers.chunks_exact(dim).zip(self.truth.chunks_exact(dim));
        let pairs = pairs.zip(&self.clear).filter(|(_, clear)| **clear);
        let squares: f64 = pairs
            .flat_map(|((a, b), _)| a.iter().zip(b))
            .map(|(a, b)| f64::from(a - b).powi(2))
            .sum();
        let free: f64 = self.free.iter().map(|free| f64::from(*free)).sum();
        (dim as f64 * squares / (free * clear.max(1) as f64)).sqrt()
    }

    fn grid(&self, answers: &[f32]) -> Result<ImageGrid> {
        let dim = self.free.len();
        let scale = (dim as f32).sqrt();
        let ImageShape {
            channels,
            height,
            width,
        } = self.shape;
        let images = |values: &[f32]| {
            let images = values.chunks_exact(dim).take(COLUMNS).map(|image| {
                let planes = image.iter().map(|entry| scale * entry).collect();
                Image::from_planes(channels, height, width, planes)
            });
            images.collect::<Result<Vec<_>, _>>()
        };
        let rows = vec![
            images(&self.patterns)?,
            images(&self.cues)?,
            images(&self.truth)?,
            images(answers)?,
        ];
        Ok(ImageGrid::new(rows)?)
    }
}

fn masks(free: &[f32], count: usize, device: &Device) -> Result<Tensor<2>> {
    Ok(rows(free, free.len(), device)?.expand([count, free.len()]))
}
