//! Recall against age, where the memory forgets between writes.

use attractor::core::Complete;
use attractor::evaluation::Measurement;
use attractor::memories::bayespcn::protocol::{Corruption, Fading, Images, Questions, fading};
use serde::Deserialize;

use super::BayesPcnStudy;
use super::options::{Kind, ask, errors, images};
use super::recipes::{Network, bayespcn};
use crate::{Error, Result, Session, Task};

/// What a series says.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    /// Options of the BayesPCN.
    #[serde(default)]
    memory: toml::Table,
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
        plan.fading(1)?;
        Ok(plan)
    }

    fn fading(&self, dim: usize) -> Result<Fading> {
        let network = Network {
            hidden: self.options.hidden,
            iterations: self.options.iterations,
            seed: self.task.cell.seed,
        };
        Ok(Fading {
            config: bayespcn(self.task, self.options.memory.clone(), network, dim)?,
            stored: self.stored,
            strength: self.options.forget,
            every: self.options.every,
        })
    }

    pub(super) fn measure(
        &self,
        study: &mut BayesPcnStudy,
        session: &mut dyn Session,
    ) -> Result<Vec<Measurement>> {
        let (images, _) = images(self.task, self.stored, session)?;
        let fading = self.fading(images.dim())?;
        let key = format!("{} {fading:?}", self.task.part.dataset);
        let memory = study.filled(key, || self.fill(fading, &images, session))?;
        session.check()?;
        let spread = images.spread(self.options.every, self.options.cues);
        let chosen: Vec<usize> = spread.into_iter().map(|at| self.first + at).collect();
        let seed = self.task.cell.seed;
        let asked = (&images, chosen.as_slice());
        let answers = ask(&*memory, asked, self.corruption, seed, session.device())?;
        Ok(errors(&answers.scores))
    }

    /// Writes and forgets, and asks nothing yet.
    fn fill(
        &self,
        plan: Fading,
        images: &Images,
        session: &mut dyn Session,
    ) -> Result<Box<dyn Complete>> {
        let device = session.device().clone();
        let questions = Questions {
            images,
            corruptions: &[],
            cues: 1,
            seed: self.task.cell.seed,
            device: &device,
        };
        let mut stopped = false;
        let filled = fading(plan, &questions, &mut |written| {
            session.progress(&self.task.series.name, written, self.stored, "written");
            stop(session, &mut stopped)
        });
        match filled {
            Err(_) if stopped => Err(Error::Stopped),
            filled => Ok(Box::new(filled?.0)),
        }
    }
}

/// Ends a function of the library early if the run is to stop.
pub(super) fn stop(session: &dyn Session, stopped: &mut bool) -> attractor::core::Result<()> {
    *stopped = session.stopped();
    match *stopped {
        true => Err(attractor::core::Error::Device("stopped".into())),
        false => Ok(()),
    }
}
