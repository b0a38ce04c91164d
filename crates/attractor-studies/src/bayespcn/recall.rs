//! Recall by any memory, of what was written into it.

use attractor::core::Complete;
use attractor::evaluation::figures::{Image, ImageGrid};
use attractor::evaluation::{Measurement, Metric};
use attractor::memories::bayespcn::protocol::{Answers, Corruption, Images};
use serde::Deserialize;

use super::BayesPcnStudy;
use super::options::{Kind, ask, errors, images};
use super::recipes::{Network, Recipe};
use crate::{Error, Result, Session, Task};

/// Images in a panel.
const COLUMNS: usize = 8;

/// What a series says.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    /// `recipe` and its options.
    memory: toml::Table,
    /// Changes of `memory`, of which the best counts.
    #[serde(default = "one_setting")]
    settings: Vec<toml::Table>,
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

fn one_setting() -> Vec<toml::Table> {
    vec![toml::Table::new()]
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
        if options.cues == 0 || options.settings.is_empty() {
            return Err(task.refuse("expected at least one of `cues` and of `settings`"));
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
            plan.recipe(setting, 1)?;
        }
        Ok(plan)
    }

    fn recipe(&self, setting: &toml::Table, dim: usize) -> Result<Recipe> {
        let mut table = self.options.memory.clone();
        table.extend(setting.clone());
        let network = Network {
            hidden: self.options.hidden,
            iterations: self.options.iterations,
            seed: self.task.cell.seed,
        };
        Recipe::new(self.task, &table, network, dim)
    }

    pub(super) fn measure(
        &self,
        study: &mut BayesPcnStudy,
        session: &mut dyn Session,
    ) -> Result<Vec<Measurement>> {
        let (images, sizes) = images(self.task, self.stored, session)?;
        let chosen = images.spread(self.stored, self.options.cues);
        let mut best: Option<Answers> = None;
        let mut refused = self.task.refuse("no setting gives finite answers");
        for setting in &self.options.settings {
            let recipe = self.recipe(setting, images.dim())?;
            let key = format!("{} {recipe:?} {}", self.task.part.dataset, self.stored);
            let filled = study.filled(key, || self.fill(&recipe, &images, session));
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
            let answers = ask(&*memory, asked, self.corruption, seed, session.device())?;
            let error = answers.scores.mean();
            let better = |best: &Answers| error < best.scores.mean();
            if error.is_finite() && best.as_ref().is_none_or(better) {
                best = Some(answers);
            }
        }
        let best = best.ok_or(refused)?;
        if self.pictured {
            self.picture(&best, &images, &chosen, sizes, session)?;
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
        recipe: &Recipe,
        images: &Images,
        session: &mut dyn Session,
    ) -> Result<Box<dyn Complete>> {
        let device = session.device().clone();
        let mut memory = recipe.init(self.task, images.dim(), &device)?;
        let all: Vec<usize> = (0..self.stored).collect();
        let mut done = 0;
        for part in all.chunks(recipe.portion(self.stored)) {
            session.check()?;
            memory.write(images.rows(part, &device)?)?;
            done += part.len();
            session.progress(&self.task.series.name, done, self.stored, "written");
        }
        Ok(memory)
    }

    fn picture(
        &self,
        answers: &Answers,
        images: &Images,
        chosen: &[usize],
        [channels, height, width]: [usize; 3],
        session: &mut dyn Session,
    ) -> Result<()> {
        let count = chosen.len().min(COLUMNS);
        let shown = images.spread(chosen.len(), count);
        let picked: Vec<usize> = shown.iter().map(|&at| chosen[at]).collect();
        let stored = Corruption::Clean.apply(images, &picked, 0).values;
        let dim = images.dim();
        let row = |values: &[f32], at: &[usize]| -> Result<Vec<Image>> {
            at.iter()
                .map(|&at| {
                    let values = &values[at * dim..(at + 1) * dim];
                    let data = values.iter().map(|value| 0.5 * (value + 1.0)).collect();
                    Ok(Image::from_planes(channels, height, width, data)?)
                })
                .collect()
        };
        let in_order: Vec<usize> = (0..picked.len()).collect();
        let grid = ImageGrid::new(vec![
            row(&stored, &in_order)?,
            row(&answers.cues.values, &shown)?,
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
