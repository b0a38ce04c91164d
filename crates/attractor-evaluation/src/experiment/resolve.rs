//! From an experiment, a preset and overrides to one resolved configuration and its cells.

use serde::{Deserialize, Serialize};

use super::{Experiment, ModelSpec, Overrides, Preset, SystemSpec, TaskLevels, Thresholds};
use crate::limits::{self, product};
use crate::{Cell, Level, Result};

/// Everything that decides a run's numbers, as written into `run.toml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resolved {
    /// Name of the experiment.
    pub experiment: String,
    /// Title of the report.
    pub title: String,
    /// What is measured and why.
    pub description: String,
    /// Citation.
    pub source: String,
    /// The preset it started from.
    pub preset: Preset,
    /// Data set that is really used.
    pub dataset: String,
    /// Whether that is the built-in fallback rather than the published one.
    pub fallback: bool,
    /// Data set that the models learn from, if another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub train_dataset: Option<String>,
    /// Settings for the loader.
    #[serde(default, skip_serializing_if = "toml::Table::is_empty")]
    pub data: toml::Table,
    /// Why figures of this run cannot be held against published ones; absent if they can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_comparable: Option<String>,
    /// Where the data sets held less than the preset asks for, and what was used instead.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shortages: Vec<String>,
    /// Rows (`name/representation`) whose options the preset changed from the published ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub altered_systems: Vec<String>,
    /// Images that the model is trained on.
    pub train_images: usize,
    /// Images that blocks are cut from.
    pub test_images: usize,
    /// Blocks per cell.
    pub blocks: usize,
    /// Cues per block.
    pub cues_per_block: usize,
    /// Patterns stored per block.
    pub n_stored: Vec<usize>,
    /// Number of seeds: 0, 1, ...
    pub seeds: usize,
    /// Distances that count as retrieved.
    pub thresholds: Thresholds,
    /// The generative model.
    pub model: ModelSpec,
    /// Tasks and levels.
    pub tasks: Vec<TaskLevels>,
    /// The rows of the table.
    pub systems: Vec<SystemSpec>,
}

impl Experiment {
    /// Merges the preset and the overrides into one checked configuration.
    ///
    /// # Errors
    /// [`crate::Error::Experiment`] naming the key, if sizes do not fit together, or a system, a
    /// task or a data set is not one of the experiment's.
    pub fn resolve(&self, preset: Preset, overrides: &Overrides) -> Result<Resolved> {
        let mut resolved = self.merge(preset, overrides)?;
        let paper = self.merge(Preset::Paper, &Overrides::default())?;
        resolved.not_comparable = self.difference_from(&paper, &resolved);
        resolved.altered_systems = resolved
            .systems
            .iter()
            .filter(|system| {
                paper
                    .systems
                    .iter()
                    .any(|published| published.key() == system.key() && !published.equals(system))
            })
            .map(SystemSpec::key)
            .collect();
        Ok(resolved)
    }

