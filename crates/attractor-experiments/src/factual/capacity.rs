//! How many facts a memory holds, against the numbers that are written into it.

use attractor::evaluation::{Measurement, Metric};
use attractor::factual_recall::Ending;
use attractor::factual_recall::capacity::{Capacity, Range, power_law, search};
use serde::Deserialize;

use super::Known;
use super::store::{Drawn, Store, Written};
use crate::{Result, Session, Task};

fn whole() -> f64 {
    1.0
}

fn one_in_a_hundred() -> f64 {
    1.01
}

fn nearly_all() -> f64 {
    0.99
}

/// What a series says.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    store: Store,
    /// Hidden units for each dimension: `m = alpha d`.
    #[serde(default = "whole")]
    alpha: f64,
    /// d, where it is the same for all numbers of parameters; alpha then says nothing.
    dim: Option<usize>,
    /// Answers; one for each fact if not given.
    classes: Option<usize>,
    /// Share of the facts that is to be read.
    #[serde(default = "nearly_all")]
    share: f64,
    /// The search ends when its ends differ by that ratio.
    #[serde(default = "one_in_a_hundred")]
    ratio: f64,
    /// Facts at most, for each parameter.
    #[serde(default = "whole")]
    most: f64,
    /// Of slopes: numbers of parameters, and seeds.
    #[serde(default)]
    parameters: Vec<usize>,
    #[serde(default)]
    seeds: u64,
}

impl Options {
    fn new(task: Task<'_>) -> Result<Self> {
        let options: Self = task.options()?;
        options
            .store
            .validate()
            .map_err(|error| task.refuse(error.to_string()))?;
        let positive = |x: f64| x.is_finite() && x > 0.0;
        let share = options.share > 0.0 && options.share <= 1.0;
        if !(positive(options.alpha) && positive(options.most) && share && options.ratio >= 1.0) {
            let rule = "expected `alpha` and `most` above 0, `share` up to 1, `ratio` from 1";
            return Err(task.refuse(rule));
        }
        match options.classes {
            Some(0) => Err(task.refuse("expected `classes` of at least 1")),
            _ => Ok(options),
        }
    }

    /// d and m with `d m = parameters`, or `d^2` for a linear memory.
    fn sizes(&self, task: Task<'_>, parameters: usize) -> Result<[usize; 2]> {
        let alpha = if self.store.has_width() {
            self.alpha
        } else {
            1.0
        };
        let dim = match self.dim.filter(|_| self.store.has_width()) {
            Some(dim) => dim as f64,
            None => (parameters as f64 / alpha).sqrt().round(),
        };
        let width = match self.dim {
            Some(_) => (parameters as f64 / dim).round(),
            None => (alpha * dim).round(),
        };
        match dim >= 2.0 && dim * width == parameters as f64 {
            true => Ok([dim as usize, width as usize]),
            false => {
                let expected = match self.dim {
                    Some(dim) => format!("a multiple of d = {dim}"),
                    None => format!("d m with whole d and m = {alpha} d"),
                };
                Err(task.misplaced("parameters", expected, parameters))
            }
        }
    }

    fn capacity(
        &self,
        task: Task<'_>,
        parameters: usize,
        seed: u64,
        known: &mut Known,
        session: &mut dyn Session,
    ) -> Result<Searched> {
        let Self {
            store,
            alpha,
            dim,
            classes,
            share,
            ratio,
            most,
            ..
        } = self;
        let key = format!(
            "{store:?} {alpha} {dim:?} {classes:?} {share} {ratio} {most} {parameters} {seed}"
        );
        if let Some(found) = known.capacities.get(&key) {
            return Ok(*found);
        }
        let [dim, width] = self.sizes(task, parameters)?;
        let lowest = classes.unwrap_or(2).max(2);
        let highest = ((*most * parameters as f64) as usize).max(lowest + 1);
        let facts = Drawn::draw(seed, highest, *classes, dim)?;
        let range = Range {
            lowest,
            highest,
            ratio: *ratio,
        };
        let (mut tried, mut lost) = (0, 0);
        let found = search(range, |count| {
            tried += 1;
            session.progress(&task.series.name, tried.min(40), 40, "sizes tried");
            let (keys, answers, targets) = facts.first(count, *classes)?;
            let about = (&keys, &answers, targets.as_slice());
            let found = Written::write(store, about, width, seed)?;
            if found.ending == Some(Ending::Diverged) {
                lost += 1;
                return Ok(false);
            }
            Ok(found.written.share(&keys, &answers, &targets)? >= *share)
        })?;
        if lost > 0 {
            session.note(&format!(
                "{}: {lost} of {tried} trainings diverged",
                task.cell
            ));
        }
        session.check()?;
        let found = match lost {
            0 => Searched::Told(found),
            _ => Searched::Diverged(100.0 * f64::from(lost) / tried as f64),
        };
        known.capacities.insert(key, found);
        Ok(found)
    }
}

