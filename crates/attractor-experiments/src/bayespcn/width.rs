//! How many images a width holds.

use attractor::core::{AssociativeMemory, Options as Table};
use attractor::evaluation::{Measurement, Metric};
use serde::Deserialize;

use super::corruption::{Corruption, Kind};
use super::options::{bayespcn, images, written};
use super::questions::{RECALLED, ask, spread};
use super::recipes::Network;
use crate::reading::Reading;
use crate::{Result, Session, Task};

/// What a series says.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    /// Options of the BayesPCN.
    #[serde(default)]
    memory: Table,
    corruption: Kind,
    #[serde(default)]
    strength: f64,
    cues: usize,
    iterations: usize,
    /// Numbers stored at which recall is tried, ascending.
    counts: Vec<usize>,
    /// Share of images to be recalled.
    share: f64,
}

/// One width on one line.
#[derive(Debug)]
pub(super) struct Plan<'a> {
    task: Task<'a>,
    options: Options,
    corruption: Corruption,
    hidden: usize,
}

impl<'a> Plan<'a> {
    pub(super) fn new(task: Task<'a>) -> Result<Self> {
        let options: Options = task.options()?;
        let ascending = options.counts.is_sorted_by(|a, b| a < b);
        let share = 0.0 < options.share && options.share <= 1.0;
        if options.cues == 0 || options.counts.is_empty() || !ascending || !share {
            let rule = "expected `cues` of at least 1, ascending `counts` and a `share` up to 1";
            return Err(task.refuse(rule));
        }
        let width = task.level()?;
        if !((1.0..=65536.0).contains(&width) && width.fract() == 0.0) {
            return Err(task.misplaced("levels", "a number of units", width));
        }
        let plan = Self {
            task,
            corruption: options.corruption.at(task, options.strength)?,
            hidden: width as usize,
            options,
        };
        bayespcn(task, &plan.options.memory, plan.network(), 1)?;
        Ok(plan)
    }

    /// The most images that are written.
    pub(super) fn most(&self) -> usize {
        self.options.counts.iter().copied().max().unwrap_or(0)
    }

    fn network(&self) -> Network {
        Network {
            hidden: self.hidden,
            iterations: self.options.iterations,
            seed: self.task.cell.seed,
        }
    }

    pub(super) fn measure(&self, session: &mut dyn Session) -> Result<Vec<Measurement>> {
        let most = self.most();
        let images = images(self.task, most, session)?;
        let config = bayespcn(
            self.task,
            &self.options.memory,
            self.network(),
            images.dim(),
        )?;
        let device = session.device().clone();
        let mut memory = config.init(&device)?;
        let what = format!("{}, {} units", self.task.series.name, self.hidden);
        let (mut done, mut held, mut failed) = (0, 0, false);
        for &stored in &self.options.counts {
            while done < stored {
                memory.write(images.rows(&[done], &device)?)?;
                done += 1;
                written(session, &what, done, most)?;
            }
            let chosen = spread(stored, self.options.cues);
            let how = (self.corruption, Reading::Complete);
            let asked = (&images, chosen.as_slice());
            let answers = ask(&memory, asked, how, self.task.cell.seed, &device)?;
            // The largest number with nothing lost before it.
            failed |= answers.scores.below(RECALLED) < self.options.share;
            if !failed {
                held = stored;
            }
        }
        Ok(vec![Measurement {
            metric: Metric::Capacity,
            value: held as f64,
            n: self.options.cues.min(most),
        }])
    }
}
