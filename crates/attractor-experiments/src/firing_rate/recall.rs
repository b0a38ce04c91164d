//! Recall of damaged patterns.

use attractor::catalogue::{self, Context};
use attractor::core::{AssociativeMemory, Options, check};
use attractor::datasets::Split;
use attractor::evaluation::figures::{Image, ImageGrid};
use attractor::evaluation::{Measurement, Metric};
use attractor::firing_rate::sets;
use serde::Deserialize;

use super::design::{Network, Storage};
use super::patterns::{Bits, Drawn, Source};
use super::{Cell, covariance};
use crate::{Result, Session, Task, Work};

/// Share of wrong bits below which a pattern counts as recalled.
const RECALLED: f64 = 0.01;
/// Updates of the covariance rule.
const SWEEPS: usize = 100;
/// Images in a picture.
const SHOWN: usize = 10;
/// Memories up to which every cell reports on their stability.
const REPORTED: usize = 32;

/// What a level is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Axis {
    /// Share of active units that a cue keeps.
    #[default]
    Keep,
    /// Share of all units that are turned over in a cue.
    Flips,
    /// The current I0 of silent units.
    LowCurrent,
    /// The overlap r that the design is made for.
    AssumedOverlap,
    /// Nothing: the part is measured by the number of patterns.
    None,
}

/// What a series says.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    /// `firing-rate`, `covariance`, or a memory of the catalogue, which sees 0 and 1.
    model: String,
    /// Of the firing-rate memory.
    #[serde(default)]
    network: Network,
    /// Of a memory of the catalogue.
    #[serde(default)]
    memory: Options,
    #[serde(default)]
    patterns: Drawn,
    #[serde(default)]
    axis: Axis,
    #[serde(default = "whole")]
    keep: f64,
    #[serde(default)]
    flips: f64,
    /// Patterns that are cued at most, the first ones.
    #[serde(default = "all")]
    cues: usize,
}

fn whole() -> f64 {
    1.0
}

fn all() -> usize {
    usize::MAX
}

/// One place on one line.
#[derive(Debug)]
pub(super) struct Retrieval {
    settings: Settings,
    stored: usize,
    /// r of a design for known statistics.
    overlap: f64,
}

/// What a memory answered.
struct Answer {
    /// `[b, dim]` of 0 and 1.
    bits: Vec<f32>,
    /// Rates, where the memory has some.
    rates: Vec<f32>,
    more: Vec<(Metric, f64)>,
}

impl Retrieval {
    pub(super) fn new(task: Task<'_>) -> Result<Self> {
        let mut settings: Settings = task.options()?;
        let mut overlap = match settings.patterns.source {
            Source::Correlated => settings.patterns.overlap,
            _ => settings.patterns.activity,
        };
        match settings.axis {
            Axis::Keep => settings.keep = task.level()?,
            Axis::Flips => settings.flips = task.level()?,
            Axis::LowCurrent => settings.network.low = task.level()?,
            Axis::AssumedOverlap => {
                overlap = task.level()?;
                settings.network.storage = Storage::Known;
            }
            Axis::None => {}
        }
        let shares = [settings.keep, settings.flips];
        if !shares.iter().all(|share| (0.0..=1.0).contains(share)) || settings.cues == 0 {
            return Err(
                task.refuse("expected `keep` and `flips` from 0 to 1, `cues` of at least 1")
            );
        }
        settings.patterns.check(task)?;
        let stored = match settings.patterns.source {
            Source::Ideal => 0,
            _ => task.n_stored()?,
        };
        match settings.model.as_str() {
            "firing-rate" => {
                let dim = settings.patterns.units;
                let config = settings
                    .network
                    .config(dim, settings.patterns.activity, overlap);
                config.validate()?;
            }
            "covariance" => {}
            other => drop(catalogue::find(other)?),
        }
        Ok(Self {
            settings,
            stored,
            overlap,
        })
    }

