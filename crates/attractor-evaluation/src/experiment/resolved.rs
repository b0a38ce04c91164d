//! An experiment with everything decided: its series, parts and cells.

use serde::{Deserialize, Serialize};

use super::part::intersect;
use super::{Axis, Form, MapSpec, Preset, TaskLevels};
use crate::limits::product;
use crate::{Cell, Level, Metric, Representation};

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
    /// The series whose colour it shares.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beside: Option<String>,
    /// The chart that it is in, where a part has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub panel: Option<String>,
    /// Its own tasks and levels, some of the part's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<TaskLevels>,
    /// Its own levels, some of the part's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub levels: Option<Vec<f64>>,
    /// Its own numbers of stored patterns, some of the part's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n_stored: Option<Vec<usize>>,
    /// Why its figures cannot be held against published ones; absent if they can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_comparable: Option<String>,
    /// Its own options, which win over those of the part.
    #[serde(default)]
    pub options: toml::Table,
}

/// One figure or table of a run.
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
    /// Data set that models learn from, if another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub train_dataset: Option<String>,
    /// Settings for the loader.
    #[serde(default, skip_serializing_if = "toml::Table::is_empty")]
    pub data: toml::Table,
    /// Where the data sets held less than the preset asks for, and what was used instead.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shortages: Vec<String>,
    /// How it is drawn.
    #[serde(default, skip_serializing_if = "Form::is_lines")]
    pub form: Form,
    /// A heat map of each metric besides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub map: Option<MapSpec>,
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
    /// Corruptions with their levels; empty where there is an axis.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<TaskLevels>,
    /// Levels, possibly none.
    pub levels: Vec<f64>,
    /// Levels that the experiment's file does not have, by task, or by the part along an axis.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unlisted: Vec<TaskLevels>,
    /// Numbers of stored patterns, possibly none.
    pub n_stored: Vec<usize>,
    /// Number of seeds.
    pub seeds: usize,
    /// Options that are files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
    /// Options of all its series.
    #[serde(default, skip_serializing_if = "toml::Table::is_empty")]
    pub options: toml::Table,
    /// The lines.
    pub series: Vec<ResolvedSeries>,
}

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
    /// Who measures it.
    pub protocol: String,
    /// The preset it started from.
    pub preset: Preset,
    /// The figures and tables.
    pub parts: Vec<ResolvedPart>,
}

impl ResolvedSeries {
    /// `name/representation`, which names a series of a part uniquely.
    pub fn key(&self) -> String {
        format!("{}/{}", self.name, self.representation)
    }

    /// Also measures it at levels that were asked for, if it is measured on their task.
    pub(super) fn extend(&mut self, more: &TaskLevels) {
        let own = self.tasks.iter_mut().filter(|own| own.task == more.task);
        for own in own.filter(|own| !own.levels.is_empty()) {
            own.levels.extend(&more.levels);
        }
    }

    fn is_at_level(&self, level: Level) -> bool {
        let levels = self.levels.as_ref();
        levels.is_none_or(|own| level.value().is_none_or(|level| own.contains(&level)))
    }

    fn is_at_count(&self, n_stored: usize) -> bool {
        let counts = self.n_stored.as_ref();
        counts.is_none_or(|own| own.contains(&n_stored))
    }
}

impl ResolvedPart {
    /// The options of a series with those that it shares.
    pub fn options_of(&self, series: &ResolvedSeries) -> toml::Table {
        let mut options = self.options.clone();
        options.extend(series.options.clone());
        options
    }

    /// Every task and level of its cells, in the report's order. Along an axis the task is the part.
    pub fn conditions(&self) -> Vec<(&str, Level)> {
        if self.tasks.is_empty() {
            let levels = match self.levels.is_empty() {
                true => vec![Level::NONE],
                false => self.levels.iter().map(|level| Level::new(*level)).collect(),
            };
            return levels
                .into_iter()
                .map(|level| (self.name.as_str(), level))
                .collect();
        }
        let levels = self.tasks.iter().flat_map(|task| {
            let levels = task.cell_levels().into_iter();
            levels.map(|level| (task.task.as_str(), level))
        });
        levels.collect()
    }

