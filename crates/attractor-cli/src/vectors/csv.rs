//! Comma- and tab-separated values: a vector a line.

use std::path::Path;

use csv::{ReaderBuilder, StringRecord};

use super::builder::Builder;
use super::{Description, Problem, Table, text};

pub(super) fn read(path: &Path, given: &Description, comma: u8) -> Result<Table, Problem> {
    let bytes = std::fs::read(path).map_err(Problem::io(path))?;
    // What Windows programs begin a text with.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let mut reader = ReaderBuilder::new();
    reader.has_headers(false).flexible(true).delimiter(comma);
    let mut records = reader.from_reader(bytes).into_records();
    let broken = |error: csv::Error| Problem::format(path, "lines of values", error.to_string());
    let Some(first) = records.next() else {
        return Err(Problem::Empty { path: path.into() });
    };
    let first = first.map_err(broken)?;
    let named = match given.header {
        Some(named) => named,
        None => is_header(path, &first)?,
    };
    let columns = Columns::of(path, given, named.then_some(&first), first.len())?;
    let mut builder = Builder::new(path);
    let (mut labels, mut ids) = (Vec::new(), Vec::new());
    let data = (!named).then_some(Ok(first)).into_iter().chain(records);
    for (row, record) in data.enumerate() {
        let record = record.map_err(broken)?;
        if record.len() != columns.count {
            let expected = format!("{} fields in each line", columns.count);
            let found = format!("{} in vector {row} (from 0)", record.len());
            return Err(Problem::format(path, expected, found));
        }
        let mut numbers = Vec::with_capacity(record.len());
        for (at, field) in record.iter().enumerate() {
            if Some(at) == columns.label {
                labels.push(field.to_owned());
            } else if Some(at) == columns.id {
                ids.push(text::id(path, field)?);
            } else {
                numbers.push(field.trim().parse().map_err(|_| {
                    let expected = "numbers, or `--label-column`";
                    let column = at + 1;
                    let found = format!("`{field}` in column {column} of vector {row} (from 0)");
                    Problem::format(path, expected, found)
                })?);
            }
        }
        builder.push(numbers)?;
    }
    let mut table = builder.finish()?;
    table.labels = columns.label.map(|_| labels);
    table.ids = columns.id.map(|_| ids);
    Ok(table)
}

/// Whether a first line names the columns. One that counts them, as pandas writes without names, may be either.
fn is_header(path: &Path, first: &StringRecord) -> Result<bool, Problem> {
    let numbers: Option<Vec<f64>> = first
        .iter()
        .map(|field| field.trim().parse().ok())
        .collect();
    let Some(numbers) = numbers else {
        return Ok(true);
    };
    let counted = numbers.iter().enumerate();
    let counts = numbers.len() > 1 && counted.clone().all(|(at, value)| *value == at as f64);
    match counts {
        false => Ok(false),
        true => Err(Problem::format(
            path,
            "`--header yes` or `--header no`, since the first line may be either",
            "columns that are numbered",
        )),
    }
}

/// Which columns are no numbers of a vector.
pub(super) struct Columns {
    pub(super) count: usize,
    pub(super) label: Option<usize>,
    pub(super) id: Option<usize>,
}

impl Columns {
    fn of(
        path: &Path,
        given: &Description,
        header: Option<&StringRecord>,
        count: usize,
    ) -> Result<Self, Problem> {
        let names: Vec<&str> = header.map_or_else(Vec::new, |names| names.iter().collect());
        let label = find(path, given.label_column.as_deref(), "label", &names, count)?;
        let id = find(path, given.id_column.as_deref(), "id", &names, count)?;
        // An index that was written along, say: whether it is part of the vectors, only a person knows.
        let nameless =
            |at: &usize| names[*at].trim().is_empty() && ![label, id].contains(&Some(*at));
        if let Some(at) = (0..names.len()).find(nameless) {
            let column = at + 1;
            let expected = format!(
                "a name for each column, or `--id-column {column}` or `--label-column {column}`"
            );
            return Err(Problem::format(
                path,
                expected,
                format!("none for column {column}"),
            ));
        }
        Ok(Self { count, label, id })
    }
}

/// A column by its name or its number from 1; where nobody names one, that of the usual name.
pub(super) fn find(
    path: &Path,
    wanted: Option<&str>,
    usual: &str,
    names: &[&str],
    count: usize,
) -> Result<Option<usize>, Problem> {
    let named = |wanted: &str| names.iter().position(|name| name.trim() == wanted);
    let Some(wanted) = wanted else {
        return Ok(named(usual));
    };
    let numbered = || {
        let number: usize = wanted.parse().ok()?;
        number.checked_sub(1).filter(|at| *at < count)
    };
    let found = named(wanted).or_else(numbered);
    found.map(Some).ok_or_else(|| {
        let found = match names {
            [] => format!("{count} columns without names"),
            names => names.join(", "),
        };
        Problem::format(path, format!("a column `{wanted}`"), found)
    })
}
