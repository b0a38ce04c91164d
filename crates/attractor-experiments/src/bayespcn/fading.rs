//! Recall against age, where the memory forgets between writes.

use attractor::core::{AssociativeMemory, Options as Table};
use attractor::evaluation::Measurement;
use attractor::predictive_coding::BayesPcnConfig;
use serde::Deserialize;

use super::BayesPcnStudy;
use super::corruption::{Corruption, Kind};
use super::options::{bayespcn, errors, images, written};
use super::questions::{Images, ask, spread};
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
    /// Strength of each forgetting.
    forget: f64,
    /// Writes between two of them.
    every: usize,
    corruption: Kind,
    #[serde(default)]
    strength: f64,
    cues: usize,
    hidden: usize,
    iterations: usize,
}

/// One age on one line.
#[derive(Debug)]
pub(super) struct Plan<'a> {
    task: Task<'a>,
    options: Options,
    corruption: Corruption,
    stored: usize,
    /// The oldest of the images of that age.
    first: usize,
}

impl<'a> Plan<'a> {
    pub(super) fn new(task: Task<'a>) -> Result<Self> {
        let options: Options = task.options()?;
        if options.cues == 0 || options.every == 0 || !(0.0..=1.0).contains(&options.forget) {
            let rule = "expected `cues` and `every` of at least 1 and `forget` from 0 to 1";
            return Err(task.refuse(rule));
        }
        let (age, stored) = (task.level()?, task.n_stored()?);
        let whole = age >= 1.0 && age <= stored as f64;
        if !(whole && (age as usize).is_multiple_of(options.every) && age.fract() == 0.0) {
            let expected = format!("multiples of {} up to {stored}", options.every);
            return Err(task.misplaced("levels", expected, age));
        }
        let plan = Self {
            task,
            corruption: options.corruption.at(task, options.strength)?,
            stored,
            first: stored - age as usize,
            options,
        };
        plan.config(1)?;
        Ok(plan)
    }

    fn config(&self, dim: usize) -> Result<BayesPcnConfig> {
        let network = Network {
            hidden: self.options.hidden,
            iterations: self.options.iterations,
            seed: self.task.cell.seed,
        };
        bayespcn(self.task, &self.options.memory, network, dim)
    }

    pub(super) fn measure(
        &self,
        study: &mut BayesPcnStudy,
        session: &mut dyn Session,
    ) -> Result<Vec<Measurement>> {
        let images = images(self.task, self.stored, session)?;
        let config = self.config(images.dim())?;
        let Options { forget, every, .. } = self.options;
        let data = &self.task.part.dataset;
        let key = format!("{data} {config:?} {} {forget} {every}", self.stored);
        let memory = study.filled(key, || self.fill(config, &images, session))?;
        session.check()?;
        let spread = spread(every, self.options.cues);
        let chosen: Vec<usize> = spread.into_iter().map(|at| self.first + at).collect();
        let seed = self.task.cell.seed;
        let asked = (&images, chosen.as_slice());
        let how = (self.corruption, Reading::Complete);
        let answers = ask(&*memory, asked, how, seed, session.device())?;
        Ok(errors(&answers.scores))
    }

    /// Writes one by one and forgets in between. As in the paper, forgetting comes before write `i`
    /// (from 0) where `i > 1` and `(i - 1)` is a multiple of `every`.
    fn fill(
        &self,
        config: BayesPcnConfig,
        images: &Images,
        session: &mut dyn Session,
    ) -> Result<Box<dyn AssociativeMemory>> {
        let device = session.device().clone();
        let mut memory = config.init(&device)?;
        for index in 0..self.stored {
            if index > 1 && (index - 1).is_multiple_of(self.options.every) {
                memory.forget(self.options.forget)?;
            }
            memory.write_scored(images.rows(&[index], &device)?)?;
            written(session, &self.task.series.name, index + 1, self.stored)?;
        }
        Ok(Box::new(memory))
    }
}
