//! Recall by any memory, of what was written into it.

use attractor::core::{AssociativeMemory, Options as Table};
use attractor::evaluation::figures::{Image, ImageGrid};
use attractor::evaluation::{Measurement, Metric};
use serde::Deserialize;

use super::BayesPcnStudy;
use super::corruption::{Corruption, Kind};
use super::options::{errors, images, written};
use super::questions::{Answers, Images, ask, spread};
use super::recipes::{Memory, Network};
use crate::reading::Reading;
use crate::{Error, Result, Session, Task};

/// Images in a panel.
const COLUMNS: usize = 8;

/// What a series says.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    /// `recipe` and its options.
    memory: Table,
    /// How it is asked.
    #[serde(default)]
    read: Reading,
    /// Images in one call of `write`: few where each takes a search, so that a run can be stopped. All,
    /// if it does not say.
    portion: Option<usize>,
    /// Changes of `memory`, of which the best counts.
    #[serde(default = "one_setting")]
    settings: Vec<Table>,
    corruption: Kind,
    /// Its strength, where levels are not.
    #[serde(default)]
    strength: f64,
    /// Images recalled at most.
    cues: usize,
    hidden: usize,
    iterations: usize,
    /// Levels of which the report shows images.
    #[serde(default)]
    panels: Vec<f64>,
}

fn one_setting() -> Vec<Table> {
    vec![Table::new()]
}

/// One place on one line.
#[derive(Debug)]
pub(super) struct Plan<'a> {
    task: Task<'a>,
    options: Options,
    corruption: Corruption,
    stored: usize,
    pictured: bool,
}

impl<'a> Plan<'a> {
    pub(super) fn new(task: Task<'a>) -> Result<Self> {
        let options: Options = task.options()?;
        if options.cues == 0 || options.settings.is_empty() || options.portion == Some(0) {
            let rule = "expected at least one of `cues`, of `settings` and in a `portion`";
            return Err(task.refuse(rule));
        }
        let level = task.cell.level.value();
        let strength = level.unwrap_or(options.strength);
        let plan = Self {
            task,
            corruption: options.corruption.at(task, strength)?,
            stored: task.n_stored()?,
            pictured: task.cell.seed == 0 && options.panels.contains(&strength),
            options,
        };
        // Whatever is wrong with a setting is wrong for images of any size.
        for setting in &plan.options.settings {
            plan.memory(setting)?.check(task)?;
        }
        Ok(plan)
    }

    fn memory(&self, setting: &Table) -> Result<Memory> {
        let network = Network {
            hidden: self.options.hidden,
            iterations: self.options.iterations,
            seed: self.task.cell.seed,
        };
        Memory::new(self.task, &[&self.options.memory, setting], network)
    }

    pub(super) fn measure(
        &self,
        study: &mut BayesPcnStudy,
        session: &mut dyn Session,
    ) -> Result<Vec<Measurement>> {
        let images = images(self.task, self.stored, session)?;
        let chosen = spread(self.stored, self.options.cues);
        let mut best: Option<Answers> = None;
        let mut refused = self.task.refuse("no setting gives finite answers");
        for setting in &self.options.settings {
            let memory = self.memory(setting)?;
            let key = format!(
                "{} {} {}",
                self.task.part.dataset,
                memory.key(),
                self.stored
            );
            let filled = study.filled(key, || self.fill(&memory, &images, session));
            let memory = match filled {
                Ok(memory) => memory,
                // A rate that is too high for finite weights does not count.
                Err(error @ Error::Core(_)) if self.options.settings.len() > 1 => {
                    refused = error;
                    continue;
                }
                Err(error) => return Err(error),
            };
            session.check()?;
            let seed = self.task.cell.seed;
            let asked = (&images, chosen.as_slice());
            let how = (self.corruption, self.options.read);
            let answers = ask(&*memory, asked, how, seed, session.device())?;
            let error = answers.scores.mean();
            let better = |best: &Answers| error < best.scores.mean();
            if error.is_finite() && best.as_ref().is_none_or(better) {
                best = Some(answers);
            }
        }
        let best = best.ok_or(refused)?;
        if self.pictured {
            self.picture(&best, &images, &chosen, session)?;
        }
        let mut measured = errors(&best.scores);
        let steps: usize = best.steps.iter().sum();
        measured.push(Measurement {
            metric: Metric::Steps,
            value: steps as f64 / best.steps.len() as f64,
            n: best.steps.len(),
        });
        Ok(measured)
    }

    fn fill(
        &self,
        memory: &Memory,
        images: &Images,
        session: &mut dyn Session,
    ) -> Result<Box<dyn AssociativeMemory>> {
        let device = session.device().clone();
        let mut memory = memory.init(images.dim(), session)?;
        let all: Vec<usize> = (0..self.stored).collect();
        let mut done = 0;
        for part in all.chunks(self.options.portion.unwrap_or(self.stored)) {
            session.check()?;
            memory.write(images.rows(part, &device)?)?;
            done += part.len();
            written(session, &self.task.series.name, done, self.stored)?;
        }
        Ok(memory)
    }

    fn picture(
        &self,
        answers: &Answers,
        images: &Images,
        chosen: &[usize],
        session: &mut dyn Session,
    ) -> Result<()> {
        let count = chosen.len().min(COLUMNS);
        let shown = spread(chosen.len(), count);
        let shape = images.shape;
        let picked: Vec<usize> = shown.iter().map(|&at| chosen[at]).collect();
        let stored = images.scaled(&picked);
        let dim = images.dim();
        let row = |values: &[f32], at: &[usize]| -> Result<Vec<Image>> {
            at.iter()
                .map(|&at| {
                    let values = &values[at * dim..(at + 1) * dim];
                    let data = values.iter().map(|value| 0.5 * (value + 1.0)).collect();
                    Ok(Image::from_planes(
                        shape.channels,
                        shape.height,
                        shape.width,
                        data,
                    )?)
                })
                .collect()
        };
        let in_order: Vec<usize> = (0..picked.len()).collect();
        let grid = ImageGrid::new(vec![
            row(&stored, &in_order)?,
            row(&answers.cues.cues, &shown)?,
            row(&answers.values, &shown)?,
        ])?;
        let caption = format!(
            "{}, {}, {} stored",
            self.task.series.name,
            self.corruption.name(),
            self.stored
        );
        session.panel(
            self.task.cell,
            &caption,
            &["stored", "cue", "recalled"],
            &grid,
        )
    }
}
