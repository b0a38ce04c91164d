//! Heat tables: systems down, conditions across, coloured from bad to good.

use serde::Serialize;

use super::history::change;
use crate::experiment::{Place, ResolvedPart, ResolvedSeries, UNLISTED};
use crate::figures::LINES;
use crate::summary::{Aggregate, Summary};
use crate::table::spread;
use crate::{Metric, Verdict};

/// One metric under the conditions of one slice.
#[derive(Serialize)]
pub(super) struct Table {
    pub(super) id: String,
    pub(super) metric: &'static str,
    pub(super) unit: &'static str,
    /// What all columns share.
    pub(super) condition: String,
    /// Which way is better, in words.
    better: &'static str,
    /// Whether lower is.
    #[serde(skip)]
    pub(super) falls: bool,
    #[serde(skip)]
    kind: Metric,
    pub(super) columns: Vec<String>,
    /// Whether rows have a mean: of comparable numbers, under several conditions.
    mean: bool,
    /// Whether it has levels that the experiment's file lacks.
    unlisted: bool,
    /// What its columns are numbers of; nothing for tasks.
    #[serde(skip)]
    pub(super) x_label: String,
    /// Whether it leads its part.
    pub(super) main: bool,
    /// Whether rows say what is stored.
    pub(super) stores: bool,
    /// What its rows can be filtered by, where there are several.
    families: Vec<String>,
    pub(super) rows: Vec<Row>,
}

#[derive(Serialize)]
pub(super) struct Row {
    pub(super) system: String,
    pub(super) representation: &'static str,
    ours: bool,
    family: String,
    #[serde(skip)]
    pub(super) series: usize,
    /// Over all its columns, if it has every one.
    pub(super) mean: Option<Value>,
    pub(super) entries: Vec<Option<Entry>>,
}

/// A number, as text, as it sorts, and as a share of the best, from 0 to 100.
#[derive(Clone, Serialize)]
pub(super) struct Value {
    pub(super) text: String,
    pub(super) raw: f64,
    shade: Option<u8>,
}

#[derive(Serialize)]
pub(super) struct Entry {
    pub(super) id: String,
    pub(super) value: Value,
    cues: usize,
    /// Only where it can be held against the measurement.
    pub(super) reference: Option<Published>,
    /// Better or worse than the run before, where runs are compared.
    change: Option<&'static str>,
    #[serde(skip)]
    pub(super) judged: Option<Judged>,
}

/// What one of several runs measured.
pub(super) struct Column {
    pub(super) value: f64,
    pub(super) cues: usize,
}

/// A published figure with the outcome.
#[derive(Clone, Serialize)]
pub(super) struct Published {
    pub(super) value: String,
    pub(super) difference: String,
    pub(super) word: &'static str,
    pub(super) tolerance: String,
}

/// What the list of verdicts says of an entry.
#[derive(Clone)]
pub(super) struct Judged {
    pub(super) verdict: Verdict,
    pub(super) published: Published,
}

impl Table {
    /// Whether charts are drawn of it, which are what was published.
    pub(super) fn is_drawn(&self, part: &ResolvedPart) -> bool {
        part.charts.contains(&self.kind)
    }

    fn new(
        part: &ResolvedPart,
        metric: Metric,
        id: String,
        (condition, columns): (String, Vec<String>),
        mut rows: Vec<Row>,
    ) -> Self {
        shade(metric, &mut rows);
        let mut families: Vec<String> = Vec::new();
        for row in &rows {
            if !row.family.is_empty() && !families.contains(&row.family) {
                families.push(row.family.clone());
            }
        }
        families.sort();
        let better = metric.higher_is_better();
        Self {
            id,
            metric: metric.label(),
            unit: metric.unit(),
            condition,
            better: match better {
                Some(true) => "higher is better",
                Some(false) => "lower is better",
                None => "",
            },
            falls: better == Some(false),
            kind: metric,
            unlisted: columns.iter().any(|column| column.ends_with(UNLISTED)),
            columns,
            mean: false,
            main: part.charts.first() == Some(&metric) && is_table(part),
            x_label: part.x_label.clone(),
            stores: rows
                .iter()
                .any(|row| row.representation != rows[0].representation),
            families: if families.len() > 1 {
                families
            } else {
                Vec::new()
            },
            rows,
        }
    }

