//! The rules of an experiment file.

use std::collections::HashSet;
use std::fmt::Display;
use std::hash::Hash;

use super::{
    Axis, Experiment, Form, Overrides, Part, Preset, ResolvedPart, SeriesSpec, TaskLevels, options,
};
use crate::limits::{self, product};
use crate::{Level, Result};

impl Experiment {
    /// Checks every rule, naming the first key that breaks one.
    pub(super) fn validate(&self) -> Result<()> {
        for (key, text) in [
            ("name", &self.name),
            ("title", &self.title),
            ("source", &self.source),
            ("protocol", &self.protocol),
        ] {
            self.not_blank(key, text)?;
        }
        if self.parts.is_empty() {
            return Err(self.broken("parts", "must hold at least one part", "none"));
        }
        // Tasks name cells, and so do parts without any.
        self.once("parts", self.parts.iter().map(|part| &part.name))?;
        let tasks = self.parts.iter().flat_map(Part::names);
        self.once("parts.tasks", &tasks.collect::<Vec<_>>())?;
        for (index, part) in self.parts.iter().enumerate() {
            self.validate_part(&format!("parts[{index}]"), part)?;
        }
        for preset in Preset::ALL {
            let Some(spec) = self.presets.get(&preset) else {
                let rule = "is missing: smoke, cpu and paper are needed";
                return Err(self.broken(format!("presets.{preset}"), rule, "nothing"));
            };
            for name in spec.parts.keys() {
                self.known_part(&format!("presets.{preset}.parts"), name)?;
            }
            // Everything must fit together once it is merged, whichever preset is asked for.
            self.resolve(preset, &Overrides::default(), &|_| true)?;
        }
        Ok(())
    }

    fn validate_part(&self, at: &str, part: &Part) -> Result<()> {
        self.not_blank(&format!("{at}.name"), &part.name)?;
        self.not_blank(&format!("{at}.title"), &part.title)?;
        self.not_blank(&format!("{at}.measure"), &part.measure)?;
        if part.tasks.is_empty() {
            self.not_blank(&format!("{at}.x_label"), &part.x_label)?;
        } else {
            self.validate_tasks(&format!("{at}.tasks"), &part.tasks, None)?;
            let axis = [
                ("levels", !part.levels.is_empty()),
                ("panels", part.panels.is_some()),
                ("x_label", !part.x_label.is_empty()),
                ("log_x", part.log_x),
            ];
            if let Some((key, _)) = axis.into_iter().find(|(_, given)| *given) {
                let rule = "must be absent where there are `tasks`";
                return Err(self.broken(format!("{at}.{key}"), rule, "it"));
            }
        }
        if part.dataset.is_none() && !part.fallback_dataset.is_empty() {
            let key = format!("{at}.fallback_dataset");
            return Err(self.broken(key, "needs a `dataset` to stand in for", "none"));
        }
        if part.charts.is_empty() {
            return Err(self.broken(
                format!("{at}.charts"),
                "must name at least one metric",
                "none",
            ));
        }
        self.once(&format!("{at}.charts"), &part.charts)?;
        if let Some(metric) = part.log_y.iter().find(|m| !part.charts.contains(m)) {
            let rule = "must be a metric of `charts`";
            return Err(self.broken(format!("{at}.log_y"), rule, metric));
        }
        if part.form == Form::Bars && (part.log_x || !part.log_y.is_empty()) {
            let rule = "must be `lines` where an axis is logarithmic";
            return Err(self.broken(format!("{at}.form"), rule, "bars"));
        }
        if let Some(map) = &part.map {
            let own = |table: &toml::Table| options::get(table, &map.option).is_some();
            let has = |series: &SeriesSpec| {
                own(&part.options) || own(&series.options) || series.grid.contains_key(&map.option)
            };
            if part.levels.is_empty() || !part.series.iter().all(has) {
                let rule = "must be an option of every series of a part with levels";
                return Err(self.broken(format!("{at}.map.option"), rule, &map.option));
            }
        }
        let known = |path: &&String| {
            let mut tables = part.series.iter().map(|series| &series.options);
            options::get(&part.options, path).is_some()
                || tables.any(|table| options::get(table, path).is_some())
        };
        if let Some(key) = part.effort.iter().find(|path| !known(path)) {
            let rule = "must name options of the part or of its series";
            return Err(self.broken(format!("{at}.effort"), rule, key));
        }
        if part.series.is_empty() {
            return Err(self.broken(format!("{at}.series"), "must hold at least one", "none"));
        }
        for (index, series) in part.series.iter().enumerate() {
            let at = format!("{at}.series[{index}]");
            self.not_blank(&format!("{at}.name"), &series.name)?;
            let stray = |key: &str, found: &dyn Display| {
                let rule = format!("must be one of the part's {key}");
                Err(self.broken(format!("{at}.{key}"), rule, found))
            };
            if !series.tasks.is_empty() {
                self.validate_tasks(&format!("{at}.tasks"), &series.tasks, Some(part))?;
            }
            let mut levels = series.levels.iter().flatten();
            if let Some(level) = levels.find(|level| !part.levels.contains(level)) {
                return stray("levels", level);
            }
            let mut counts = series.n_stored.iter().flatten();
            if let Some(count) = counts.find(|count| !part.n_stored.contains(count)) {
                return stray("n_stored", count);
            }
            let combinations = product(series.grid.values().map(Vec::len));
            if combinations > limits::SERIES {
                let rule = format!("must stand for at most {} series", limits::SERIES);
                return Err(self.broken(format!("{at}.grid"), rule, combinations));
            }
            for (key, values) in &series.grid {
                let key = format!("{at}.grid.{key}");
                if values.is_empty() {
                    return Err(self.broken(key, "must hold at least one value", "none"));
                }
            }
        }
        Ok(())
    }

