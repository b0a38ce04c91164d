//! Plain-text tables for a terminal.

use crate::metrics::Spread;
use crate::study::ResolvedStudy;
use crate::summary::{Aggregate, Summary, condition_label, main_metric, measured_systems};
use crate::{Metric, Record, Resolved, Result, RunConfig, RunFolder, Verdict};

/// The run's main metric, rows by conditions, one table for each number of stored patterns.
///
/// # Errors
/// Those of reading the folder.
pub fn text(folder: &RunFolder) -> Result<String> {
    let records = folder.records()?;
    let Some(metric) = main_metric(&Summary::new(&records)) else {
        return Ok("No cell is finished yet.\n".to_owned());
    };
    Ok(match folder.config() {
        RunConfig::Retrieval(config) => render(config, &records, metric),
        RunConfig::Study(config) => parts(config, &records),
    })
}

/// The charted metrics of a study: for each part, series by abscissa.
fn parts(config: &ResolvedStudy, records: &[Record]) -> String {
    let summary = Summary::new(records);
    let mut out = String::new();
    for part in &config.parts {
        for &metric in &part.charts {
            for slice in part.slices() {
                let mut head = vec!["series".to_owned(), "stores".to_owned()];
                head.extend(slice.places.iter().map(|place| place.x.to_string()));
                let mut rows = vec![head];
                for series in &part.series {
                    let row = (series.name.as_str(), series.representation);
                    let entries = slice.places.iter().map(|place| {
                        let found =
                            summary.of(row, &part.name, place.level, place.n_stored, metric);
                        found.map_or_else(String::new, |found| entry(metric, found))
                    });
                    let entries: Vec<String> = entries.collect();
                    if entries.iter().any(|entry| !entry.is_empty()) {
                        let mut cells =
                            vec![series.name.clone(), series.representation.to_string()];
                        cells.extend(entries);
                        rows.push(cells);
                    }
                }
                if rows.len() > 1 {
                    let condition = slice.condition.map(|text| format!(", {text}"));
                    out.push_str(&format!(
                        "{}: {}{}{}, against {}\n\n{}\n",
                        part.title,
                        metric.label(),
                        in_unit(metric),
                        condition.unwrap_or_default(),
                        part.x_label,
                        align(&rows)
                    ));
                }
            }
        }
    }
    legend(&mut out, records.iter());
    out
}

/// The unit in brackets, if there is one.
fn in_unit(metric: Metric) -> String {
    match metric.unit() {
        "" => String::new(),
        unit => format!(" ({unit})"),
    }
}

/// What the marks behind values mean, if there are any.
fn legend<'a>(out: &mut String, shown: impl Iterator<Item = &'a Record> + Clone) {
    if shown.clone().any(|record| record.reference.is_some()) {
        out.push_str("Behind our value: = matches, + better, - worse than the published one; ");
        out.push_str("~ not comparable.\n");
    }
    for reason in not_comparable(shown) {
        out.push_str(&format!("Not comparable: {reason}.\n"));
    }
}

/// One metric, rows by conditions, one table for each number of stored patterns.
pub fn render(config: &Resolved, records: &[Record], metric: Metric) -> String {
    let summary = Summary::new(records);
    let conditions = config.all_conditions();
    let mut out = String::new();
    for n_stored in &config.n_stored {
        out.push_str(&format!(
            "{}{}, {}, {n_stored} stored\n\n",
            metric.label(),
            in_unit(metric),
            config.dataset
        ));
        let mut head = vec!["system".to_owned(), "stores".to_owned()];
        head.extend(
            conditions
                .iter()
                .map(|(task, level)| condition_label(task, *level)),
        );
        let mut rows = vec![head];
        for system in measured_systems(config, &summary, *n_stored, metric) {
            let mut row = vec![system.name.clone(), system.representation.to_string()];
            for (task, level) in &conditions {
                let found = summary.get(system, task, *level, *n_stored, metric);
                row.push(found.map_or_else(String::new, |found| entry(metric, found)));
            }
            rows.push(row);
        }
        out.push_str(&align(&rows));
        out.push('\n');
    }
    let shown = records.iter().filter(|record| record.metric == metric);
    legend(&mut out, shown);
    for shortage in &config.shortages {
        out.push_str(&format!("Smaller than the preset: {shortage}.\n"));
    }
    out
}

/// The reasons why figures are not comparable, each once, in order of appearance.
pub(crate) fn not_comparable<'a>(records: impl IntoIterator<Item = &'a Record>) -> Vec<String> {
    let mut reasons: Vec<String> = Vec::new();
    for reference in records
        .into_iter()
        .filter_map(|record| record.reference.as_ref())
    {
        if let Verdict::NotComparable(reason) = &reference.verdict
            && !reasons.contains(reason)
        {
            reasons.push(reason.clone());
        }
    }
    reasons
}

fn entry(metric: Metric, found: &Aggregate) -> String {
    let mut text = spread(metric, found.spread);
    if let Some(reference) = &found.reference {
        let mark = match reference.verdict {
            Verdict::Match => '=',
            Verdict::Better => '+',
            Verdict::Worse => '-',
            Verdict::Different => '!',
            Verdict::NotComparable(_) => '~',
        };
        text.push_str(&format!(" {mark}{}", metric.text(reference.value)));
    }
    text
}

/// `mean`, with `±deviation` if there are several seeds.
pub fn spread(metric: Metric, spread: Spread) -> String {
    let mean = metric.text(spread.mean);
    match spread.n > 1 {
        true => format!("{mean}±{}", metric.text(spread.deviation)),
        false => mean,
    }
}

/// Pads columns to equal width: the first two to the left, the others to the right; a rule under
/// the head.
pub(crate) fn align(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let widths = rows.iter().filter_map(|row| row.get(column));
        widths.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut out = String::new();
    for (index, row) in rows.iter().enumerate() {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let width = widths[column];
            if column < 2 {
                line.push_str(&format!("{cell:<width$}  "));
            } else {
                line.push_str(&format!("{cell:>width$}  "));
            }
        }
        out.push_str(line.trim_end());
        out.push('\n');
        if index == 0 {
            let total = widths.iter().sum::<usize>() + 2 * columns.saturating_sub(1);
            out.push_str(&"-".repeat(total));
            out.push('\n');
        }
    }
    out
}
