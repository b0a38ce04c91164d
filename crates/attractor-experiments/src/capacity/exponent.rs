//! The power with which capacities grow.

use std::collections::BTreeMap;

use attractor::evaluation::{Measurement, Metric};
use serde::Deserialize;

use super::{flow, sweep};
use crate::{Result, Session, Task};

/// What a series says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    /// Sizes for each power.
    #[serde(default)]
    dims: BTreeMap<String, Vec<usize>>,
    /// Cues at each size and count.
    #[serde(default)]
    cues: usize,
    /// Sets of patterns that one curve is the mean of.
    #[serde(default)]
    sets: u64,
    /// The law instead of a measurement.
    #[serde(default)]
    law: bool,
}

/// One power.
#[derive(Debug)]
pub(super) struct Exponent {
    power: u32,
    /// None for the law.
    measured: Option<(Vec<usize>, sweep::SweepConfig)>,
}

impl Exponent {
    pub(super) fn new(task: Task<'_>) -> Result<Self> {
        let options: Options = task.options()?;
        let power = task.level()?;
        if power.fract() != 0.0 || !(2.0..=20.0).contains(&power) {
            return Err(task.misplaced("levels", "a whole power from 2 to 20", power));
        }
        let power = power as u32;
        if options.law {
            return Ok(Self {
                power,
                measured: None,
            });
        }
        let dims = options.dims.get(&power.to_string());
        let dims = dims.filter(|dims| dims.len() > 1 && dims.iter().all(|&dim| dim > 1));
        let refused = || task.refuse(format!("expected at least two `dims` above 1 for {power}"));
        let protocol = sweep::SweepConfig {
            cues: options.cues,
            seeds: options.sets,
            first_seed: task.cell.seed * options.sets,
            ..sweep::SweepConfig::default()
        };
        protocol.validate()?;
        Ok(Self {
            power,
            measured: Some((dims.ok_or_else(refused)?.clone(), protocol)),
        })
    }

    pub(super) fn measure(&self, session: &mut dyn Session) -> Result<Vec<Measurement>> {
        let exponent = |value, n| Measurement {
            metric: Metric::Exponent,
            value,
            n,
        };
        let Some((dims, protocol)) = &self.measured else {
            return Ok(vec![exponent(f64::from(self.power) - 1.0, 1)]);
        };
        let device = session.device().clone();
        let pairs = sweep::growth(self.power, dims, protocol, &device, &mut |_| flow(session))?;
        session.check()?;
        let fitted = sweep::power(&pairs);
        Ok(fitted
            .map(|(value, _)| exponent(value, pairs.len()))
            .into_iter()
            .collect())
    }
}
