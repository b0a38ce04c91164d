//! Tables of the report.

use serde::Serialize;

use crate::experiment::SystemSpec;
use crate::summary::{Aggregate, Summary, condition_label, measured_systems};
use crate::table::spread;
use crate::{Metric, Resolved, Verdict};

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

/// Another metric: all conditions in one table.
#[derive(Serialize)]
pub(super) struct DetailTable {
    n_stored: usize,
    metric: &'static str,
    unit: &'static str,
    conditions: Vec<String>,
    rows: Vec<Row>,
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
                    let conditions: Vec<_> = config
                        .all_conditions()
                        .into_iter()
                        .filter(|(name, _)| *name == task.task)
                        .collect();
                    TaskTable {
                        task: task.task.clone(),
                        levels: conditions
                            .iter()
                            .map(|(_, level)| level.to_string())
                            .collect(),
                        rows: rows(config, summary, *n_stored, metric, &conditions),
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
    let conditions = config.all_conditions();
    let mut tables = Vec::new();
    for n_stored in &config.n_stored {
        for metric in summary
            .metrics()
            .into_iter()
            .filter(|metric| Some(*metric) != main)
        {
            let rows = rows(config, summary, *n_stored, metric, &conditions);
            if !rows.is_empty() {
                tables.push(DetailTable {
                    n_stored: *n_stored,
                    metric: metric.label(),
                    unit: metric.unit(),
                    conditions: conditions
                        .iter()
                        .map(|(task, level)| condition_label(task, *level))
                        .collect(),
                    rows,
                });
            }
        }
    }
    tables
}

fn rows(
    config: &Resolved,
    summary: &Summary,
    n_stored: usize,
    metric: Metric,
    conditions: &[(String, crate::Level)],
) -> Vec<Row> {
    let row = |system: &SystemSpec| Row {
        // The badge says it already.
        system: system.name.trim_end_matches(" (ours)").to_owned(),
        representation: system.representation.name(),
        ours: system.ours,
        entries: conditions
            .iter()
            .map(|(task, level)| {
                summary
                    .get(system, task, *level, n_stored, metric)
                    .map(|aggregate| entry(metric, aggregate))
            })
            .collect(),
    };
    measured_systems(config, summary, n_stored, metric)
        .into_iter()
        .map(row)
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
                value: format!("{:.digits$}", reference.value),
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