    fn answer(&self, bits: &Bits, cues: &[f32], session: &dyn Session) -> Result<Answer> {
        let device = session.device();
        let (cued, patterns) = (bits.tensor(cues, device)?, bits.tensor(&bits.rows, device)?);
        let settings = &self.settings;
        match settings.model.as_str() {
            "covariance" => Ok(Answer {
                bits: covariance::recall(
                    &bits.rows,
                    cues,
                    bits.dim,
                    settings.patterns.activity,
                    SWEEPS,
                ),
                rates: Vec::new(),
                more: Vec::new(),
            }),
            "firing-rate" => {
                let q = settings.patterns.activity;
                let config = settings.network.config(bits.dim, q, self.overlap);
                let mut memory = config.init(device)?;
                memory.write(patterns)?;
                let mut more = Vec::new();
                if bits.len() <= REPORTED {
                    let report = memory.report()?;
                    more.push((Metric::CurrentError, report.worst_current_error()));
                    more.push((Metric::Abscissa, report.worst_abscissa()));
                }
                let recall = memory.read(cued)?;
                let steps = recall.steps.iter().sum::<usize>() as f64;
                more.push((Metric::Steps, steps / recall.len() as f64));
                Ok(Answer {
                    bits: check::to_host(recall.data())?,
                    rates: check::to_host(recall.state)?,
                    more,
                })
            }
            other => {
                let context = Context::pixels(bits.dim, device)?;
                let mut memory = catalogue::build(other, &settings.memory, &context)?;
                memory.write(patterns)?;
                let answers = check::to_host(memory.read(cued)?.data())?;
                let bit = |value: f32| f32::from(value > 0.5);
                Ok(Answer {
                    bits: answers.into_iter().map(bit).collect(),
                    rates: Vec::new(),
                    more: Vec::new(),
                })
            }
        }
    }
}

impl Cell for Retrieval {
    fn needs(&self) -> Vec<(Split, usize)> {
        self.settings.patterns.needs(self.stored)
    }

    fn work(&self) -> Option<Work> {
        let (dim, stored) = (self.settings.patterns.units as f64, self.stored as f64);
        let cues = stored.min(self.settings.cues as f64);
        let network = &self.settings.network;
        Some(Work {
            flops: 4.0 * dim * stored * cues * network.duration / network.step,
            bytes: 4.0 * dim * (stored + 6.0 * cues),
        })
    }

    fn measure(&self, task: Task<'_>, session: &mut dyn Session) -> Result<Vec<Measurement>> {
        let settings = &self.settings;
        let seed = task.cell.seed;
        let bits = settings
            .patterns
            .draw(task, Some(&mut *session), self.stored)?;
        let count = bits.len().min(settings.cues);
        let targets = &bits.rows[..count * bits.dim];
        let cues = sets::silenced(targets, bits.dim, settings.keep, seed)?;
        let cues = sets::flipped(&cues, bits.dim, settings.flips, seed)?;
        let answer = self.answer(&bits, &cues, &*session)?;
        if let (Some(shape), 0) = (bits.shape, seed) {
            let image =
                |values: &[f32]| Image::from_planes(1, shape.height, shape.width, values.to_vec());
            let rows = [targets, &cues, &answer.bits].map(|rows| {
                let images = rows.chunks_exact(bits.dim).take(SHOWN).map(image);
                images.collect::<Result<Vec<_>, _>>()
            });
            let rows = rows.into_iter().collect::<Result<Vec<_>, _>>()?;
            let names = ["stored", "cue", "recalled"];
            session.panel(task.cell, &task.series.name, &names, &ImageGrid::new(rows)?)?;
        }
        Ok(self.score(&bits, &answer))
    }
}

impl Retrieval {
    fn score(&self, bits: &Bits, answer: &Answer) -> Vec<Measurement> {
        let dim = bits.dim;
        let rates = if answer.rates.is_empty() {
            &answer.bits
        } else {
            &answer.rates
        };
        let (mut recalled, mut exact, mut wrong) = (0.0, 0.0, 0.0);
        let (mut own, mut others) = (0.0, 0.0);
        let expected = self.settings.patterns.activity * dim as f64;
        let n = answer.bits.len() / dim;
        for row in 0..n {
            let place = row * dim..(row + 1) * dim;
            let target = &bits.rows[place.clone()];
            let pairs = answer.bits[place.clone()].iter().zip(target);
            let errors = pairs.filter(|(a, b)| a != b).count() as f64 / dim as f64;
            recalled += f64::from(u8::from(errors < RECALLED));
            exact += f64::from(u8::from(errors == 0.0));
            wrong += errors;
            for (index, pattern) in bits.rows.chunks_exact(dim).enumerate() {
                let pairs = rates[place.clone()].iter().zip(pattern);
                let overlap = pairs.map(|(x, p)| f64::from(x * p)).sum::<f64>() / expected;
                match index == row {
                    true => own += overlap,
                    false => others += overlap / (bits.len() - 1) as f64,
                }
            }
        }
        let mean = |metric, sum: f64| Measurement {
            metric,
            value: sum / n as f64,
            n,
        };
        let mut measured = vec![
            mean(Metric::RetrievalRate, 100.0 * recalled),
            mean(Metric::Accuracy, 100.0 * exact),
            mean(Metric::BitError, 100.0 * wrong),
            mean(Metric::Overlap, own),
        ];
        if bits.len() > 1 {
            measured.push(mean(Metric::OtherOverlap, others));
        }
        let more = answer.more.iter();
        measured.extend(more.map(|&(metric, value)| Measurement { metric, value, n }));
        measured
    }
}
