//! From an experiment, a preset and overrides to one resolved configuration and its cells.

use super::expand::filled;
use super::part::{asked, intersect};
use super::{
    Experiment, Part, PartPatch, Preset, Resolved, ResolvedPart, ResolvedSeries, SYNTHETIC,
    SeriesSpec, TaskLevels, options,
};
use crate::{Result, limits};

/// Values that replace those of the preset.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Overrides {
    /// Data set for all parts that have one: theirs or their fallback.
    pub dataset: Option<String>,
    /// Number of seeds.
    pub seeds: Option<usize>,
    /// Series to run, by name before or after expansion, or `name/representation`.
    pub systems: Option<Vec<String>>,
    /// Series that the file lacks, for every part that gives its own series the same options. They come
    /// beside those that `systems` keeps.
    pub unlisted: Vec<SeriesSpec>,
    /// Parts or tasks to run, and levels if not all, which may be levels that the file lacks.
    pub tasks: Option<Vec<TaskLevels>>,
    /// New values for options, as in a preset.
    pub options: toml::Table,
}

impl Overrides {
    /// With another value for the option at a path such as `model.epochs`.
    #[must_use]
    pub fn with_option(mut self, path: &str, value: impl Into<toml::Value>) -> Self {
        options::set(&mut self.options, path, value.into());
        self
    }

    /// Whether the option at a path is one of them.
    pub fn has_option(&self, path: &str) -> bool {
        options::get(&self.options, path).is_some()
    }
}

/// One preset of one part, and what the command line says.
struct Merge<'a> {
    at: String,
    part: &'a Part,
    patch: &'a PartPatch,
    overrides: &'a Overrides,
}

impl Experiment {
    /// Merges the preset and the overrides into one checked configuration; `present` says which data
    /// sets are at hand.
    ///
    /// # Errors
    /// [`crate::Error::Experiment`] naming the key, if a value breaks a rule or a name is not one of
    /// the experiment's.
    pub fn resolve(
        &self,
        preset: Preset,
        overrides: &Overrides,
        present: &dyn Fn(&str) -> bool,
    ) -> Result<Resolved> {
        let mut resolved = self.merge(preset, overrides, present)?;
        self.judge(&mut resolved)?;
        Ok(resolved)
    }

    pub(super) fn merge(
        &self,
        preset: Preset,
        overrides: &Overrides,
        present: &dyn Fn(&str) -> bool,
    ) -> Result<Resolved> {
        let Some(spec) = self.presets.get(&preset) else {
            return Err(self.broken(format!("presets.{preset}"), "is missing", "nothing"));
        };
        self.known_tasks("task", overrides.tasks.iter().flatten())?;
        self.known_systems(overrides.systems.iter().flatten())?;
        let mut parts = Vec::new();
        for part in &self.parts {
            let none = PartPatch::default();
            let patch = spec.parts.get(&part.name).unwrap_or(&none);
            let wanted = overrides.tasks.as_ref();
            let asked = wanted.map(|tasks| tasks.iter().any(|task| part.is_about(&task.task)));
            if !asked.unwrap_or(!patch.skip) {
                continue;
            }
            let merge = Merge {
                at: format!("presets.{preset}.parts.{}", part.name),
                part,
                patch,
                overrides,
            };
            let resolved = self.merge_part(&merge, spec.seeds, present)?;
            self.validate_axes(&merge.at, &resolved)?;
            if !resolved.series.is_empty() {
                parts.push(resolved);
            }
        }
        if parts.is_empty() {
            let rule = "must leave at least one series of one part";
            return Err(self.broken(format!("presets.{preset}"), rule, "none"));
        }
        let resolved = Resolved {
            experiment: self.name.clone(),
            title: self.title.clone(),
            description: self.description.clone(),
            source: self.source.clone(),
            protocol: self.protocol.clone(),
            preset,
            parts,
        };
        let cells = resolved.count();
        if cells > limits::CELLS {
            let rule = format!(
                "must leave at most {} cells (seeds x places of each series)",
                limits::CELLS
            );
            let key = format!("presets.{preset}.seeds");
            return Err(self.broken(key, rule, format!("{cells} cells")));
        }
        Ok(resolved)
    }

