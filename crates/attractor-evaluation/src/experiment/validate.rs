//! The rules of an experiment file.

use std::collections::HashSet;

use super::{Experiment, Preset, TaskLevels};
use crate::limits;
use crate::{Level, Representation, Result};

impl Experiment {
    /// Checks every rule, naming the first key that breaks one.
    pub(super) fn validate(&self) -> Result<()> {
        for (key, text) in [
            ("name", &self.name),
            ("title", &self.title),
            ("source", &self.source),
            ("dataset", &self.dataset),
            ("fallback_dataset", &self.fallback_dataset),
            ("model.kind", &self.model.kind),
        ] {
            if text.trim().is_empty() {
                return Err(self.broken(key, "must not be empty", "\"\""));
            }
        }
        self.counts("n_stored", &self.n_stored)?;
        self.nonzero("cues_per_block", self.cues_per_block)?;
        for representation in [Representation::Vae, Representation::Pixel] {
            let key = format!("thresholds.{representation}");
            self.positive(&key, self.thresholds.of(representation))?;
        }
        self.validate_model()?;
        self.validate_tasks("tasks", &self.tasks)?;
        self.validate_systems()?;
        for preset in Preset::ALL {
            self.validate_preset(preset)?;
            // Sizes must fit together once everything is merged, whichever preset is asked for.
            self.resolve(preset, &super::Overrides::default())?;
        }
        Ok(())
    }

    fn validate_model(&self) -> Result<()> {
        let model = &self.model;
        for (key, value) in [
            ("model.features", model.features),
            ("model.code", model.code),
            ("model.batch", model.batch),
        ] {
            self.nonzero(key, value)?;
        }
        self.positive("model.learning_rate", model.learning_rate)?;
        if !(model.beta.is_finite() && model.beta >= 0.0) {
            return Err(self.broken("model.beta", "must be finite and at least 0", model.beta));
        }
        Ok(())
    }

    pub(super) fn validate_tasks(&self, key: &str, tasks: &[TaskLevels]) -> Result<()> {
        if tasks.is_empty() {
            return Err(self.broken(key, "must name at least one task", "none"));
        }
        let mut names = HashSet::new();
        for (index, task) in tasks.iter().enumerate() {
            if task.task.trim().is_empty() {
                return Err(self.broken(
                    format!("{key}[{index}].task"),
                    "must not be empty",
                    "\"\"",
                ));
            }
            if !names.insert(&task.task) {
                let key = format!("{key}[{index}].task");
                return Err(self.broken(key, "must appear once", &task.task));
            }
            let mut levels = HashSet::new();
            for level in &task.levels {
                let key = format!("{key}[{index}].levels");
                if !level.is_finite() {
                    return Err(self.broken(key, "must be finite", level));
                }
                if !levels.insert(Level::new(*level)) {
                    return Err(self.broken(key, "must not repeat a level", level));
                }
            }
        }
        Ok(())
    }

    fn validate_systems(&self) -> Result<()> {
        if self.systems.is_empty() {
            return Err(self.broken("systems", "must hold at least one system", "none"));
        }
        let mut keys = HashSet::new();
        for (index, system) in self.systems.iter().enumerate() {
            let at = |field: &str| format!("systems[{index}].{field}");
            if system.name.trim().is_empty() {
                return Err(self.broken(at("name"), "must not be empty", "\"\""));
            }
            if system.recipe.trim().is_empty() {
                return Err(self.broken(at("recipe"), "must not be empty", "\"\""));
            }
            if !keys.insert(system.key()) {
                let rule = "must be unique together with `representation`";
                return Err(self.broken(at("name"), rule, system.key()));
            }
            if system.representation == Representation::Vector {
                let rule = "must be `vae` or `pixel` where images are stored";
                return Err(self.broken(at("representation"), rule, system.representation));
            }
            if let Some(threshold) = system.threshold {
                self.positive(&at("threshold"), threshold)?;
            }
            if let Some(train) = system.train {
                self.positive(&at("train.rate"), train.rate)?;
            }
            if let Some(max_cues) = system.max_cues {
                self.nonzero(&at("max_cues"), max_cues)?;
            }
            if !system.tasks.is_empty() {
                self.validate_tasks(&at("tasks"), &system.tasks)?;
                self.known_tasks(&at("tasks"), &system.tasks)?;
            }
        }
        Ok(())
    }

    fn validate_preset(&self, preset: Preset) -> Result<()> {
        let Some(spec) = self.presets.get(&preset) else {
            let rule = "is missing: smoke, cpu and paper are needed";
            let found: Vec<&str> = self.presets.keys().map(|preset| preset.name()).collect();
            return Err(self.broken(format!("presets.{preset}"), rule, found.join(", ")));
        };
        for key in spec.options.keys() {
            if !self
                .systems
                .iter()
                .any(|system| system.options.contains_key(key))
            {
                let rule = "must be an option key of at least one system";
                return Err(self.broken(format!("presets.{preset}.options"), rule, key));
            }
        }
        Ok(())
    }

    /// Refuses tasks and levels that the experiment does not list.
    pub(super) fn known_tasks(&self, key: &str, tasks: &[TaskLevels]) -> Result<()> {
        for wanted in tasks {
            let Some(task) = self.tasks.iter().find(|task| task.task == wanted.task) else {
                let known: Vec<&str> = self.tasks.iter().map(|task| task.task.as_str()).collect();
                let rule = format!("must be one of {}", known.join(", "));
                return Err(self.broken(key, rule, &wanted.task));
            };
            for level in &wanted.levels {
                if !task.levels.contains(level) {
                    let rule = format!("must be a level of `{}`: {:?}", task.task, task.levels);
                    return Err(self.broken(key, rule, level));
                }
            }
        }
        Ok(())
    }

    pub(super) fn nonzero(&self, key: &str, value: usize) -> Result<()> {
        if value > 0 {
            Ok(())
        } else {
            Err(self.broken(key, "must be at least 1", value))
        }
    }

    /// At least 1 and at most `limit`.
    pub(super) fn count(&self, key: &str, value: usize, limit: usize) -> Result<()> {
        self.nonzero(key, value)?;
        if value > limit {
            return Err(self.broken(key, format!("must be at most {limit}"), value));
        }
        Ok(())
    }

    fn positive(&self, key: &str, value: f64) -> Result<()> {
        if value.is_finite() && value > 0.0 {
            Ok(())
        } else {
            Err(self.broken(key, "must be finite and greater than 0", value))
        }
    }

    pub(super) fn counts(&self, key: &str, values: &[usize]) -> Result<()> {
        let mut seen = HashSet::new();
        if values.is_empty() {
            return Err(self.broken(key, "must hold at least one number", "none"));
        }
        for value in values {
            self.count(key, *value, limits::ITEMS)?;
            if !seen.insert(value) {
                return Err(self.broken(key, "must not repeat a number", value));
            }
        }
        Ok(())
    }
}
