//! Patterns in columns: which Arrow types hold them, and how they become rows of single precision.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, Float32Array, GenericListArray, OffsetSizeTrait,
};
use datafusion::arrow::datatypes::{DataType, Field, Float32Type};
use half::{bf16, f16};

use crate::{Error, Result};

/// How the bytes of a binary pattern are read, little-endian.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    F32,
    F16,
    Bf16,
}

impl Format {
    pub(crate) const NAMES: &'static str = "'f32', 'f16' or 'bf16'";

    pub(crate) fn of(name: &str) -> Option<Self> {
        match name {
            "f32" => Some(Self::F32),
            "f16" => Some(Self::F16),
            "bf16" => Some(Self::Bf16),
            _ => None,
        }
    }

    fn bytes(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F16 | Self::Bf16 => 2,
        }
    }

    fn append(self, bytes: &[u8], values: &mut Vec<f32>) {
        match self {
            Self::F32 => values.extend(words::<4>(bytes).map(f32::from_le_bytes)),
            Self::F16 => values.extend(words(bytes).map(|word| f16::from_le_bytes(word).to_f32())),
            Self::Bf16 => {
                values.extend(words(bytes).map(|word| bf16::from_le_bytes(word).to_f32()))
            }
        }
    }
}

fn words<const N: usize>(bytes: &[u8]) -> impl Iterator<Item = [u8; N]> {
    bytes.as_chunks::<N>().0.iter().copied()
}

/// The type that a column of patterns is read as: bytes as they are, lists of numbers as lists of single precision.
/// Nothing if it holds no patterns.
pub(crate) fn readable(column: &DataType) -> Option<DataType> {
    let item = |field: &Arc<Field>| -> Option<Arc<Field>> {
        let exact = matches!(
            field.data_type(),
            DataType::Float16
                | DataType::Float32
                | DataType::Float64
                | DataType::Int8
                | DataType::Int16
                | DataType::UInt8
                | DataType::UInt16
        );
        let single = || field.as_ref().clone().with_data_type(DataType::Float32);
        exact.then(|| Arc::new(single()))
    };
    match column {
        DataType::FixedSizeBinary(_)
        | DataType::Binary
        | DataType::LargeBinary
        | DataType::BinaryView => Some(column.clone()),
        DataType::FixedSizeList(field, width) => {
            item(field).map(|field| DataType::FixedSizeList(field, *width))
        }
        DataType::List(field) => item(field).map(DataType::List),
        DataType::LargeList(field) => item(field).map(DataType::LargeList),
        _ => None,
    }
}

pub(crate) const READABLE: &str =
    "a column of bytes, or of lists of floats or of integers of at most 16 bits";

/// The patterns of a column.
#[derive(Debug, PartialEq)]
pub(crate) struct Patterns {
    /// Row-major `[rows.len(), d]`.
    pub(crate) values: Vec<f32>,
    /// Their rows in the column: those that are not NULL.
    pub(crate) rows: Vec<usize>,
}

/// How patterns are read: for whom, how wide they are, and what their bytes mean.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader {
    pub(crate) function: &'static str,
    pub(crate) dim: usize,
    pub(crate) format: Option<Format>,
}

impl Reader {
    /// The format of binary patterns of that many bytes. Two bytes an entry may be either half format: that must be
    /// said, not guessed.
    fn format(&self, bytes: usize) -> std::result::Result<Format, (String, String)> {
        let dim = self.dim;
        let found = || format!("{bytes} bytes");
        match self.format {
            Some(format) if bytes == dim * format.bytes() => Ok(format),
            Some(format) => Err((
                format!(
                    "{} bytes, as many as the cue's {dim} entries have",
                    dim * format.bytes()
                ),
                found(),
            )),
            None if bytes == dim * 4 => Ok(Format::F32),
            None if bytes == dim * 2 => Err((
                "a format, 'f16' or 'bf16', as the last argument".into(),
                format!("{bytes} bytes for {dim} entries and no format"),
            )),
            None => Err((
                format!(
                    "{} bytes, four for each of the cue's {dim} entries",
                    dim * 4
                ),
                found(),
            )),
        }
    }