    pub(super) fn merge(&self, preset: Preset, overrides: &Overrides) -> Result<Resolved> {
        let Some(spec) = self.presets.get(&preset) else {
            return Err(self.broken(format!("presets.{preset}"), "is missing", "nothing"));
        };
        let at = |key: &str| format!("presets.{preset}.{key}");

        let dataset = overrides
            .dataset
            .clone()
            .unwrap_or_else(|| self.dataset.clone());
        if dataset != self.dataset && dataset != self.fallback_dataset {
            let rule = format!("must be `{}` or `{}`", self.dataset, self.fallback_dataset);
            return Err(self.broken("dataset", rule, dataset));
        }

        let patch = &spec.model;
        let base = &self.model;
        let model = ModelSpec {
            kind: base.kind.clone(),
            features: patch.features.unwrap_or(base.features),
            code: patch.code.unwrap_or(base.code),
            epochs: overrides.epochs.or(patch.epochs).unwrap_or(base.epochs),
            batch: patch.batch.unwrap_or(base.batch),
            learning_rate: patch.learning_rate.unwrap_or(base.learning_rate),
            beta: patch.beta.unwrap_or(base.beta),
            weights: overrides.weights.clone().or_else(|| base.weights.clone()),
            options: {
                let mut options = base.options.clone();
                options.extend(patch.options.clone());
                options
            },
        };

        let tasks = match overrides.tasks.as_ref().or(spec.tasks.as_ref()) {
            Some(wanted) => {
                self.validate_tasks(&at("tasks"), wanted)?;
                self.known_tasks(&at("tasks"), wanted)?;
                intersect(&self.tasks, wanted)
            }
            None => self.tasks.clone(),
        };
        let cap = spec.max_cues;
        let selectors = overrides.systems.as_ref().or(spec.systems.as_ref());
        let mut systems = self.select(&at("systems"), selectors)?;
        for system in &mut systems {
            for (key, value) in &spec.options {
                if let Some(option) = system.options.get_mut(key) {
                    option.clone_from(value);
                }
            }
            if let Some(train) = &mut system.train {
                train.epochs = spec.train.epochs.unwrap_or(train.epochs);
                train.rate = spec.train.rate.unwrap_or(train.rate);
            }
            system.max_cues = system
                .max_cues
                .map(|own| overrides.max_cues.unwrap_or(own.min(cap.unwrap_or(own))));
        }

        let resolved = Resolved {
            experiment: self.name.clone(),
            title: self.title.clone(),
            description: self.description.clone(),
            source: self.source.clone(),
            preset,
            fallback: dataset != self.dataset,
            train_dataset: self.train_dataset.clone(),
            data: self.data.clone(),
            dataset,
            not_comparable: None,
            shortages: Vec::new(),
            altered_systems: Vec::new(),
            train_images: overrides.train_images.unwrap_or(spec.train_images),
            test_images: overrides.test_images.unwrap_or(spec.test_images),
            blocks: overrides.blocks.unwrap_or(spec.blocks),
            cues_per_block: overrides
                .cues_per_block
                .or(spec.cues_per_block)
                .unwrap_or(self.cues_per_block),
            n_stored: overrides
                .n_stored
                .clone()
                .or_else(|| spec.n_stored.clone())
                .unwrap_or_else(|| self.n_stored.clone()),
            seeds: overrides.seeds.unwrap_or(spec.seeds),
            thresholds: self.thresholds,
            model,
            tasks,
            systems,
        };
        self.check_sizes(&at, &resolved)?;
        Ok(resolved)
    }

    fn check_sizes(&self, at: &dyn Fn(&str) -> String, resolved: &Resolved) -> Result<()> {
        let (model, systems) = (&resolved.model, &resolved.systems);
        let bounds = systems.iter().filter_map(|system| system.max_cues);
        let sizes = [
            ("train_images", resolved.train_images, limits::ITEMS),
            ("test_images", resolved.test_images, limits::ITEMS),
            ("blocks", resolved.blocks, limits::CUES),
            ("seeds", resolved.seeds, limits::SEEDS),
            ("cues_per_block", resolved.cues_per_block, limits::CUES),
            ("model.features", model.features, limits::WIDTH),
            ("model.code", model.code, limits::WIDTH),
            ("model.epochs", model.epochs, limits::EPOCHS),
            ("model.batch", model.batch, limits::WIDTH),
        ];
        let bounds = bounds.map(|bound| ("max_cues", bound, limits::ITEMS));
        let trained = systems.iter().filter_map(|system| system.train);
        let trained = trained.map(|train| ("train.epochs", train.epochs, limits::EPOCHS));
        let bounds = bounds.chain(trained);
        for (key, value, limit) in sizes.into_iter().chain(bounds) {
            self.count(&at(key), value, limit)?;
        }
        self.counts(&at("n_stored"), &resolved.n_stored)?;
        let conditions = systems
            .iter()
            .map(|system| resolved.conditions(system).len());
        let cells = product([
            resolved.seeds,
            resolved.n_stored.len(),
            conditions.fold(0, usize::saturating_add),
        ]);
        if cells > limits::CELLS {
            let rule = format!(
                "must leave at most {} cells (seeds x n_stored x tasks and levels of each system)",
                limits::CELLS
            );
            return Err(self.broken(at("seeds"), rule, format!("{cells} cells")));
        }
        for n_stored in &resolved.n_stored {
            if resolved.cues_per_block > *n_stored {
                let rule = format!("must be at most n_stored ({n_stored})");
                return Err(self.broken(at("cues_per_block"), rule, resolved.cues_per_block));
            }
            let needed = resolved.blocks.saturating_mul(*n_stored);
            if needed > resolved.test_images {
                let rule = format!("must be at least blocks x n_stored ({needed})");
                return Err(self.broken(at("test_images"), rule, resolved.test_images));
            }
        }
        Ok(())
    }

