//! Plain-text tables for a terminal.

use crate::experiment::{ResolvedPart, ResolvedSeries, SYNTHETIC, Slice};
use crate::metrics::Spread;
use crate::summary::{Aggregate, Summary};
use crate::{Metric, Record, RecordReference, Result, RunFolder, Verdict};

/// The charted metrics of each part, series by places.
///
/// # Errors
/// Those of reading the folder.
pub fn text(folder: &RunFolder) -> Result<String> {
    let records = folder.records()?;
    if records.is_empty() {
        return Ok("No cell is finished yet.\n".to_owned());
    }
    let config = folder.config();
    let summary = Summary::new(&records);
    let mut out = String::new();
    for part in &config.parts {
        for &metric in &part.charts {
            for slice in part.slices() {
                let rows = rows(part, &slice, metric, &summary);
                if rows.len() == 1 {
                    continue;
                }
                let mut title = vec![format!(
                    "{}: {}{}",
                    part.title,
                    metric.label(),
                    in_unit(metric)
                )];
                title.extend((part.dataset != SYNTHETIC).then(|| part.dataset.clone()));
                title.extend(slice.condition.clone());
                title.extend(
                    (!slice.x_label.is_empty()).then(|| format!("against {}", slice.x_label)),
                );
                out.push_str(&format!("{}\n\n{}\n", title.join(", "), align(&rows)));
            }
        }
    }
    let charted = |record: &&Record| {
        let mut parts = config
            .parts
            .iter()
            .filter(|part| part.is_about(&record.task));
        parts.any(|part| part.charts.contains(&record.metric))
    };
    legend(&mut out, records.iter().filter(charted));
    for shortage in config.parts.iter().flat_map(|part| &part.shortages) {
        out.push_str(&format!("Smaller than the preset: {shortage}.\n"));
    }
    Ok(out)
}

/// The head, and the series that were measured.
fn rows(part: &ResolvedPart, slice: &Slice, metric: Metric, summary: &Summary) -> Vec<Vec<String>> {
    let mut head = vec!["system".to_owned(), "stores".to_owned()];
    head.extend(slice.places.iter().map(|place| place.label.clone()));
    let row = |series: &ResolvedSeries| {
        let entries = slice.places.iter().map(|place| {
            let found = summary.at(series, place, metric);
            found.map_or_else(String::new, |found| entry(metric, found))
        });
        let names = [series.name.clone(), series.representation.to_string()];
        names.into_iter().chain(entries).collect::<Vec<String>>()
    };
    let measured = |row: &Vec<String>| row[2..].iter().any(|entry| !entry.is_empty());
    let rows = part.series.iter().map(row).filter(measured);
    std::iter::once(head).chain(rows).collect()
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
    let judged = |record: &Record| record.reference.as_ref().is_some_and(is_comparable);
    if shown.clone().any(judged) {
        out.push_str(
            "Behind our value, where one was published: = matches, + better, - worse, ! different.\n",
        );
    }
    for reason in not_comparable(shown) {
        out.push_str(&format!(
            "Published figures that cannot be compared are not shown: {reason}.\n"
        ));
    }
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

fn is_comparable(reference: &RecordReference) -> bool {
    !matches!(reference.verdict, Verdict::NotComparable(_))
}

/// Our value and, where it can be compared, the published one.
fn entry(metric: Metric, found: &Aggregate) -> String {
    let mut text = spread(metric, found.spread);
    if let Some(reference) = &found.reference {
        let mark = match reference.verdict {
            Verdict::Match => '=',
            Verdict::Better => '+',
            Verdict::Worse => '-',
            Verdict::Different => '!',
            Verdict::NotComparable(_) => return text,
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