    /// With a mean for every row that has all columns, the best row above; what was not measured everywhere
    /// below.
    fn ranked(mut self) -> Self {
        means(self.kind, &mut self.rows);
        let falls = self.falls;
        let key = |row: &Row| {
            let mean = row
                .mean
                .as_ref()
                .map(|mean| if falls { -mean.raw } else { mean.raw });
            mean.unwrap_or(f64::NEG_INFINITY)
        };
        self.rows.sort_by(|a, b| key(b).total_cmp(&key(a)));
        self.mean = true;
        self
    }

    /// How many numbers of the last column are worse than those before.
    pub(super) fn last_worse(&self) -> usize {
        let last = self
            .rows
            .iter()
            .filter_map(|row| row.entries.last()?.as_ref());
        last.filter(|entry| entry.change == Some("worse")).count()
    }
}

/// Whether a part is read from a table first: under tasks, or of more series than a chart shows.
fn is_table(part: &ResolvedPart) -> bool {
    !part.tasks.is_empty() || part.series.len() > LINES
}

/// Every metric of a part that was measured: those of its charts first, of which the first leads where
/// it is read from a table.
pub(super) fn of_part(part: &ResolvedPart, summary: &Summary, id: &str) -> Vec<Table> {
    let mut tables = Vec::new();
    for metric in part.metrics(summary) {
        for slice in part.slices() {
            let id = format!("{id}-{}", tables.len());
            let measured = |series: &ResolvedSeries, row: usize| {
                let entry = |(column, place): (usize, &Place)| {
                    let found = summary.at(series, place, metric)?;
                    Some(entry(metric, found, format!("{id}-{row}-{column}")))
                };
                slice.places.iter().enumerate().map(entry).collect()
            };
            let rows = rows(part, &measured);
            if rows.is_empty() {
                continue;
            }
            let against = || match slice.x_label.is_empty() {
                true => String::new(),
                false => format!("against {}", slice.x_label),
            };
            let condition = slice.condition.clone().unwrap_or_else(against);
            let columns: Vec<String> = slice
                .places
                .iter()
                .map(|place| place.label.clone())
                .collect();
            let ranked = is_table(part) && metric.higher_is_better().is_some() && columns.len() > 1;
            let table = Table::new(part, metric, id, (condition, columns), rows);
            tables.push(if ranked { table.ranked() } else { table });
        }
    }
    tables
}

/// One metric of several runs: what `values` gives for each of a series, with what changed.
pub(super) fn over_runs(
    part: &ResolvedPart,
    metric: Metric,
    columns: Vec<String>,
    values: &dyn Fn(&ResolvedSeries) -> Vec<Option<Column>>,
    id: String,
) -> Option<Table> {
    let measured = |series: &ResolvedSeries, row: usize| {
        let mut before: Option<f64> = None;
        let entry = |(index, column): (usize, Option<Column>)| {
            let Column { value, cues } = column?;
            let change = before
                .replace(value)
                .and_then(|before| change(metric, before, value));
            Some(Entry {
                id: format!("{id}-{row}-{index}"),
                value: Value {
                    text: metric.text(value),
                    raw: value,
                    shade: None,
                },
                cues,
                reference: None,
                change,
                judged: None,
            })
        };
        values(series).into_iter().enumerate().map(entry).collect()
    };
    let rows = rows(part, &measured);
    let id = id.clone();
    (!rows.is_empty()).then(|| Table::new(part, metric, id, (String::new(), columns), rows))
}