    fn select(&self, key: &str, selectors: Option<&Vec<String>>) -> Result<Vec<SystemSpec>> {
        let Some(selectors) = selectors else {
            return Ok(self.systems.clone());
        };
        for selector in selectors {
            if !self.systems.iter().any(|system| system.matches(selector)) {
                let known: Vec<String> = self.systems.iter().map(SystemSpec::key).collect();
                let rule = format!("must be one of {}", known.join("; "));
                return Err(self.broken(key, rule, selector));
            }
        }
        let chosen: Vec<SystemSpec> = self
            .systems
            .iter()
            .filter(|system| selectors.iter().any(|selector| system.matches(selector)))
            .cloned()
            .collect();
        if chosen.is_empty() {
            return Err(self.broken(key, "must name at least one system", "none"));
        }
        Ok(chosen)
    }
}

/// The tasks and levels of `all` that `wanted` keeps, in the order of `all`.
fn intersect(all: &[TaskLevels], wanted: &[TaskLevels]) -> Vec<TaskLevels> {
    all.iter()
        .filter_map(|task| {
            let keep = wanted.iter().find(|keep| keep.task == task.task)?;
            let mut task = task.clone();
            if !keep.levels.is_empty() {
                task.levels.retain(|level| keep.levels.contains(level));
                // Levels that `wanted` has but `all` lacks leave nothing of the task.
                if task.levels.is_empty() {
                    return None;
                }
            }
            Some(task)
        })
        .collect()
}

impl Resolved {
    /// Every cell, in a fixed order: seed, number stored, system, task, level.
    pub fn cells(&self) -> Vec<Cell> {
        let mut cells = Vec::new();
        for seed in 0..self.seeds as u64 {
            for &n_stored in &self.n_stored {
                for system in &self.systems {
                    for (task, level) in self.conditions(system) {
                        cells.push(Cell {
                            experiment: self.experiment.clone(),
                            system: system.name.clone(),
                            representation: system.representation,
                            dataset: self.dataset.clone(),
                            task,
                            level,
                            n_stored,
                            seed,
                        });
                    }
                }
            }
        }
        cells
    }

    /// The tasks and levels that `system` is measured on.
    pub fn conditions(&self, system: &SystemSpec) -> Vec<(String, Level)> {
        let tasks = if system.tasks.is_empty() {
            self.tasks.clone()
        } else {
            intersect(&self.tasks, &system.tasks)
        };
        expand(&tasks)
    }

    /// Every task and level of the run, in the report's order.
    pub fn all_conditions(&self) -> Vec<(String, Level)> {
        expand(&self.tasks)
    }

    /// The system that a cell measures.
    pub fn system(&self, cell: &Cell) -> Option<&SystemSpec> {
        self.systems.iter().find(|system| {
            system.name == cell.system && system.representation == cell.representation
        })
    }

    /// Distance below which a cue of `system` counts as retrieved.
    pub fn threshold(&self, system: &SystemSpec) -> f64 {
        system
            .threshold
            .unwrap_or_else(|| self.thresholds.of(system.representation))
    }

    /// Cues that `system` is measured on.
    pub fn cues(&self, system: &SystemSpec) -> usize {
        let all = self.blocks * self.cues_per_block;
        system.max_cues.map_or(all, |max| max.min(all))
    }

    /// Why figures of `system` cannot be held against published ones, if so.
    pub fn not_comparable(&self, system: &SystemSpec) -> Option<String> {
        self.not_comparable.clone().or_else(|| {
            self.altered_systems
                .contains(&system.key())
                .then(|| format!("options changed by preset {}", self.preset))
        })
    }

    /// Itself without what does not decide the numbers: prose, verdicts' reasons, and of imported
    /// weights all but whether there are any (their path may differ between machines, and their
    /// content is among the hashes of the run's data).
    pub(crate) fn decisive(&self) -> Self {
        let mut decisive = self.clone();
        decisive.title.clear();
        decisive.description.clear();
        decisive.source.clear();
        decisive.not_comparable = None;
        decisive.shortages.clear();
        decisive.altered_systems.clear();
        if let Some(weights) = &mut decisive.model.weights {
            *weights = "imported".into();
        }
        decisive
    }
}

fn expand(tasks: &[TaskLevels]) -> Vec<(String, Level)> {
    tasks
        .iter()
        .flat_map(|task| {
            let levels = if task.levels.is_empty() {
                vec![Level::NONE]
            } else {
                task.levels.iter().map(|level| Level::new(*level)).collect()
            };
            levels.into_iter().map(|level| (task.task.clone(), level))
        })
        .collect()
}
