//! From a study, a preset and overrides to one resolved configuration and its cells.

use super::expand::filled;
use super::{Part, PartPatch, ResolvedPart, ResolvedSeries, ResolvedStudy, SeriesSpec, Study};
use crate::experiment::TaskLevels;
use crate::limits;
use crate::{Preset, Result};

/// Data set of cells that need none.
const SYNTHETIC: &str = "synthetic";

/// Values that replace those of the preset.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StudyOverrides {
    /// Data set for all parts that have one: theirs or their fallback.
    pub dataset: Option<String>,
    /// Number of seeds.
    pub seeds: Option<usize>,
    /// Series to run, by name before or after expansion.
    pub systems: Option<Vec<String>>,
    /// Parts to run, and levels if not all.
    pub tasks: Option<Vec<TaskLevels>>,
}

impl Study {
    /// Merges the preset and the overrides into one checked configuration; `present` says which data
    /// sets are at hand.
    ///
    /// # Errors
    /// [`crate::Error::Experiment`] naming the key, if a value breaks a rule or a name is not one of
    /// the study's.
    pub fn resolve(
        &self,
        preset: Preset,
        overrides: &StudyOverrides,
        present: &dyn Fn(&str) -> bool,
    ) -> Result<ResolvedStudy> {
        let mut resolved = self.merge(preset, overrides, present)?;
        let published = self.merge(Preset::Paper, &StudyOverrides::default(), &|_| true)?;
        for part in &mut resolved.parts {
            let original = published.parts.iter().find(|other| other.name == part.name);
            let spec = self.parts.iter().find(|spec| spec.name == part.name);
            let effort = spec.map_or(&[][..], |spec| &spec.effort);
            let decisive = |options: &toml::Table| {
                let kept = options.iter().filter(|(key, _)| !effort.contains(key));
                kept.map(|(key, value)| (key.clone(), value.clone()))
                    .collect::<toml::Table>()
            };
            for series in &mut part.series {
                let same = original.and_then(|original| {
                    original
                        .series
                        .iter()
                        .find(|other| other.name == series.name)
                });
                series.not_comparable = match same {
                    _ if part.fallback => Some(format!("data set {}", part.dataset)),
                    Some(same) if decisive(&same.options) == decisive(&series.options) => None,
                    Some(_) => Some(format!("options changed by preset {preset}")),
                    None => Some("not a series of preset paper".to_owned()),
                };
            }
        }
        Ok(resolved)
    }

    fn merge(
        &self,
        preset: Preset,
        overrides: &StudyOverrides,
        present: &dyn Fn(&str) -> bool,
    ) -> Result<ResolvedStudy> {
        let Some(spec) = self.presets.get(&preset) else {
            return Err(self.broken(format!("presets.{preset}"), "is missing", "nothing"));
        };
        for wanted in overrides.tasks.iter().flatten() {
            self.known_part("task", &wanted.task)?;
        }
        let mut parts = Vec::new();
        for part in &self.parts {
            let none = PartPatch::default();
            let patch = spec.parts.get(&part.name).unwrap_or(&none);
            let wanted = match &overrides.tasks {
                Some(tasks) => match tasks.iter().find(|task| task.task == part.name) {
                    Some(task) => Some(task),
                    None => continue,
                },
                None if patch.skip => continue,
                None => None,
            };
            let at = format!("presets.{preset}.parts.{}", part.name);
            let mut resolved = self.merge_part(&at, part, patch, spec.seeds, overrides, present)?;
            if let Some(task) = wanted.filter(|task| !task.levels.is_empty()) {
                resolved.levels.retain(|level| task.levels.contains(level));
            }
            self.validate_axes(&at, part.x, &resolved.levels, &resolved.n_stored)?;
            if !resolved.series.is_empty() {
                parts.push(resolved);
            }
        }
        if parts.is_empty() {
            let rule = "must leave at least one series of one part";
            return Err(self.broken(format!("presets.{preset}"), rule, "none"));
        }
        let study = ResolvedStudy {
            experiment: self.name.clone(),
            title: self.title.clone(),
            description: self.description.clone(),
            source: self.source.clone(),
            protocol: self.protocol.clone(),
            preset,
            parts,
        };
        let cells = study.count();
        if cells > limits::CELLS {
            let rule = format!(
                "must leave at most {} cells (seeds x places of each series)",
                limits::CELLS
            );
            let key = format!("presets.{preset}.seeds");
            return Err(self.broken(key, rule, format!("{cells} cells")));
        }
        Ok(study)
    }