    fn merge_part(
        &self,
        merge: &Merge<'_>,
        seeds: usize,
        present: &dyn Fn(&str) -> bool,
    ) -> Result<ResolvedPart> {
        let Merge {
            at,
            part,
            patch,
            overrides,
        } = merge;
        let (dataset, fallback) = self.dataset_of(part, overrides, present)?;
        let seeds = overrides.seeds.or(patch.seeds).unwrap_or(seeds);
        self.count(&format!("{at}.seeds"), seeds, limits::SEEDS)?;
        let mut levels = patch.levels.clone().unwrap_or_else(|| part.levels.clone());
        let mut tasks = part.tasks.clone();
        let mut unlisted = Vec::new();
        if let Some(wanted) = &overrides.tasks {
            if let Some(own) = wanted.iter().find(|task| task.task == part.name) {
                let task = TaskLevels {
                    task: part.name.clone(),
                    levels: levels.clone(),
                };
                let (kept, more) = task.asked(&own.levels);
                levels = kept;
                unlisted.extend((!more.is_empty()).then_some(TaskLevels {
                    levels: more,
                    ..task
                }));
            } else {
                (tasks, unlisted) = asked(&tasks, wanted);
            }
        } else if let Some(kept) = &patch.tasks {
            self.validate_tasks(&format!("{at}.tasks"), kept, Some(part))?;
            tasks = intersect(&tasks, kept);
        }
        let n_stored = patch.n_stored.clone();
        let n_stored = n_stored.unwrap_or_else(|| part.n_stored.clone());
        let (options, mut series) = self.series(merge)?;
        // A preset may leave a series without a place.
        series.retain_mut(|series| {
            for more in &unlisted {
                series.extend(more);
            }
            keep(&mut series.levels, &levels) && keep(&mut series.n_stored, &n_stored)
        });
        Ok(ResolvedPart {
            name: part.name.clone(),
            title: part.title.clone(),
            about: part.about.clone(),
            measure: part.measure.clone(),
            dataset,
            fallback,
            train_dataset: part.train_dataset.clone(),
            data: part.data.clone(),
            shortages: Vec::new(),
            form: part.form,
            map: part.map.clone(),
            x: part.x,
            x_label: part.x_label.clone(),
            log_x: part.log_x,
            charts: part.charts.clone(),
            log_y: part.log_y.clone(),
            tasks,
            levels,
            unlisted,
            n_stored,
            seeds,
            files: part.files.clone(),
            options,
            series,
        })
    }

    fn dataset_of(
        &self,
        part: &Part,
        overrides: &Overrides,
        present: &dyn Fn(&str) -> bool,
    ) -> Result<(String, bool)> {
        let Some(own) = &part.dataset else {
            return Ok((SYNTHETIC.to_owned(), false));
        };
        let stand_ins = &part.fallback_dataset;
        match &overrides.dataset {
            Some(name) if name == own => Ok((own.clone(), false)),
            Some(name) if stand_ins.contains(name) => Ok((name.clone(), true)),
            Some(name) => {
                let known: Vec<&str> = std::iter::once(own)
                    .chain(stand_ins)
                    .map(String::as_str)
                    .collect();
                let rule = format!(
                    "must be one of {} for part `{}`",
                    known.join(", "),
                    part.name
                );
                Err(self.broken("dataset", rule, name))
            }
            None => {
                let here = stand_ins.iter().find(|name| present(name));
                Ok(match here.or(stand_ins.last()) {
                    Some(stand_in) if !present(own) => (stand_in.clone(), true),
                    _ => (own.clone(), false),
                })
            }
        }
    }

