//! What an experiment file says of a part.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

use crate::{Level, Metric, Representation, Result};

/// A corruption and the levels at which it is measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskLevels {
    /// Name of the corruption, such as `noise`.
    pub task: String,
    /// Levels; empty for a task that has none. In a restriction, empty means every level.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub levels: Vec<f64>,
}

impl TaskLevels {
    /// The levels of its cells: [`Level::NONE`] alone if it has none.
    pub(crate) fn cell_levels(&self) -> Vec<Level> {
        if self.levels.is_empty() {
            return vec![Level::NONE];
        }
        self.levels.iter().map(|level| Level::new(*level)).collect()
    }
}

/// The tasks and levels of `all` that `wanted` keeps, in the order of `all`.
pub(super) fn intersect(all: &[TaskLevels], wanted: &[TaskLevels]) -> Vec<TaskLevels> {
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

/// The tasks and levels that a command line wants of `all`, rising where a level is not one of the file's;
/// and those that are not.
pub(super) fn asked(
    all: &[TaskLevels],
    wanted: &[TaskLevels],
) -> (Vec<TaskLevels>, Vec<TaskLevels>) {
    let (mut tasks, mut unlisted) = (Vec::new(), Vec::new());
    for task in all {
        let Some(wanted) = wanted.iter().find(|wanted| wanted.task == task.task) else {
            continue;
        };
        let (levels, more) = task.asked(&wanted.levels);
        let of = |levels| TaskLevels {
            task: task.task.clone(),
            levels,
        };
        unlisted.extend((!more.is_empty()).then(|| of(more)));
        tasks.push(of(levels));
    }
    (tasks, unlisted)
}

impl TaskLevels {
    /// The levels that are wanted, all where none is named, and which of them are not its own.
    pub(super) fn asked(&self, wanted: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let mut levels = self.levels.clone();
        levels.retain(|level| wanted.is_empty() || wanted.contains(level));
        let more = wanted.iter().filter(|level| !self.levels.contains(level));
        let more: Vec<f64> = more.copied().collect();
        if !more.is_empty() {
            levels.extend(&more);
            levels.sort_by(f64::total_cmp);
        }
        (levels, more)
    }
}

/// What a part's charts have along their abscissa, and its tables as columns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Axis {
    /// The level of a cell.
    #[default]
    Level,
    /// The number of stored patterns.
    NStored,
}

/// How a part is drawn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// Lines through points.
    #[default]
    Lines,
    /// Bars side by side at each place of the abscissa.
    Bars,
}

/// A heat map beside the charts: the levels against a number in which the series differ. Where there are
/// published figures they have a map of their own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MapSpec {
    /// The option that is the number.
    pub option: String,
    /// Its label.
    pub label: String,
    /// Lines on the map, in the units of its axes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub curves: Vec<MapCurve>,
}

/// A line on a heat map.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MapCurve {
    /// What it is.
    pub name: String,
    /// The option's number and the level of each point.
    pub points: Vec<[f64; 2]>,
}

impl Form {
    pub(crate) fn is_lines(&self) -> bool {
        *self == Self::Lines
    }
}

/// One line of the charts, or several if it has a `grid`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeriesSpec {
    /// Display name; `{key}` stands for the value of a key of `grid`.
    pub name: String,
    /// Not in the publication.
    #[serde(default)]
    pub ours: bool,
    /// A computed expectation, drawn dashed.
    #[serde(default)]
    pub expectation: bool,
    /// The series whose colour it shares, `{key}` standing for the value of an option.
    #[serde(default)]
    pub beside: Option<String>,
    /// What is stored, instead of the part's.
    #[serde(default)]
    pub representation: Option<Representation>,
    /// Those of the part's tasks and levels on which it is measured; all if absent.
    #[serde(default)]
    pub tasks: Vec<TaskLevels>,
    /// Those of the part's levels at which it is measured; all if absent.
    #[serde(default)]
    pub levels: Option<Vec<f64>>,
    /// Those of the part's numbers of stored patterns at which it is measured; all if absent.
    #[serde(default)]
    pub n_stored: Option<Vec<usize>>,
    /// Options with several values each: one series for every combination.
    #[serde(default)]
    pub grid: BTreeMap<String, Vec<toml::Value>>,
    /// Options of this series, which win over those of the part.
    #[serde(default)]
    pub options: toml::Table,
}

