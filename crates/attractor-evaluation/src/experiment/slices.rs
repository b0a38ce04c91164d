//! A part as its charts and tables see it.

use super::{Axis, ResolvedPart, ResolvedSeries};
use crate::summary::{Summary, condition_label};
use crate::{Level, Metric};

/// Behind a level that the experiment's file does not have.
pub(crate) const UNLISTED: &str = " \u{2020}";

/// Where something was measured: a column of a table, a point of the abscissa.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Place {
    /// The abscissa.
    pub(crate) x: f64,
    /// The head of the column.
    pub(crate) label: String,
    /// Task of the cells there.
    pub(crate) task: String,
    /// Level of the cells there.
    pub(crate) level: Level,
    /// Patterns stored there.
    pub(crate) n_stored: usize,
}

/// The places of one table or one chart.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Slice {
    /// What they share, in words; `None` if there is only one slice.
    pub(crate) condition: Option<String>,
    /// What differs, in words; empty for tasks.
    pub(crate) x_label: String,
    /// The places, in the file's order.
    pub(crate) places: Vec<Place>,
}

impl ResolvedPart {
    /// The slices of its tables: the places that share everything but the abscissa, or but the task.
    pub(crate) fn slices(&self) -> Vec<Slice> {
        let (conditions, counts) = (self.conditions(), self.cell_counts());
        let stored = |n_stored: usize| (n_stored > 0).then(|| format!("{n_stored} stored"));
        let place = |x, label, (task, level): (&str, Level), n_stored| Place {
            x,
            label,
            task: task.to_owned(),
            level,
            n_stored,
        };
        let slice = |condition, places: Vec<Place>| Slice {
            condition,
            x_label: self.x_label.clone(),
            places,
        };
        if self.tasks.is_empty() && self.x == Axis::NStored {
            let of = |&(task, level): &(&str, Level)| {
                let place = |&n: &usize| place(n as f64, n.to_string(), (task, level), n);
                let condition = level.value().map(|level| format!("level {level}"));
                slice(condition, counts.iter().map(place).collect())
            };
            return conditions.iter().map(of).collect();
        }
        let of = |&n_stored: &usize| {
            let place = |&(task, level): &(&str, Level)| {
                let mut label = match self.tasks.is_empty() {
                    true => level.to_string(),
                    false => condition_label(task, level),
                };
                if !self.lists(task, level) {
                    label.push_str(UNLISTED);
                }
                let x = level.value().unwrap_or_default();
                place(x, label, (task, level), n_stored)
            };
            slice(stored(n_stored), conditions.iter().map(place).collect())
        };
        counts.iter().map(of).collect()
    }

    /// The slices of its charts: each task by itself, if it has several levels.
    pub(crate) fn charted(&self) -> Vec<Slice> {
        if self.tasks.is_empty() {
            return self.slices();
        }
        let mut charted = Vec::new();
        for slice in self.slices() {
            for task in self.tasks.iter().filter(|task| task.levels.len() > 1) {
                let places = slice.places.iter().filter(|place| place.task == task.task);
                let words = [Some(task.task.as_str()), slice.condition.as_deref()];
                charted.push(Slice {
                    condition: Some(words.into_iter().flatten().collect::<Vec<_>>().join(", ")),
                    x_label: format!("level of {}", task.task),
                    places: places.cloned().collect(),
                });
            }
        }
        charted
    }

    /// Its panels, in the file's order; one without a name if there are none.
    pub(crate) fn panels(&self) -> Vec<Option<&str>> {
        let mut panels = Vec::new();
        for series in &self.series {
            let panel = self.panel_of(series);
            if !panels.contains(&panel) {
                panels.push(panel);
            }
        }
        panels
    }

    /// The panel of a series. Under tasks, what is stored decides: distances of codes and of pixels are
    /// not of one scale.
    pub(crate) fn panel_of<'a>(&self, series: &'a ResolvedSeries) -> Option<&'a str> {
        match self.tasks.is_empty() {
            true => series.panel.as_deref(),
            false => Some(series.representation.name()),
        }
    }

    /// The metrics that were measured: those of its charts first.
    pub(crate) fn metrics(&self, summary: &Summary) -> Vec<Metric> {
        let measured = summary.metrics_where(|task| self.is_about(task));
        let others = measured
            .iter()
            .filter(|metric| !self.charts.contains(metric));
        let drawn = self
            .charts
            .iter()
            .filter(|metric| measured.contains(metric));
        drawn.chain(others).copied().collect()
    }
}