    /// Those of a series.
    pub fn conditions_of(&self, series: &ResolvedSeries) -> Vec<(&str, Level)> {
        let own = intersect(&self.tasks, &series.tasks);
        let kept = |(task, level): &(&str, Level)| {
            let of_task = series.tasks.is_empty()
                || own
                    .iter()
                    .any(|own| own.task == *task && own.cell_levels().contains(level));
            of_task && series.is_at_level(*level)
        };
        let mut conditions = self.conditions();
        conditions.retain(kept);
        conditions
    }

    /// The numbers of stored patterns of its cells: 0 alone where something else decides.
    pub fn cell_counts(&self) -> Vec<usize> {
        if self.n_stored.is_empty() {
            return vec![0];
        }
        self.n_stored.clone()
    }

    /// Those of a series.
    fn counts_of(&self, series: &ResolvedSeries) -> Vec<usize> {
        let mut counts = self.cell_counts();
        counts.retain(|count| series.is_at_count(*count));
        counts
    }

    /// Whether a level is one of the experiment's file, so that something may be published there.
    pub(crate) fn lists(&self, task: &str, level: Level) -> bool {
        let of_task = self.unlisted.iter().filter(|more| more.task == task);
        let mut more = of_task.flat_map(|more| &more.levels);
        !more.any(|more| Level::new(*more) == level)
    }

    /// Whether the cells of a task are its.
    pub fn is_about(&self, task: &str) -> bool {
        match self.tasks.is_empty() {
            true => self.name == task,
            false => self.tasks.iter().any(|own| own.task == task),
        }
    }
}

impl Resolved {
    /// Every cell, in a fixed order: part, seed, series, number stored, task and level. Cells that a
    /// protocol can compute in one go are thus neighbours.
    pub fn cells(&self) -> Vec<Cell> {
        let mut cells = Vec::new();
        for part in &self.parts {
            for seed in 0..part.seeds as u64 {
                for series in &part.series {
                    let conditions = part.conditions_of(series);
                    for n_stored in part.counts_of(series) {
                        cells.extend(conditions.iter().map(|(task, level)| Cell {
                            experiment: self.experiment.clone(),
                            system: series.name.clone(),
                            representation: series.representation,
                            dataset: part.dataset.clone(),
                            task: (*task).to_owned(),
                            level: *level,
                            n_stored,
                            seed,
                        }));
                    }
                }
            }
        }
        cells
    }

    /// How many cells there are, without making them.
    pub(super) fn count(&self) -> usize {
        let of = |part: &ResolvedPart| {
            let places = part.series.iter().map(|series| {
                let (levels, counts) = (part.conditions_of(series), part.counts_of(series));
                product([levels.len(), counts.len()])
            });
            product([part.seeds, places.fold(0, usize::saturating_add)])
        };
        let parts = self.parts.iter().map(of);
        parts.fold(0, usize::saturating_add)
    }

    /// The part and the series that a cell measures.
    pub fn find(&self, cell: &Cell) -> Option<(&ResolvedPart, &ResolvedSeries)> {
        let part = self.parts.iter().find(|part| part.is_about(&cell.task))?;
        let series = part.series.iter().find(|series| {
            series.name == cell.system && series.representation == cell.representation
        })?;
        Some((part, series))
    }

    /// Why the figures of a cell cannot be held against published ones, if so.
    pub fn not_comparable(&self, cell: &Cell) -> Option<String> {
        match self.find(cell) {
            Some((_, series)) => series.not_comparable.clone(),
            None => Some("not a row of this run".to_owned()),
        }
    }

    /// The data sets in use, in words.
    pub fn dataset(&self) -> String {
        let mut names: Vec<&str> = Vec::new();
        for part in &self.parts {
            if !names.contains(&part.dataset.as_str()) {
                names.push(&part.dataset);
            }
        }
        names.join(", ")
    }

    /// Whether built-in data stand in for a data set that is not present.
    pub fn fallback(&self) -> bool {
        self.parts.iter().any(|part| part.fallback)
    }

    /// Largest number of seeds of a part.
    pub fn seeds(&self) -> usize {
        let seeds = self.parts.iter().map(|part| part.seeds);
        seeds.max().unwrap_or(0)
    }
}
