//! Tables of the report.

use serde::Serialize;

use crate::experiment::SystemSpec;
use crate::study::{ResolvedPart, ResolvedSeries};
use crate::summary::{Aggregate, Summary, condition_label};
use crate::table::spread;
use crate::{Level, Metric, Representation, Resolved, Verdict};

/// The main metric for one number of stored patterns: one table per task.
#[derive(Serialize)]
pub(super) struct MainSection {
    n_stored: usize,
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

/// What a table has in one column.
struct Column {
    task: String,
    level: Level,
    n_stored: usize,
}

/// What a table has in one row.
struct Head<'a> {
    name: &'a str,
    representation: Representation,
    ours: bool,
}

impl<'a> From<&'a SystemSpec> for Head<'a> {
    fn from(system: &'a SystemSpec) -> Self {
        Self {
            name: &system.name,
            representation: system.representation,
            ours: system.ours,
        }
    }
}

impl<'a> From<&'a ResolvedSeries> for Head<'a> {
    fn from(series: &'a ResolvedSeries) -> Self {
        Self {
            name: &series.name,
            representation: series.representation,
            ours: series.ours,
        }
    }
}

pub(super) fn main(config: &Resolved, summary: &Summary, metric: Metric) -> Vec<MainSection> {
    config
        .n_stored
        .iter()
        .map(|n_stored| MainSection {
            n_stored: *n_stored,
            metric: metric.label(),
            unit: metric.unit(),
            tasks: config
                .tasks
                .iter()
                .map(|task| {
                    let columns: Vec<Column> = columns(config, *n_stored)
                        .into_iter()
                        .filter(|column| column.task == task.task)
                        .collect();
                    TaskTable {
                        task: task.task.clone(),
                        levels: columns.iter().map(|c| c.level.to_string()).collect(),
                        rows: rows(summary, metric, config.systems.iter(), &columns),
                    }
                })
                .filter(|table| !table.rows.is_empty())
                .collect(),
        })
        .filter(|section: &MainSection| !section.tasks.is_empty())
        .collect()
}

pub(super) fn details(
    config: &Resolved,
    summary: &Summary,
    main: Option<Metric>,
) -> Vec<DetailTable> {
    let mut tables = Vec::new();
    for n_stored in &config.n_stored {
        let columns = columns(config, *n_stored);
        for metric in summary
            .metrics()
            .into_iter()
            .filter(|metric| Some(*metric) != main)
        {
            let rows = rows(summary, metric, config.systems.iter(), &columns);
            if !rows.is_empty() {
                tables.push(DetailTable {
                    condition: format!("{n_stored} stored"),
                    metric: metric.label(),
                    unit: metric.unit(),
                    columns: columns
                        .iter()
                        .map(|column| condition_label(&column.task, column.level))
                        .collect(),
                    rows,
                });
            }
        }
    }
    tables
}

/// One table for each metric of a study's part, and for each value of what is not its abscissa.
pub(super) fn of_part(part: &ResolvedPart, summary: &Summary) -> Vec<DetailTable> {
    let mut tables = Vec::new();
    for metric in part.metrics(summary) {
        for slice in part.slices() {
            let columns: Vec<Column> = slice
                .places
                .iter()
                .map(|place| Column {
                    task: part.name.clone(),
                    level: place.level,
                    n_stored: place.n_stored,
                })
                .collect();
            let rows = rows(summary, metric, part.series.iter(), &columns);
            if !rows.is_empty() {
                tables.push(DetailTable {
                    condition: slice
                        .condition
                        .unwrap_or_else(|| format!("against {}", part.x_label)),
                    metric: metric.label(),
                    unit: metric.unit(),
                    columns: slice
                        .places
                        .iter()
                        .map(|place| place.x.to_string())
                        .collect(),
                    rows,
                });
            }
        }
    }
    tables
}

fn columns(config: &Resolved, n_stored: usize) -> Vec<Column> {
    config
        .all_conditions()
        .into_iter()
        .map(|(task, level)| Column {
            task,
            level,
            n_stored,
        })
        .collect()
}

/// The rows that hold anything.
fn rows<'a, H: Into<Head<'a>>>(
    summary: &Summary,
    metric: Metric,
    heads: impl Iterator<Item = H>,
    columns: &[Column],
) -> Vec<Row> {
    let row = |head: Head<'_>| Row {
        // The badge says it already.
        system: head.name.trim_end_matches(" (ours)").to_owned(),
        representation: head.representation.name(),
        ours: head.ours,
        entries: columns
            .iter()
            .map(|column| {
                let of = (head.name, head.representation);
                summary
                    .of(of, &column.task, column.level, column.n_stored, metric)
                    .map(|aggregate| entry(metric, aggregate))
            })
            .collect(),
    };
    heads
        .map(|head| row(head.into()))
        .filter(|row| row.entries.iter().any(Option::is_some))
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