/// One figure or table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Name on the command line, and in results (`task`) unless there are `tasks`.
    pub name: String,
    /// Heading in the report.
    pub title: String,
    /// What it shows, in a sentence or two.
    #[serde(default)]
    pub about: String,
    /// What the protocol is to measure.
    pub measure: String,
    /// Data set, if any is needed.
    #[serde(default)]
    pub dataset: Option<String>,
    /// Data set to use when that one is not present, or several: the first that is.
    #[serde(default, deserialize_with = "one_or_more")]
    pub fallback_dataset: Vec<String>,
    /// Data set that models learn from, if it is not the one that is stored and recalled.
    #[serde(default)]
    pub train_dataset: Option<String>,
    /// Settings for the loader of the data sets, passed on unread.
    #[serde(default)]
    pub data: toml::Table,
    /// What is stored.
    #[serde(default = "vector")]
    pub representation: Representation,
    /// How it is drawn.
    #[serde(default)]
    pub form: Form,
    /// A heat map of each metric besides.
    #[serde(default)]
    pub map: Option<MapSpec>,
    /// A chart for each value of options, named by this text with `{key}` for an option's value.
    #[serde(default)]
    pub panels: Option<String>,
    /// Corruptions and their levels, in place of an axis.
    #[serde(default)]
    pub tasks: Vec<TaskLevels>,
    /// The abscissa.
    #[serde(default)]
    pub x: Axis,
    /// Its label; needed unless there are `tasks`.
    #[serde(default)]
    pub x_label: String,
    /// Whether it is logarithmic.
    #[serde(default)]
    pub log_x: bool,
    /// Metrics to draw, the main one first. Tables show all that were measured.
    pub charts: Vec<Metric>,
    /// Those of `charts` with a logarithmic ordinate.
    #[serde(default)]
    pub log_y: Vec<Metric>,
    /// Levels; empty if the part has none.
    #[serde(default)]
    pub levels: Vec<f64>,
    /// Numbers of stored patterns; empty if the level or the options decide.
    #[serde(default)]
    pub n_stored: Vec<usize>,
    /// Options of all series, passed on unread.
    #[serde(default)]
    pub options: toml::Table,
    /// Those options that decide how precisely is measured, not what.
    #[serde(default)]
    pub effort: Vec<String>,
    /// By option: the options that are without effect where it is set.
    #[serde(default)]
    pub idle: BTreeMap<String, Vec<String>>,
    /// Options that are files.
    #[serde(default)]
    pub files: Vec<String>,
    /// The lines.
    pub series: Vec<SeriesSpec>,
}

fn vector() -> Representation {
    Representation::Vector
}

/// A text, or a list of texts.
fn one_or_more<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "expected a text or a list of texts")]
    enum Names {
        One(String),
        More(Vec<String>),
    }
    Ok(match Names::deserialize(deserializer)? {
        Names::One(name) => vec![name],
        Names::More(names) => names,
    })
}

/// What a preset changes in a part.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PartPatch {
    /// Leave the part out.
    pub skip: bool,
    /// Number of seeds.
    pub seeds: Option<usize>,
    /// Tasks and levels to keep.
    pub tasks: Option<Vec<TaskLevels>>,
    /// Levels.
    pub levels: Option<Vec<f64>>,
    /// Numbers of stored patterns.
    pub n_stored: Option<Vec<usize>>,
    /// Series to keep, by their names before expansion or `name/representation`.
    pub series: Option<Vec<String>>,
    /// Values to keep of grid keys; keys that a series lacks do not concern it.
    pub grid: BTreeMap<String, Vec<toml::Value>>,
    /// New values for options, of the part and of series.
    pub options: toml::Table,
    /// New values for options of some series, by their names before expansion or `name/representation`.
    pub series_options: BTreeMap<String, toml::Table>,
}

impl SeriesSpec {
    /// One of that name, without anything of its own.
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ours: false,
            expectation: false,
            beside: None,
            representation: None,
            tasks: Vec::new(),
            levels: None,
            n_stored: None,
            grid: BTreeMap::new(),
            options: toml::Table::new(),
        }
    }

    /// What it stores.
    pub fn representation(&self, part: &Part) -> Representation {
        self.representation.unwrap_or(part.representation)
    }

    /// Whether `selector` (`name` or `name/representation`) means it.
    pub(super) fn matches(&self, part: &Part, selector: &str) -> bool {
        let key = selector.strip_suffix(self.representation(part).name());
        selector == self.name || key == Some(&format!("{}/", self.name))
    }

    /// Whether it has an option of its own, fixed or in its grid.
    pub(super) fn gives(&self, key: &str) -> bool {
        self.options.contains_key(key) || self.grid.contains_key(key)
    }
}

impl Part {
    /// Whether a series that the file lacks fits among its own: they have the same options.
    pub(super) fn takes(&self, other: &SeriesSpec) -> bool {
        let mut keys = other.options.keys();
        keys.all(|key| self.series.iter().any(|series| series.gives(key)))
    }
}
