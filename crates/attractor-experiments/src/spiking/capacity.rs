//! How many patterns are recalled from noisy cues, and how that grows with the units.

use attractor::evaluation::{Measurement, Metric};
use serde::Deserialize;

use super::options::{Kind, RECALLED, Rule, System, cues, overlap, patterns};
use crate::capacity::sweep;
use crate::{Result, Session, Task};

/// Share of cues that are to be recalled.
const SUCCESS: f64 = 0.9;

/// Loads beyond this are not looked at: no rule here recalls from noise there.
const MOST_LOAD: f64 = 2.0;

/// What a series says.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    #[serde(default)]
    memory: Kind,
    rule: Rule,
    /// Cues at each load.
    cues: usize,
    #[serde(default)]
    flips: f64,
    /// First load and step.
    from: f64,
    step: f64,
    /// Units of an exponent.
    #[serde(default)]
    units: Vec<usize>,
}

/// The capacity at one size.
#[derive(Debug)]
pub(super) struct Capacity {
    search: Search,
    units: usize,
}

/// The power of the units.
#[derive(Debug)]
pub(super) struct Exponent {
    search: Search,
    units: Vec<usize>,
}

#[derive(Debug)]
struct Search {
    system: System,
    cues: usize,
    flips: f64,
    from: f64,
    step: f64,
    seed: u64,
}

impl Search {
    fn new(task: Task<'_>, options: &Options) -> Result<Self> {
        let system = System::new(options.memory, options.rule);
        system.check(task)?;
        let valid = options.cues > 0
            && (0.0..=0.5).contains(&options.flips)
            && options.from > 0.0
            && options.step > 0.0
            && options.from + options.step <= MOST_LOAD;
        if !valid {
            return Err(task.refuse(
                "expected `cues` of at least 1, `flips` from 0 to 0.5, and `from` and `step` above 0 with a \
                 sum of at most 2",
            ));
        }
        Ok(Self {
            system,
            cues: options.cues,
            flips: options.flips,
            from: options.from,
            step: options.step,
            seed: task.cell.seed,
        })
    }

    /// The share of cues recalled with so many patterns stored.
    fn success(&self, units: usize, stored: usize, session: &dyn Session) -> Result<f64> {
        let (mut recalled, mut left, mut set) = (0, self.cues, (units as u64) << 16);
        while left > 0 {
            let all = patterns(self.seed, set, stored, units);
            let count = left.min(stored);
            let targets = &all[..count * units];
            let cues = cues(targets, units, (self.flips, 1.0), self.seed, set);
            let answers = self
                .system
                .recall(units, (&all, &cues), false, session.device())?;
            let rows = answers
                .signs
                .chunks_exact(units)
                .zip(targets.chunks_exact(units));
            recalled += rows.filter(|(a, b)| overlap(a, b) >= RECALLED).count();
            left -= count;
            set += 1;
            session.check()?;
        }
        Ok(recalled as f64 / self.cues as f64)
    }

    /// The number of patterns where the share of recalled cues falls below nine in ten, between the loads
    /// of the search by a straight line; 0 if it is below from the first.
    fn capacity(&self, units: usize, session: &mut dyn Session) -> Result<f64> {
        let mut before: Option<(f64, f64)> = None;
        let steps = ((MOST_LOAD - self.from) / self.step) as usize;
        for index in 0..=steps {
            let load = self.from + index as f64 * self.step;
            let stored = (load * units as f64).round().max(1.0);
            let success = self.success(units, stored as usize, session)?;
            session.progress(
                "loads",
                index,
                steps,
                &format!("{units} units, load {load:.2}: {success:.2}"),
            );
            if success < SUCCESS {
                return Ok(match before {
                    None => 0.0,
                    Some((count, share)) => {
                        count + (stored - count) * (share - SUCCESS) / (share - success)
                    }
                });
            }
            before = Some((stored, success));
        }
        Ok(before.map_or(0.0, |(count, _)| count))
    }
}

impl Capacity {
    pub(super) fn new(task: Task<'_>) -> Result<Self> {
        let options: Options = task.options()?;
        let units = task.counted(task.level()?, 2);
        let refused = || {
            task.misplaced(
                "levels",
                "a whole number of units, at least 2",
                task.cell.level,
            )
        };
        Ok(Self {
            search: Search::new(task, &options)?,
            units: units.ok_or_else(refused)?,
        })
    }

    pub(super) fn measure(&self, session: &mut dyn Session) -> Result<Vec<Measurement>> {
        let capacity = self.search.capacity(self.units, session)?;
        let of = |metric, value| Measurement {
            metric,
            value,
            n: self.search.cues,
        };
        Ok(vec![
            of(Metric::Capacity, capacity),
            of(Metric::Load, capacity / self.units as f64),
        ])
    }
}

impl Exponent {
    pub(super) fn new(task: Task<'_>) -> Result<Self> {
        let mut options: Options = task.options()?;
        options.flips = task.level()?;
        if options.units.len() < 2 || options.units.iter().any(|&units| units < 2) {
            return Err(task.refuse("expected at least two numbers of `units`, from 2 on"));
        }
        Ok(Self {
            search: Search::new(task, &options)?,
            units: options.units,
        })
    }

    pub(super) fn measure(&self, session: &mut dyn Session) -> Result<Vec<Measurement>> {
        let mut pairs = Vec::new();
        for &units in &self.units {
            pairs.push((units as f64, self.search.capacity(units, session)?));
        }
        let fitted = sweep::power(&pairs);
        let exponent = fitted.map(|(value, _)| Measurement {
            metric: Metric::Exponent,
            value,
            n: pairs.len(),
        });
        Ok(exponent.into_iter().collect())
    }
}