    /// The options of the part, and its series with theirs.
    fn series(&self, merge: &Merge<'_>) -> Result<(toml::Table, Vec<ResolvedSeries>)> {
        let Merge {
            at,
            part,
            patch,
            overrides,
        } = merge;
        let named = patch.series.iter().flatten().map(|name| ("series", name));
        let changed = patch
            .series_options
            .keys()
            .map(|name| ("series_options", name));
        for (key, name) in named.chain(changed) {
            if !part.series.iter().any(|series| series.matches(part, name)) {
                let known: Vec<&str> = part.series.iter().map(|s| s.name.as_str()).collect();
                let rule = format!("must be one of {}", known.join("; "));
                return Err(self.broken(format!("{at}.{key}"), rule, name));
            }
        }
        if let Some(key) = patch.grid.keys().find(|key| {
            !part
                .series
                .iter()
                .any(|series| series.grid.contains_key(*key))
        }) {
            let rule = "must be a key of a series' grid";
            return Err(self.broken(format!("{at}.grid"), rule, key));
        }
        for (key, values) in &patch.grid {
            let offered = part.series.iter().filter_map(|series| series.grid.get(key));
            let offered: Vec<&toml::Value> = offered.flatten().collect();
            if let Some(value) = values.iter().find(|value| !offered.contains(value)) {
                let rule = "must hold values of the series' grid";
                return Err(self.broken(format!("{at}.grid.{key}"), rule, value));
            }
        }
        let unlisted = overrides
            .unlisted
            .iter()
            .filter(|series| part.takes(series));
        let all: Vec<&SeriesSpec> = part.series.iter().chain(unlisted).collect();
        let mut common = part.options.clone();
        let mut own: Vec<toml::Table> = all.iter().map(|s| s.options.clone()).collect();
        options::patch(&mut common, &mut own, &patch.options);
        for (name, change) in &patch.series_options {
            let changed = all
                .iter()
                .zip(&mut own)
                .filter(|(series, _)| series.matches(part, name));
            for (_, own) in changed {
                for (path, value) in options::leaves(change) {
                    options::set(own, &path, value);
                }
            }
        }
        options::patch(&mut common, &mut own, &overrides.options);
        let mut resolved = Vec::new();
        for (index, (series, own)) in all.into_iter().zip(own).enumerate() {
            let asked = |name: &str| match (&overrides.systems, &patch.series) {
                _ if index >= part.series.len() => true,
                (Some(wanted), _) => wanted.iter().any(|wanted| {
                    series.matches(part, wanted)
                        || *wanted == name
                        || *wanted == format!("{name}/{}", series.representation(part))
                }),
                (None, Some(kept)) => kept.iter().any(|kept| series.matches(part, kept)),
                (None, None) => true,
            };
            for (name, combination) in series.expand(&patch.grid) {
                if !asked(&name) {
                    continue;
                }
                let mut options = combination;
                options.extend(own.clone());
                let mut all = common.clone();
                all.extend(options.clone());
                resolved.push(self.series_of(at, part, series, name, &all, options)?);
            }
        }
        let names: Vec<String> = resolved.iter().map(ResolvedSeries::key).collect();
        self.once(&format!("series of part `{}`", part.name), &names)?;
        Ok((common, resolved))
    }

    fn series_of(
        &self,
        at: &str,
        part: &Part,
        series: &SeriesSpec,
        name: String,
        all: &toml::Table,
        own: toml::Table,
    ) -> Result<ResolvedSeries> {
        let panel = part.panels.as_ref().map(|text| filled(text, all));
        if let Some(panel) = panel.as_ref().filter(|panel| panel.contains('{')) {
            let rule = "must only name options that every series has";
            return Err(self.broken(format!("{at}.panels"), rule, panel));
        }
        Ok(ResolvedSeries {
            name,
            representation: series.representation(part),
            ours: series.ours,
            expectation: series.expectation,
            beside: series.beside.as_ref().map(|name| filled(name, all)),
            panel,
            levels: series.levels.clone(),
            n_stored: series.n_stored.clone(),
            not_comparable: None,
            tasks: series.tasks.clone(),
            options: own,
        })
    }
}

/// Restricts a series' own places to those there are; whether any is left.
fn keep<T: PartialEq>(own: &mut Option<Vec<T>>, all: &[T]) -> bool {
    match own {
        None => true,
        Some(own) => {
            own.retain(|place| all.contains(place));
            !own.is_empty()
        }
    }
}
