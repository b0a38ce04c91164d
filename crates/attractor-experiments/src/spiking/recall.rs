//! Recall of random patterns and of binarised images.

use attractor::core::burn::tensor::Device;
use attractor::datasets::Split;
use attractor::evaluation::{Measurement, Metric};
use serde::Deserialize;

use super::options::{Kind, RECALLED, Rule, System, cues, overlap, patterns};
use crate::{Result, Session, Task};

/// What the level is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Axis {
    /// Patterns per unit.
    #[default]
    Load,
    /// Share of units turned round.
    Flips,
    /// Share of units that the cue knows.
    Known,
    /// Inhibition in units of the largest eigenvalue of J.
    Inhibition,
    /// The level says nothing: `n_stored` is the axis.
    Stored,
}

/// What a series says.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    #[serde(default)]
    memory: Kind,
    rule: Rule,
    #[serde(default)]
    axis: Axis,
    /// Units of a random pattern.
    #[serde(default)]
    units: usize,
    /// Cues, from as many sets of patterns as that takes; of images from one.
    cues: usize,
    #[serde(default)]
    load: f64,
    #[serde(default)]
    flips: f64,
    #[serde(default = "one")]
    known: f64,
    #[serde(default)]
    inhibition: f64,
    #[serde(default)]
    opposing: Option<f64>,
    #[serde(default = "two")]
    rate: f64,
    #[serde(default)]
    held: bool,
    /// Brightness above which a pixel is +1.
    #[serde(default = "half")]
    threshold: f64,
}

fn one() -> f64 {
    1.0
}

fn two() -> f64 {
    2.0
}

fn half() -> f64 {
    0.5
}

/// One place on one line.
#[derive(Debug)]
pub(super) struct Recall {
    system: System,
    /// `None` for images.
    units: Option<usize>,
    stored: usize,
    cues: usize,
    flips: f64,
    known: f64,
    threshold: f32,
}

impl Recall {
    pub(super) fn new(task: Task<'_>) -> Result<Self> {
        let mut options: Options = task.options()?;
        match options.axis {
            Axis::Load => options.load = task.level()?,
            Axis::Flips => options.flips = task.level()?,
            Axis::Known => options.known = task.level()?,
            Axis::Inhibition => options.inhibition = task.level()?,
            Axis::Stored => {}
        }
        let images = task.part.dataset != "synthetic";
        for (name, share) in [("flips", options.flips), ("known", options.known)] {
            if !(0.0..=1.0).contains(&share) {
                return Err(task.refuse(format!("`{name}` must be from 0 to 1, found {share}")));
            }
        }
        if options.cues == 0 || (!images && options.units < 2) {
            return Err(task.refuse("expected `cues` of at least 1 and `units` of at least 2"));
        }
        let stored = match task.cell.n_stored {
            0 => task.counted((options.load * options.units as f64).round(), 1),
            stored => Some(stored),
        };
        let Some(stored) = stored else {
            let expected = format!("a load of at least one pattern of {} units", options.units);
            return Err(task.misplaced("load", expected, options.load));
        };
        let system = System {
            kind: options.memory,
            rule: options.rule,
            inhibition: options.inhibition,
            opposing: options.opposing,
            rate: options.rate,
            held: options.held,
        };
        system.check(task)?;
        Ok(Self {
            system,
            units: (!images).then_some(options.units),
            stored,
            cues: options.cues,
            flips: options.flips,
            known: options.known,
            threshold: options.threshold as f32,
        })
    }

    pub(super) fn needs(&self) -> Vec<(Split, usize)> {
        match self.units {
            Some(_) => Vec::new(),
            None => vec![(Split::Test, self.stored)],
        }
    }

    pub(super) fn build(&self, device: &Device) -> Result<()> {
        self.system.config(self.units.unwrap_or(2)).init(device)?;
        Ok(())
    }

    pub(super) fn measure(
        &self,
        task: Task<'_>,
        session: &mut dyn Session,
    ) -> Result<Vec<Measurement>> {
        let seed = task.cell.seed;
        let mut sums = Sums::default();
        let mut left = self.cues;
        for set in 0.. {
            let (stored, units) = match self.units {
                Some(units) => (patterns(seed, set, self.stored, units), units),
                None => self.images(task, session)?,
            };
            let count = left.min(self.stored);
            let targets = &stored[..count * units];
            let cues = cues(targets, units, (self.flips, self.known), seed, set);
            let device = session.device().clone();
            let answers = self.system.recall(units, (&stored, &cues), true, &device)?;
            let rows = answers
                .signs
                .chunks_exact(units)
                .zip(targets.chunks_exact(units));
            rows.for_each(|(answer, target)| sums.add(overlap(answer, target)));
            sums.spikes += answers.spikes.iter().sum::<usize>();
            if let Some(certified) = answers.certified {
                sums.certified += certified;
                sums.patterns += self.stored;
            }
            if self.system.kind == Kind::Spiking && self.system.rule.baseline().is_some() {
                let other = System::new(Kind::Hopfield, self.system.rule);
                let theirs = other.recall(units, (&stored, &cues), false, &device)?.signs;
                let differ = answers.signs.iter().zip(&theirs).filter(|(a, b)| a != b);
                sums.unlike += differ.count() as f64 / units as f64;
                sums.compared += count;
            }
            left -= count;
            session.check()?;
            session.progress("cues", self.cues - left, self.cues, "");
            if left == 0 || self.units.is_none() {
                break;
            }
        }
        Ok(sums.measurements())
    }

    /// Images of the cell's seed as signs, and their pixels.
    fn images(&self, task: Task<'_>, session: &mut dyn Session) -> Result<(Vec<f32>, usize)> {
        let images = session.images(&task.part.dataset, Split::Test)?;
        let order = images.shuffled_order(task.cell.seed);
        task.check_images(Split::Test, self.stored, order.len())?;
        let values = images.rows(&order[..self.stored])?;
        let sign = |value: f32| if value > self.threshold { 1.0 } else { -1.0 };
        Ok((values.into_iter().map(sign).collect(), images.dim()))
    }
}

/// What is averaged over cues.
#[derive(Debug, Default)]
struct Sums {
    cues: usize,
    recalled: usize,
    exact: usize,
    overlap: f64,
    spikes: usize,
    certified: usize,
    patterns: usize,
    unlike: f64,
    compared: usize,
}

impl Sums {
    fn add(&mut self, overlap: f64) {
        self.cues += 1;
        self.recalled += usize::from(overlap >= RECALLED);
        self.exact += usize::from(overlap == 1.0);
        self.overlap += overlap;
    }

    fn measurements(&self) -> Vec<Measurement> {
        let percent = |part: usize, of: usize| 100.0 * part as f64 / of as f64;
        let mean = |metric, sum: f64, n: usize| Measurement {
            metric,
            value: sum / n as f64,
            n,
        };
        let share = |metric, part, n| Measurement {
            metric,
            value: percent(part, n),
            n,
        };
        let mut found = vec![
            share(Metric::RetrievalRate, self.recalled, self.cues),
            mean(Metric::Overlap, self.overlap, self.cues),
            share(Metric::Accuracy, self.exact, self.cues),
        ];
        if self.spikes > 0 {
            found.push(mean(Metric::Spikes, self.spikes as f64, self.cues));
        }
        if self.patterns > 0 {
            found.push(share(Metric::Certified, self.certified, self.patterns));
        }
        if self.compared > 0 {
            found.push(mean(Metric::Unlike, 100.0 * self.unlike, self.compared));
        }
        found
    }
}
