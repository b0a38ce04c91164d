//! Tables of the report.

use serde::Serialize;

use crate::experiment::{Place, ResolvedPart, ResolvedSeries, TaskLevels};
use crate::summary::{Aggregate, Summary};
use crate::table::spread;
use crate::{Metric, Verdict};

/// One metric for one number of stored patterns: one table per task.
#[derive(Serialize)]
pub(super) struct MainSection {
    condition: String,
    metric: &'static str,
    unit: &'static str,
    tasks: Vec<TaskTable>,
}

#[derive(Serialize)]
struct TaskTable {
    task: String,
    levels: Vec<String>,
    rows: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    system: String,
    representation: &'static str,
    ours: bool,
    entries: Vec<Option<Entry>>,
}

#[derive(Serialize)]
struct Entry {
    value: String,
    cues: usize,
    reference: Option<EntryReference>,
    /// Share of the best possible value, for the bar behind a percentage.
    bar: Option<String>,
}

#[derive(Serialize)]
struct EntryReference {
    value: String,
    difference: String,
    word: &'static str,
    full: String,
}

/// All conditions in one table.
#[derive(Serialize)]
pub(super) struct DetailTable {
    metric: &'static str,
    unit: &'static str,
    /// What all columns share.
    condition: String,
    columns: Vec<String>,
    rows: Vec<Row>,
}

/// The charted metrics of a part under tasks: a table for each task.
pub(super) fn main(part: &ResolvedPart, summary: &Summary) -> Vec<MainSection> {
    if part.tasks.is_empty() {
        return Vec::new();
    }
    let mut sections = Vec::new();
    for &metric in &part.charts {
        for slice in part.slices() {
            let table = |task: &TaskLevels| {
                let places = slice.places.iter().filter(|place| place.task == task.task);
                let places: Vec<&Place> = places.collect();
                TaskTable {
                    task: task.task.clone(),
                    levels: places.iter().map(|place| place.level.to_string()).collect(),
                    rows: rows(part, summary, metric, &places),
                }
            };
            let tables = part.tasks.iter().map(table);
            sections.push(MainSection {
                condition: slice.condition.clone().unwrap_or_default(),
                metric: metric.label(),
                unit: metric.unit(),
                tasks: tables.filter(|table| !table.rows.is_empty()).collect(),
            });
        }
    }
    sections.retain(|section| !section.tasks.is_empty());
    sections
}

/// One table for each metric of a part that [`main`] does not show, and for each value of what is not
/// its abscissa.
pub(super) fn details(part: &ResolvedPart, summary: &Summary) -> Vec<DetailTable> {
    let mut tables = Vec::new();
    let shown = |metric: &Metric| !part.tasks.is_empty() && part.charts.contains(metric);
    for metric in part
        .metrics(summary)
        .into_iter()
        .filter(|metric| !shown(metric))
    {
        for slice in part.slices() {
            let places: Vec<&Place> = slice.places.iter().collect();
            let rows = rows(part, summary, metric, &places);
            if !rows.is_empty() {
                tables.push(DetailTable {
                    condition: slice
                        .condition
                        .unwrap_or_else(|| format!("against {}", slice.x_label)),
                    metric: metric.label(),
                    unit: metric.unit(),
                    columns: slice
                        .places
                        .iter()
                        .map(|place| place.label.clone())
                        .collect(),
                    rows,
                });
            }
        }
    }
    tables
}

/// The rows that hold anything.
fn rows(part: &ResolvedPart, summary: &Summary, metric: Metric, places: &[&Place]) -> Vec<Row> {
    let row = |series: &ResolvedSeries| Row {
        // The badge says it already.
        system: series.name.trim_end_matches(" (ours)").to_owned(),
        representation: series.representation.name(),
        ours: series.ours,
        entries: places
            .iter()
            .map(|place| {
                let found = summary.at(series, place, metric);
                found.map(|aggregate| entry(metric, aggregate))
            })
            .collect(),
    };
    let rows = part.series.iter().map(row);
    rows.filter(|row| row.entries.iter().any(Option::is_some))
        .collect()
}

fn entry(metric: Metric, aggregate: &Aggregate) -> Entry {
    let digits = metric.digits();
    Entry {
        value: spread(metric, aggregate.spread),
        cues: aggregate.cues,
        bar: (metric.unit() == "%")
            .then(|| format!("{:.1}", aggregate.spread.mean.clamp(0.0, 100.0))),
        reference: aggregate
            .reference
            .as_ref()
            .map(|reference| EntryReference {
                value: metric.text(reference.value),
                difference: signed(aggregate.spread.mean - reference.value, digits),
                word: reference.verdict.word(),
                full: match (&reference.verdict, reference.tolerance) {
                    (Verdict::NotComparable(_), _) | (_, None) => reference.verdict.to_string(),
                    (verdict, Some(tolerance)) => {
                        format!("{verdict}: tolerance {tolerance} {}", metric.unit())
                            .trim_end()
                            .to_owned()
                    }
                },
            }),
    }
}

/// With a plus or a true minus sign; plain zero for what rounds to it.
fn signed(value: f64, digits: usize) -> String {
    let text = format!("{:.digits$}", value.abs());
    if text.chars().all(|ch| ch == '0' || ch == '.') {
        text
    } else if value < 0.0 {
        format!("\u{2212}{text}")
    } else {
        format!("+{text}")
    }
}

#[cfg(test)]
mod tests {
    use super::signed;

    #[test]
    fn signs() {
        assert_eq!(signed(-0.04, 1), "0.0");
        assert_eq!(signed(-0.06, 1), "\u{2212}0.1");
        assert_eq!(signed(3.0, 1), "+3.0");
    }
}