/// What a series is a kind of: its recipe or model, where its options name one.
pub(super) fn family(part: &ResolvedPart, series: &ResolvedSeries) -> String {
    let options = part.options_of(series);
    let named = ["recipe", "model", "rule", "kind"]
        .iter()
        .find_map(|key| options.get(*key)?.as_str());
    named.unwrap_or_default().to_owned()
}

/// The rows that hold anything, of what `measured` gives for a series and its number.
fn rows(
    part: &ResolvedPart,
    measured: &dyn Fn(&ResolvedSeries, usize) -> Vec<Option<Entry>>,
) -> Vec<Row> {
    let mut rows = Vec::new();
    for (index, series) in part.series.iter().enumerate() {
        let entries = measured(series, index);
        if entries.iter().any(Option::is_some) {
            rows.push(Row {
                // The tag says it already.
                system: series.name.trim_end_matches(" (ours)").to_owned(),
                representation: series.representation.name(),
                ours: series.ours,
                family: family(part, series),
                series: index,
                mean: None,
                entries,
            });
        }
    }
    rows
}

fn entry(metric: Metric, found: &Aggregate, id: String) -> Entry {
    let judged = found.reference.as_ref().map(|reference| Judged {
        verdict: reference.verdict.clone(),
        published: Published {
            value: metric.text(reference.value),
            difference: signed(found.spread.mean - reference.value, metric.digits()),
            word: reference.verdict.word(),
            tolerance: match reference.tolerance {
                Some(tolerance) => format!("{tolerance} {}", metric.unit())
                    .trim_end()
                    .to_owned(),
                None => String::new(),
            },
        },
    });
    let comparable = |judged: &&Judged| !matches!(judged.verdict, Verdict::NotComparable(_));
    Entry {
        id,
        value: Value {
            text: spread(metric, found.spread),
            raw: found.spread.mean,
            shade: None,
        },
        cues: found.cues,
        reference: judged
            .as_ref()
            .filter(comparable)
            .map(|judged| judged.published.clone()),
        change: None,
        judged,
    }
}

/// Percentages are shares already; others lie between the worst and the best of the table, by their
/// logarithms where they span more than two decades.
fn shade(metric: Metric, rows: &mut [Row]) {
    let Some(higher) = metric.higher_is_better() else {
        return;
    };
    let entries = || rows.iter().flat_map(|row| row.entries.iter().flatten());
    let raw = entries()
        .map(|entry| entry.value.raw)
        .filter(|raw| raw.is_finite());
    let (low, high) = raw.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), raw| {
        (low.min(raw), high.max(raw))
    });
    let log = low > 0.0 && high > 100.0 * low;
    let share = |raw: f64| match (metric.unit() == "%", log) {
        (true, _) => Some(raw / 100.0),
        (false, true) => Some((raw / low).ln() / (high / low).ln()),
        (false, false) => (high > low).then(|| (raw - low) / (high - low)),
    };
    for entry in rows
        .iter_mut()
        .flat_map(|row| row.entries.iter_mut().flatten())
    {
        let share = share(entry.value.raw).filter(|share| share.is_finite());
        let good = share.map(|share| if higher { share } else { 1.0 - share });
        entry.value.shade = good.map(|good| (100.0 * good.clamp(0.0, 1.0)).round() as u8);
    }
}

fn means(metric: Metric, rows: &mut [Row]) {
    for row in rows {
        let values: Option<Vec<&Value>> = row
            .entries
            .iter()
            .map(|e| e.as_ref().map(|e| &e.value))
            .collect();
        row.mean = values.map(|values| {
            let count = values.len() as f64;
            let raw = values.iter().map(|value| value.raw).sum::<f64>() / count;
            let shades: Option<Vec<f64>> = values
                .iter()
                .map(|value| value.shade.map(f64::from))
                .collect();
            Value {
                text: metric.text(raw),
                raw,
                shade: shades.map(|shades| (shades.iter().sum::<f64>() / count).round() as u8),
            }
        });
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
