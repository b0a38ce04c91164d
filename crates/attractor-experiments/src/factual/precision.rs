//! Weights of few bits, and with noise.

use attractor::core::rng;
use attractor::evaluation::{Measurement, Metric};
use attractor::factual_recall::precision::{noisy, quantised};
use serde::Deserialize;

use super::recall::diverged;
use super::store::{Drawn, Store, Written};
use crate::{Result, Session, Task};

/// What a level is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Change {
    /// Bits of a weight.
    Bits,
    /// Standard deviation of noise relative to that of the weights.
    Noise,
}

/// What a series says.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    store: Store,
    change: Change,
    dim: usize,
    /// Hidden units, where there are any.
    #[serde(default)]
    width: usize,
    facts: usize,
}

/// One level on one line.
pub(super) struct Precision<'a> {
    task: Task<'a>,
    options: Options,
    level: f64,
}

impl<'a> Precision<'a> {
    pub(super) fn new(task: Task<'a>) -> Result<Self> {
        let options: Options = task.options()?;
        options
            .store
            .validate()
            .map_err(|error| task.refuse(error.to_string()))?;
        if options.dim == 0 || options.facts == 0 {
            return Err(task.refuse("expected `dim` and `facts` of at least 1"));
        }
        if options.store.has_width() && options.width == 0 {
            return Err(task.refuse("expected `width` of at least 1"));
        }
        if matches!(options.store, Store::Rectifier(_)) {
            return Err(task.refuse("expected a store whose weights are one matrix"));
        }
        let level = task.level()?;
        let fits = match options.change {
            Change::Bits => task.counted(level, 1).is_some_and(|bits| bits <= 16),
            Change::Noise => level.is_finite() && level >= 0.0,
        };
        match fits {
            true => Ok(Self {
                task,
                options,
                level,
            }),
            false => Err(task.misplaced("levels", "1 to 16 bits, or noise of at least 0", level)),
        }
    }

    pub(super) fn measure(&self, session: &mut dyn Session) -> Result<Vec<Measurement>> {
        let Options {
            store,
            change,
            dim,
            width,
            facts,
        } = &self.options;
        let seed = self.task.cell.seed;
        let drawn = Drawn::draw(seed, *facts, None, *dim)?;
        let (keys, answers, targets) = drawn.first(*facts, None)?;
        let found = Written::write(store, (&keys, &answers, &targets), *width, seed)?;
        let lost = |ending| diverged(self.task, ending, found.steps, session);
        if found.ending.is_some_and(lost) {
            return Ok(vec![Measurement {
                metric: Metric::Diverged,
                value: 100.0,
                n: *facts,
            }]);
        }
        let mut written = found.written;
        let weights = written.weights_mut()?;
        *weights = match change {
            Change::Bits => quantised(weights, self.level as u32)?,
            Change::Noise => noisy(weights, self.level, &mut rng::stream(seed, "facts: noise"))?,
        };
        let value = 100.0 * written.share(&keys, &answers, &targets)?;
        Ok(vec![Measurement {
            metric: Metric::Accuracy,
            value,
            n: *facts,
        }])
    }
}