/// What a search came to.
#[derive(Debug, Clone, Copy)]
pub(super) enum Searched {
    Told(Capacity),
    /// This share of the trainings, in percent, left the finite numbers: where they do says nothing of
    /// how many facts there is room for.
    Diverged(f64),
}

/// One number of parameters on one line.
pub(super) struct Search<'a> {
    task: Task<'a>,
    options: Options,
    parameters: usize,
}

impl<'a> Search<'a> {
    pub(super) fn new(task: Task<'a>) -> Result<Self> {
        let options = Options::new(task)?;
        let level = task.level()?;
        let parameters = task.counted(level, 4);
        let parameters =
            parameters.ok_or_else(|| task.misplaced("levels", "at least 4 parameters", level))?;
        options.sizes(task, parameters)?;
        Ok(Self {
            task,
            options,
            parameters,
        })
    }

    pub(super) fn measure(
        &self,
        known: &mut Known,
        session: &mut dyn Session,
    ) -> Result<Vec<Measurement>> {
        let (task, seed) = (self.task, self.task.cell.seed);
        let found = self
            .options
            .capacity(task, self.parameters, seed, known, session)?;
        let of = |metric, value| Measurement {
            metric,
            value,
            n: 1,
        };
        let count = match found {
            Searched::Told(Capacity::Found(count)) => count,
            Searched::Told(failed) => {
                let cell = task.cell;
                session.note(&format!("{cell}: no capacity within the range: {failed:?}"));
                return Ok(Vec::new());
            }
            Searched::Diverged(share) => return Ok(vec![of(Metric::Diverged, share)]),
        };
        let each = count as f64 * (count as f64).ln() / self.parameters as f64;
        Ok(vec![
            of(Metric::Capacity, count as f64),
            of(Metric::Density, each),
        ])
    }
}

/// A slope on logarithmic axes.
pub(super) struct Slope<'a> {
    task: Task<'a>,
    options: Options,
    power: f64,
}

impl<'a> Slope<'a> {
    pub(super) fn new(task: Task<'a>) -> Result<Self> {
        let options = Options::new(task)?;
        let power = task.level()?;
        if power != 0.0 && power != 1.0 {
            return Err(task.misplaced("levels", "0 (of N) or 1 (of N ln N)", power));
        }
        if options.parameters.len() < 2 || options.seeds == 0 {
            return Err(task.refuse("expected two numbers of `parameters` and one of `seeds`"));
        }
        for &parameters in &options.parameters {
            options.sizes(task, parameters)?;
        }
        Ok(Self {
            task,
            options,
            power,
        })
    }

    /// Through the means over seeds, as the search is noisy near its threshold.
    pub(super) fn measure(
        &self,
        known: &mut Known,
        session: &mut dyn Session,
    ) -> Result<Vec<Measurement>> {
        let mut points = Vec::new();
        for &parameters in &self.options.parameters {
            let mut sum = 0.0;
            for seed in 0..self.options.seeds {
                let seed = self.task.cell.seed * self.options.seeds + seed;
                let found = self
                    .options
                    .capacity(self.task, parameters, seed, known, session)?;
                let Searched::Told(Capacity::Found(count)) = found else {
                    let cell = self.task.cell;
                    session.note(&format!(
                        "{cell}: none within the range at {parameters}: {found:?}"
                    ));
                    return Ok(Vec::new());
                };
                sum += count as f64;
            }
            let mean = sum / self.options.seeds as f64;
            points.push((parameters as f64, mean * mean.ln().powf(self.power)));
        }
        let law = power_law(&points)?;
        let n = points.len();
        let mut found = vec![Measurement {
            metric: Metric::Exponent,
            value: law.slope,
            n,
        }];
        found.extend(law.interval.map(|value| Measurement {
            metric: Metric::Interval,
            value,
            n,
        }));
        Ok(found)
    }
}
