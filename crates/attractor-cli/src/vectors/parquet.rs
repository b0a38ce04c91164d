//! Parquet: a column of lists, or a column for each entry of the vectors.

use std::fs::File;
use std::path::Path;

use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::{Field, Row};

use super::builder::Builder;
use super::csv::find;
use super::{Description, Problem, Table, text};

pub(super) fn read(path: &Path, given: &Description) -> Result<Table, Problem> {
    let file = File::open(path).map_err(Problem::io(path))?;
    let broken = |error: ParquetError| Problem::format(path, "a Parquet file", error.to_string());
    let reader = SerializedFileReader::new(file).map_err(broken)?;
    let schema = reader.metadata().file_metadata().schema_descr_ptr();
    let fields = schema.root_schema().get_fields();
    let names: Vec<&str> = fields.iter().map(|field| field.name()).collect();
    let label = find(
        path,
        given.label_column.as_deref(),
        "label",
        &names,
        names.len(),
    )?;
    let id = find(path, given.id_column.as_deref(), "id", &names, names.len())?;
    let lists = |at: &usize| !fields[*at].is_primitive();
    let list = match &given.column {
        Some(name) => find(path, Some(name), "", &names, names.len())?,
        None => match &(0..names.len()).filter(lists).collect::<Vec<_>>()[..] {
            [] => None,
            [only] => Some(*only),
            several => {
                let found: Vec<&str> = several.iter().map(|at| names[*at]).collect();
                let expected = "one column of lists, or `--column` with the name of one";
                return Err(Problem::format(path, expected, found.join(", ")));
            }
        },
    };
    let mut builder = Builder::new(path);
    let (mut labels, mut ids) = (Vec::new(), Vec::new());
    for (row, record) in reader.get_row_iter(None).map_err(broken)?.enumerate() {
        let record: Row = record.map_err(broken)?;
        let mut numbers = Vec::new();
        for (at, (name, field)) in record.get_column_iter().enumerate() {
            let place = || format!("`{name}` of vector {row} (from 0)");
            if Some(at) == label {
                labels.push(match field {
                    Field::Str(text) => text.clone(),
                    other => other.to_string(),
                });
            } else if Some(at) == id {
                ids.push(text::id(path, &field.to_string())?);
            } else if list == Some(at) {
                let Field::ListInternal(entries) = field else {
                    let found = format!("{field} in {}", place());
                    return Err(Problem::format(path, "a list of numbers", found));
                };
                for entry in entries.elements() {
                    numbers.push(number(path, entry, &place)?);
                }
            } else if list.is_none() {
                numbers.push(number(path, field, &place)?);
            }
        }
        builder.push(numbers)?;
    }
    let mut table = builder.finish()?;
    table.labels = label.map(|_| labels);
    table.ids = id.map(|_| ids);
    Ok(table)
}

fn number(path: &Path, field: &Field, place: &dyn Fn() -> String) -> Result<f64, Problem> {
    match field {
        Field::Float(value) => Ok(f64::from(*value)),
        Field::Float16(value) => Ok(f64::from(*value)),
        Field::Double(value) => Ok(*value),
        Field::Byte(value) => Ok(f64::from(*value)),
        Field::UByte(value) => Ok(f64::from(*value)),
        Field::Short(value) => Ok(f64::from(*value)),
        Field::UShort(value) => Ok(f64::from(*value)),
        Field::Int(value) => Ok(f64::from(*value)),
        Field::UInt(value) => Ok(f64::from(*value)),
        other => {
            let expected = "numbers, or `--label-column` and `--column`";
            let found = format!("{other} in {}", place());
            Err(Problem::format(path, expected, found))
        }
    }
}