    fn merge_part(
        &self,
        at: &str,
        part: &Part,
        patch: &PartPatch,
        seeds: usize,
        overrides: &StudyOverrides,
        present: &dyn Fn(&str) -> bool,
    ) -> Result<ResolvedPart> {
        let (dataset, fallback) = self.dataset(part, overrides, present)?;
        let seeds = overrides.seeds.or(patch.seeds).unwrap_or(seeds);
        let key = format!("{at}.seeds");
        if seeds == 0 {
            return Err(self.broken(key, "must be at least 1", 0));
        }
        if seeds > limits::SEEDS {
            let rule = format!("must be at most {}", limits::SEEDS);
            return Err(self.broken(key, rule, seeds));
        }
        let mut series = self.series(at, part, patch, overrides.systems.as_deref())?;
        let levels = patch.levels.clone().unwrap_or_else(|| part.levels.clone());
        let n_stored = patch.n_stored.clone();
        let n_stored = n_stored.unwrap_or_else(|| part.n_stored.clone());
        // A preset may leave a series without a place.
        series.retain_mut(|series| {
            keep(&mut series.levels, &levels) && keep(&mut series.n_stored, &n_stored)
        });
        Ok(ResolvedPart {
            name: part.name.clone(),
            title: part.title.clone(),
            about: part.about.clone(),
            measure: part.measure.clone(),
            dataset,
            fallback,
            form: part.form,
            x: part.x,
            x_label: part.x_label.clone(),
            log_x: part.log_x,
            charts: part.charts.clone(),
            log_y: part.log_y.clone(),
            levels,
            n_stored,
            seeds,
            series,
        })
    }

    fn dataset(
        &self,
        part: &Part,
        overrides: &StudyOverrides,
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

    fn series(
        &self,
        at: &str,
        part: &Part,
        patch: &PartPatch,
        wanted: Option<&[String]>,
    ) -> Result<Vec<ResolvedSeries>> {
        for name in patch.series.iter().flatten() {
            if !part.series.iter().any(|series| series.name == *name) {
                let known: Vec<&str> = part.series.iter().map(|s| s.name.as_str()).collect();
                let rule = format!("must be one of {}", known.join("; "));
                return Err(self.broken(format!("{at}.series"), rule, name));
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
        let kept = |name: &String| patch.series.as_ref().is_none_or(|kept| kept.contains(name));
        let mut resolved = Vec::new();
        for series in part.series.iter().filter(|series| kept(&series.name)) {
            for (name, combination) in series.expand(&patch.grid) {
                let asked = wanted.is_none_or(|names| {
                    names
                        .iter()
                        .any(|other| *other == name || *other == series.name)
                });
                if !asked {
                    continue;
                }
                let mut options = part.options.clone();
                options.extend(patch.options.clone());
                options.extend(combination);
                options.extend(series.options.clone());
                resolved.push(self.series_of(at, part, series, name, options)?);
            }
        }
        let names: Vec<String> = resolved
            .iter()
            .map(|series| format!("{}/{}", series.name, series.representation))
            .collect();
        self.once(&format!("series of part `{}`", part.name), &names)?;
        Ok(resolved)
    }

    fn series_of(
        &self,
        at: &str,
        part: &Part,
        series: &SeriesSpec,
        name: String,
        options: toml::Table,
    ) -> Result<ResolvedSeries> {
        let panel = part.panels.as_ref().map(|text| filled(text, &options));
        if let Some(panel) = panel.as_ref().filter(|panel| panel.contains('{')) {
            let rule = "must only name options that every series has";
            return Err(self.broken(format!("{at}.panels"), rule, panel));
        }
        Ok(ResolvedSeries {
            name,
            representation: series.representation.unwrap_or(part.representation),
            ours: series.ours,
            expectation: series.expectation,
            beside: series.beside.as_ref().map(|name| filled(name, &options)),
            panel,
            levels: series.levels.clone(),
            n_stored: series.n_stored.clone(),
            not_comparable: None,
            options,
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