    /// Checks tasks and their levels, which are all of `part` if there is one.
    pub(super) fn validate_tasks(
        &self,
        key: &str,
        tasks: &[TaskLevels],
        part: Option<&Part>,
    ) -> Result<()> {
        if tasks.is_empty() {
            return Err(self.broken(key, "must name at least one task", "none"));
        }
        self.once(key, tasks.iter().map(|task| &task.task))?;
        for (index, task) in tasks.iter().enumerate() {
            self.not_blank(&format!("{key}[{index}].task"), &task.task)?;
            self.validate_levels(&format!("{key}[{index}].levels"), &task.levels)?;
        }
        match part {
            Some(part) => self.known_among(key, tasks, &[part]),
            None => Ok(()),
        }
    }

    /// Refuses parts and tasks that the experiment does not have, and levels of those that have none.
    pub(super) fn known_tasks<'a>(
        &self,
        key: &str,
        tasks: impl Iterator<Item = &'a TaskLevels>,
    ) -> Result<()> {
        let parts: Vec<&Part> = self.parts.iter().collect();
        for wanted in tasks {
            let named = self.parts.iter().find(|part| part.name == wanted.task);
            let levels = match named {
                Some(part) => &part.levels,
                None => &self.known_task(key, wanted, &parts)?.levels,
            };
            self.validate_levels(key, &wanted.levels)?;
            if let (true, Some(level)) = (levels.is_empty(), wanted.levels.first()) {
                let rule = format!("must be `{}` alone, which has no levels", wanted.task);
                return Err(self.broken(key, rule, level));
            }
        }
        Ok(())
    }

    fn known_among(&self, key: &str, tasks: &[TaskLevels], parts: &[&Part]) -> Result<()> {
        for wanted in tasks {
            let task = self.known_task(key, wanted, parts)?;
            for level in &wanted.levels {
                if !task.levels.contains(level) {
                    let rule = format!("must be a level of `{}`: {:?}", task.task, task.levels);
                    return Err(self.broken(key, rule, level));
                }
            }
        }
        Ok(())
    }

    fn known_task<'a>(
        &self,
        key: &str,
        wanted: &TaskLevels,
        parts: &[&'a Part],
    ) -> Result<&'a TaskLevels> {
        let mut all = parts.iter().flat_map(|part| &part.tasks);
        all.find(|task| task.task == wanted.task).ok_or_else(|| {
            let known: Vec<&str> = parts.iter().flat_map(|part| part.names()).collect();
            let rule = format!("must be one of {}", known.join(", "));
            self.broken(key, rule, &wanted.task)
        })
    }

    /// Whether a part has a series of that name, before or after expansion, or `name/representation`.
    pub fn has_system(&self, wanted: &str) -> bool {
        self.parts.iter().any(|part| {
            part.series.iter().any(|series| {
                let key = |name: &str| format!("{name}/{}", series.representation(part));
                let all = series.expand(&Default::default());
                series.matches(part, wanted)
                    || all
                        .iter()
                        .any(|(name, _)| wanted == name || wanted == key(name))
            })
        })
    }

    /// The first of these options that any of its series has, in its own table or in its grid.
    pub fn option_among<'a>(&self, keys: &[&'a str]) -> Option<&'a str> {
        let series = || self.parts.iter().flat_map(|part| &part.series);
        let mut keys = keys.iter().copied();
        keys.find(|key| series().any(|series| series.gives(key)))
    }

    /// Refuses names of series that no part has.
    pub(super) fn known_systems<'a>(
        &self,
        mut systems: impl Iterator<Item = &'a String>,
    ) -> Result<()> {
        let Some(wanted) = systems.find(|wanted| !self.has_system(wanted)) else {
            return Ok(());
        };
        let mut known: Vec<String> = Vec::new();
        for part in &self.parts {
            for series in &part.series {
                let key = format!("{}/{}", series.name, series.representation(part));
                if !known.contains(&key) {
                    known.push(key);
                }
            }
        }
        let rule = format!("must be one of {}", known.join("; "));
        Err(self.broken("systems", rule, wanted))
    }

    fn validate_levels(&self, key: &str, levels: &[f64]) -> Result<()> {
        if let Some(level) = levels.iter().find(|level| !level.is_finite()) {
            return Err(self.broken(key, "must be finite", level));
        }
        let numbers: Vec<Level> = levels.iter().map(|level| Level::new(*level)).collect();
        self.once(key, &numbers)
    }

    /// Checks the axes of a part once everything is merged.
    pub(super) fn validate_axes(&self, at: &str, part: &ResolvedPart) -> Result<()> {
        self.validate_levels(&format!("{at}.levels"), &part.levels)?;
        let key = format!("{at}.n_stored");
        for count in &part.n_stored {
            self.count(&key, *count, limits::ITEMS)?;
        }
        self.once(&key, &part.n_stored)?;
        let (key, empty) = match part.x {
            _ if !part.tasks.is_empty() => ("n_stored", part.n_stored.is_empty()),
            Axis::Level => ("levels", part.levels.is_empty()),
            Axis::NStored => ("n_stored", part.n_stored.is_empty()),
        };
        if empty {
            let rule = "must hold at least one number";
            return Err(self.broken(format!("{at}.{key}"), rule, "none"));
        }
        Ok(())
    }

    /// At least 1 and at most `limit`.
    pub(super) fn count(&self, key: &str, value: usize, limit: usize) -> Result<()> {
        let rule = match value {
            0 => "must be at least 1".to_owned(),
            value if value > limit => format!("must be at most {limit}"),
            _ => return Ok(()),
        };
        Err(self.broken(key, rule, value))
    }

    fn known_part(&self, key: &str, name: &str) -> Result<()> {
        if self.parts.iter().any(|part| part.name == name) {
            return Ok(());
        }
        let known: Vec<&str> = self.parts.iter().map(|part| part.name.as_str()).collect();
        let rule = format!("must be one of {}", known.join(", "));
        Err(self.broken(key, rule, name))
    }

    pub(super) fn once<'a, T: Display + Eq + Hash + 'a>(
        &self,
        key: &str,
        items: impl IntoIterator<Item = &'a T>,
    ) -> Result<()> {
        let mut seen = HashSet::new();
        for item in items {
            if !seen.insert(item) {
                return Err(self.broken(key, "must not repeat", item));
            }
        }
        Ok(())
    }

    fn not_blank(&self, key: &str, text: &str) -> Result<()> {
        if text.trim().is_empty() {
            return Err(self.broken(key, "must not be empty", "\"\""));
        }
        Ok(())
    }
}

impl Part {
    /// What its cells have as their task: its tasks, or itself.
    pub(super) fn names(&self) -> Vec<&str> {
        match self.tasks.is_empty() {
            true => vec![&self.name],
            false => self.tasks.iter().map(|task| task.task.as_str()).collect(),
        }
    }

    /// Whether it is meant by its own name or by that of a task.
    pub(super) fn is_about(&self, name: &str) -> bool {
        self.name == name || self.names().contains(&name)
    }
}
