//! From a study, a preset and overrides to one resolved configuration and its cells.

use serde::{Deserialize, Serialize};

use super::{Axis, Part, PartPatch, Study};
use crate::experiment::TaskLevels;
use crate::{Cell, Level, Metric, Preset, Representation, Result};

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

/// One line of a part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResolvedSeries {
    /// Display name.
    pub name: String,
    /// What is stored.
    pub representation: Representation,
    /// Not in the publication.
    #[serde(default)]
    pub ours: bool,
    /// A computed expectation.
    #[serde(default)]
    pub expectation: bool,
    /// Why its figures cannot be held against published ones; absent if they can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_comparable: Option<String>,
    /// Everything that the protocol is told.
    #[serde(default)]
    pub options: toml::Table,
}

/// One figure of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResolvedPart {
    /// Name in results.
    pub name: String,
    /// Heading in the report.
    pub title: String,
    /// What it shows.
    pub about: String,
    /// What the protocol measures.
    pub measure: String,
    /// Data set that is really used; `synthetic` where none is needed.
    pub dataset: String,
    /// Whether that is the stand-in.
    pub fallback: bool,
    /// The abscissa.
    pub x: Axis,
    /// Its label.
    pub x_label: String,
    /// Whether it is logarithmic.
    pub log_x: bool,
    /// Metrics to draw.
    pub charts: Vec<Metric>,
    /// Those with a logarithmic ordinate.
    pub log_y: Vec<Metric>,
    /// Levels, possibly none.
    pub levels: Vec<f64>,
    /// Numbers of stored patterns, possibly none.
    pub n_stored: Vec<usize>,
    /// Number of seeds.
    pub seeds: usize,
    /// The lines.
    pub series: Vec<ResolvedSeries>,
}

/// Everything that decides a study's numbers, as written into `run.toml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResolvedStudy {
    /// Name of the study.
    pub experiment: String,
    /// Title of the report.
    pub title: String,
    /// What is measured and why.
    pub description: String,
    /// Citation.
    pub source: String,
    /// Who measures it.
    pub protocol: String,
    /// The preset it started from.
    pub preset: Preset,
    /// The figures.
    pub parts: Vec<ResolvedPart>,
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
            for series in &mut part.series {
                let same = original.and_then(|original| {
                    original
                        .series
                        .iter()
                        .find(|other| other.name == series.name)
                });
                series.not_comparable = match same {
                    _ if part.fallback => Some(format!("data set {}", part.dataset)),
                    Some(same) if same.options == series.options => None,
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
        Ok(ResolvedStudy {
            experiment: self.name.clone(),
            title: self.title.clone(),
            description: self.description.clone(),
            source: self.source.clone(),
            protocol: self.protocol.clone(),
            preset,
            parts,
        })
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
        if seeds == 0 {
            return Err(self.broken(format!("{at}.seeds"), "must be at least 1", 0));
        }
        let series = self.series(at, part, patch, overrides.systems.as_deref())?;
        Ok(ResolvedPart {
            name: part.name.clone(),
            title: part.title.clone(),
            about: part.about.clone(),
            measure: part.measure.clone(),
            dataset,
            fallback,
            x: part.x,
            x_label: part.x_label.clone(),
            log_x: part.log_x,
            charts: part.charts.clone(),
            log_y: part.log_y.clone(),
            levels: patch.levels.clone().unwrap_or_else(|| part.levels.clone()),
            n_stored: patch
                .n_stored
                .clone()
                .unwrap_or_else(|| part.n_stored.clone()),
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
        let stand_in = part.fallback_dataset.as_ref();
        match &overrides.dataset {
            Some(name) if name == own => Ok((own.clone(), false)),
            Some(name) if Some(name) == stand_in => Ok((name.clone(), true)),
            Some(name) => {
                let known: Vec<&str> = [Some(own), stand_in]
                    .into_iter()
                    .flatten()
                    .map(String::as_str)
                    .collect();
                let rule = format!(
                    "must be one of {} for part `{}`",
                    known.join(", "),
                    part.name
                );
                Err(self.broken("dataset", rule, name))
            }
            None => Ok(match stand_in {
                Some(stand_in) if !present(own) => (stand_in.clone(), true),
                _ => (own.clone(), false),
            }),
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
                resolved.push(ResolvedSeries {
                    name,
                    representation: series.representation.unwrap_or(part.representation),
                    ours: series.ours,
                    expectation: series.expectation,
                    not_comparable: None,
                    options,
                });
            }
        }
        let names: Vec<String> = resolved
            .iter()
            .map(|series| format!("{}/{}", series.name, series.representation))
            .collect();
        self.once(&format!("series of part `{}`", part.name), &names)?;
        Ok(resolved)
    }
}

impl ResolvedPart {
    /// The levels of its cells: [`Level::NONE`] alone if it has none.
    pub fn cell_levels(&self) -> Vec<Level> {
        if self.levels.is_empty() {
            return vec![Level::NONE];
        }
        self.levels.iter().map(|level| Level::new(*level)).collect()
    }

    /// The numbers of stored patterns of its cells: 0 alone where something else decides.
    pub fn cell_counts(&self) -> Vec<usize> {
        if self.n_stored.is_empty() {
            return vec![0];
        }
        self.n_stored.clone()
    }
}

impl ResolvedStudy {
    /// Every cell, in a fixed order: part, seed, series, number stored, level. Cells that a protocol
    /// can compute in one go are thus neighbours.
    pub fn cells(&self) -> Vec<Cell> {
        let mut cells = Vec::new();
        for part in &self.parts {
            for seed in 0..part.seeds as u64 {
                for series in &part.series {
                    for n_stored in part.cell_counts() {
                        for level in part.cell_levels() {
                            cells.push(Cell {
                                experiment: self.experiment.clone(),
                                system: series.name.clone(),
                                representation: series.representation,
                                dataset: part.dataset.clone(),
                                task: part.name.clone(),
                                level,
                                n_stored,
                                seed,
                            });
                        }
                    }
                }
            }
        }
        cells
    }

    /// The part and the series that a cell measures.
    pub fn find(&self, cell: &Cell) -> Option<(&ResolvedPart, &ResolvedSeries)> {
        let part = self.parts.iter().find(|part| part.name == cell.task)?;
        let series = part.series.iter().find(|series| {
            series.name == cell.system && series.representation == cell.representation
        })?;
        Some((part, series))
    }

    /// Data sets in use, each once.
    pub fn datasets(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for part in &self.parts {
            if !names.contains(&part.dataset.as_str()) {
                names.push(&part.dataset);
            }
        }
        names
    }

    /// Itself without what does not decide the numbers: prose, looks and reasons.
    pub(crate) fn decisive(&self) -> Self {
        let mut decisive = self.clone();
        decisive.title.clear();
        decisive.description.clear();
        decisive.source.clear();
        for part in &mut decisive.parts {
            part.title.clear();
            part.about.clear();
            part.x_label.clear();
            part.charts.clear();
            part.log_y.clear();
            part.log_x = false;
            for series in &mut part.series {
                series.not_comparable = None;
            }
        }
        decisive
    }
}