    /// What is known before any row is read.
    ///
    /// # Errors
    /// [`Error::Argument`] if no row of a column of this type can be a pattern as wide as the cue.
    pub(crate) fn check(&self, column: &DataType) -> Result<()> {
        let fail = |(expected, found)| Error::argument(self.function, "pattern", expected, found);
        match column {
            DataType::FixedSizeBinary(bytes) => {
                self.format(usize::try_from(*bytes).unwrap_or(0))
                    .map_err(fail)?;
            }
            DataType::FixedSizeList(_, width) if usize::try_from(*width) != Ok(self.dim) => {
                let expected = format!("{} entries, as many as the cue has", self.dim);
                return Err(fail((expected, width.to_string())));
            }
            column if readable(column).is_none() => {
                return Err(fail((READABLE.into(), column.to_string())));
            }
            _ => {}
        }
        let binary = matches!(
            column,
            DataType::FixedSizeBinary(_)
                | DataType::Binary
                | DataType::LargeBinary
                | DataType::BinaryView
        );
        match self.format {
            Some(_) if !binary => Err(Error::argument(
                self.function,
                "format",
                "none, since the pattern's type says what its entries are",
                "one",
            )),
            _ => Ok(()),
        }
    }

    /// The patterns of a column that was made [`readable`]; rows that are NULL are left out.
    ///
    /// # Errors
    /// [`Error::Pattern`] naming the row.
    pub(crate) fn read(&self, column: &ArrayRef) -> Result<Patterns> {
        let mut values = Vec::with_capacity(column.len() * self.dim);
        let nulls = column.logical_nulls();
        let valid = |row: &usize| nulls.as_ref().is_none_or(|nulls| nulls.is_valid(*row));
        let rows: Vec<usize> = (0..column.len()).filter(valid).collect();
        match column.data_type() {
            DataType::FixedSizeBinary(_) => {
                let array = column.as_fixed_size_binary();
                self.bytes(&rows, |row| array.value(row), &mut values)?;
            }
            DataType::Binary => {
                let array = column.as_binary::<i32>();
                self.bytes(&rows, |row| array.value(row), &mut values)?;
            }
            DataType::LargeBinary => {
                let array = column.as_binary::<i64>();
                self.bytes(&rows, |row| array.value(row), &mut values)?;
            }
            DataType::BinaryView => {
                let array = column.as_binary_view();
                self.bytes(&rows, |row| array.value(row), &mut values)?;
            }
            DataType::FixedSizeList(_, width) => {
                let array = column.as_fixed_size_list();
                let width = usize::try_from(*width).unwrap_or(0);
                let range = |row| {
                    let start = usize::try_from(array.value_offset(row)).unwrap_or(0);
                    (start, start + width)
                };
                self.lists(&rows, array.values(), range, &mut values)?;
            }
            DataType::List(_) => self.offsets(&rows, column.as_list::<i32>(), &mut values)?,
            DataType::LargeList(_) => self.offsets(&rows, column.as_list::<i64>(), &mut values)?,
            other => return Err(Error::argument(self.function, "pattern", READABLE, other)),
        }
        Ok(Patterns { values, rows })
    }

    fn bytes<'a>(
        &self,
        rows: &[usize],
        row: impl Fn(usize) -> &'a [u8],
        values: &mut Vec<f32>,
    ) -> Result<()> {
        for &at in rows {
            let bytes = row(at);
            let format = self.format(bytes.len());
            let format = format.map_err(|(expected, found)| self.fail(at, expected, found))?;
            format.append(bytes, values);
        }
        Ok(())
    }

    fn offsets<O: OffsetSizeTrait>(
        &self,
        rows: &[usize],
        array: &GenericListArray<O>,
        values: &mut Vec<f32>,
    ) -> Result<()> {
        let offsets = array.value_offsets();
        let range = |row: usize| (offsets[row].as_usize(), offsets[row + 1].as_usize());
        self.lists(rows, array.values(), range, values)
    }

    fn lists(
        &self,
        rows: &[usize],
        items: &ArrayRef,
        range: impl Fn(usize) -> (usize, usize),
        values: &mut Vec<f32>,
    ) -> Result<()> {
        let items: &Float32Array = items.as_primitive_opt::<Float32Type>().ok_or_else(|| {
            Error::argument(self.function, "pattern", READABLE, items.data_type())
        })?;
        for &row in rows {
            let (start, end) = range(row);
            if end - start != self.dim {
                let expected = format!("{} entries, as many as the cue has", self.dim);
                return Err(self.fail(row, expected, (end - start).to_string()));
            }
            if let Some(column) = (start..end).position(|at| items.is_null(at)) {
                return Err(self.fail(row, "numbers".into(), format!("NULL at entry {column}")));
            }
            values.extend_from_slice(&items.values()[start..end]);
        }
        Ok(())
    }

    fn fail(&self, row: usize, expected: String, found: String) -> Error {
        Error::Pattern {
            function: self.function,
            row,
            expected,
            found,
        }
    }
}

#[cfg(test)]
#[path = "pattern_tests.rs"]
mod tests;
