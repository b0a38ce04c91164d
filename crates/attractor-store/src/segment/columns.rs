//! What is stored of some rows of a segment.

use std::ops::Range;
use std::sync::Arc;

use parquet::column::reader::{ColumnReaderImpl, get_column_reader, get_typed_column_reader};
use parquet::data_type::{
    ByteArray, ByteArrayType, DataType, DoubleType, FixedLenByteArrayType, Int64Type,
};
use parquet::file::serialized_reader::SerializedPageReader;

use super::numbers::decode;
use super::{PATTERN, Segment};
use crate::error::{At, guarded};
use crate::payload::Column;
use crate::{Error, Kind, Precision, Result};

impl Segment {
    /// The numbers of the rows from `first` on for which `out` `[rows, d]` has place; `scratch` is for other precisions
    /// than that of `out`.
    pub(crate) fn patterns(
        &self,
        first: u64,
        out: &mut [f32],
        scratch: &mut Vec<u8>,
    ) -> Result<()> {
        let config = &self.config;
        let in_place = cfg!(target_endian = "little") && config.precision == Precision::F32;
        if let Some(raw) = self.raw_patterns.as_ref().filter(|_| in_place) {
            let bytes = bytemuck::cast_slice_mut::<f32, u8>(out);
            return raw.read(&self.source, first, bytes).at(&self.path, "read");
        }
        let rows = (out.len() / config.dim) as u64;
        self.pattern_bytes(first..first + rows, scratch)?;
        decode(config.precision, scratch, out);
        Ok(())
    }

    /// Says that the numbers of these rows are read soon.
    pub(crate) fn ahead(&self, first: u64, rows: u64) {
        if let Some(raw) = &self.raw_patterns {
            raw.ahead(&self.source, first, rows);
        }
    }

    /// The numbers of some rows as they are written; what `out` held is gone.
    pub(crate) fn pattern_bytes(&self, rows: Range<u64>, out: &mut Vec<u8>) -> Result<()> {
        let width = self.config.pattern_bytes();
        let count = (rows.end - rows.start) as usize;
        if let Some(raw) = &self.raw_patterns {
            out.resize(count * width, 0);
            return raw
                .read(&self.source, rows.start, out)
                .at(&self.path, "read");
        }
        out.clear();
        out.reserve(count * width);
        self.each::<FixedLenByteArrayType>(self.places.pattern, rows, |value| {
            let value = value.ok_or_else(|| self.absent(PATTERN))?;
            if value.len() != width {
                let expected = format!("{width} bytes of a pattern");
                return Err(Error::damaged(&self.path, expected, value.len()));
            }
            out.extend_from_slice(value.data());
            Ok(())
        })
    }

    /// The ids of some rows.
    pub(crate) fn ids(&self, rows: Range<u64>) -> Result<Vec<u64>> {
        if self.is_gapless() {
            let first = self.entry.first_id;
            return Ok((first + rows.start..first + rows.end).collect());
        }
        self.stored_ids(rows)
    }

    /// The ids of some rows as the file has them.
    pub(crate) fn stored_ids(&self, rows: Range<u64>) -> Result<Vec<u64>> {
        let count = (rows.end - rows.start) as usize;
        if let Some(raw) = &self.raw_ids {
            let mut bytes = vec![0; count * 8];
            raw.read(&self.source, rows.start, &mut bytes)
                .at(&self.path, "read")?;
            let ids = bytes.as_chunks::<8>().0.iter();
            return Ok(ids.map(|bytes| u64::from_le_bytes(*bytes)).collect());
        }
        let mut ids = Vec::with_capacity(count);
        self.each::<Int64Type>(self.places.id, rows, |value| {
            ids.push(value.ok_or_else(|| self.absent("id"))?.cast_unsigned());
            Ok(())
        })?;
        Ok(ids)
    }

    /// The row of an id, if it is one of the segment's.
    pub(crate) fn row_of(&self, id: u64) -> Result<Option<u64>> {
        let entry = &self.entry;
        if !(entry.first_id..=entry.last_id).contains(&id) {
            return Ok(None);
        }
        if self.is_gapless() {
            return Ok(Some(id - entry.first_id));
        }
        if self.raw_ids.is_none() {
            let ids = self.stored_ids(0..self.rows())?;
            return Ok(ids.binary_search(&id).ok().map(|row| row as u64));
        }
        // Ids rise: a few bytes from the middle say on which side it is. Between two ids there are no more rows than
        // numbers, which narrows the search from the start.
        let (mut low, mut high) = (0, self.rows());
        while low < high {
            let middle = low + (high - low) / 2;
            let found = self.stored_ids(middle..middle + 1)?[0];
            match found.cmp(&id) {
                std::cmp::Ordering::Equal => return Ok(Some(middle)),
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        Ok(None)
    }

    /// The labels of some rows.
    pub(crate) fn labels(&self, rows: Range<u64>) -> Result<Vec<Option<String>>> {
        match self.places.label {
            Some(column) => self.texts(column, rows),
            None => Ok(vec![None; (rows.end - rows.start) as usize]),
        }
    }

    /// The payload column of the field of that index, of some rows.
    pub(crate) fn payload(&self, field: usize, rows: Range<u64>) -> Result<Column> {
        let column = self.places.payload[field];
        Ok(match self.config.payload[field].kind {
            Kind::Text => Column::Text(self.texts(column, rows)?),
            Kind::Whole => Column::Whole(self.values::<Int64Type>(column, rows)?),
            Kind::Real => Column::Real(self.values::<DoubleType>(column, rows)?),
        })
    }

    fn texts(&self, column: usize, rows: Range<u64>) -> Result<Vec<Option<String>>> {
        let mut texts = Vec::with_capacity((rows.end - rows.start) as usize);
        let read = |bytes: ByteArray| match bytes.as_utf8() {
            Ok(text) => Ok(text.to_owned()),
            Err(error) => Err(Error::damaged(&self.path, "text as UTF-8", error)),
        };
        self.each::<ByteArrayType>(column, rows, |value| {
            texts.push(value.map(read).transpose()?);
            Ok(())
        })?;
        Ok(texts)
    }

    fn values<T: DataType>(&self, column: usize, rows: Range<u64>) -> Result<Vec<Option<T::T>>> {
        let mut values = Vec::with_capacity((rows.end - rows.start) as usize);
        self.each::<T>(column, rows, |value| {
            values.push(value);
            Ok(())
        })?;
        Ok(values)
    }

    /// Decodes a column: right for every form that Parquet has, slower than [`super::Raw`].
    fn each<T: DataType>(
        &self,
        column: usize,
        rows: Range<u64>,
        mut to: impl FnMut(Option<T::T>) -> Result<()>,
    ) -> Result<()> {
        for (group, bounds) in self.starts.windows(2).enumerate() {
            let from = rows.start.max(bounds[0]);
            let until = rows.end.min(bounds[1]);
            if from >= until {
                continue;
            }
            let place = (from - bounds[0]) as usize..(until - bounds[0]) as usize;
            let decode = || self.decode::<T>(group, column, place, &mut to);
            let expected = || format!("pages of column `{}`", self.name_of(column));
            guarded(&self.path, expected, decode)?;
        }
        Ok(())
    }

    /// Some rows of a row group.
    fn decode<T: DataType>(
        &self,
        group: usize,
        column: usize,
        rows: Range<usize>,
        to: &mut impl FnMut(Option<T::T>) -> Result<()>,
    ) -> Result<()> {
        let mut reader = self.column::<T>(group, column)?;
        let skipped = reader.skip_records(rows.start).at(&self.path, "read")?;
        if skipped != rows.start {
            return Err(self.too_few(column));
        }
        let mut left = rows.len();
        while left > 0 {
            let (mut levels, mut values) = (Vec::new(), Vec::new());
            // Pieces, so that wide values are not all there twice.
            let most = left.min(1024);
            let (records, _, _) = reader
                .read_records(most, Some(&mut levels), None, &mut values)
                .at(&self.path, "read")?;
            if records == 0 {
                return Err(self.too_few(column));
            }
            let mut values = values.into_iter();
            for record in 0..records {
                // A required column has no levels.
                let present = levels.get(record).is_none_or(|&level| level > 0);
                to(if present { values.next() } else { None })?;
            }
            left -= records;
        }
        Ok(())
    }

    fn column<T: DataType>(&self, group: usize, column: usize) -> Result<ColumnReaderImpl<T>> {
        let rows = self.metadata.row_group(group);
        let index = self.metadata.page_index();
        let pages = index.and_then(|index| index.page_locations(group, column).cloned());
        let count = (self.starts[group + 1] - self.starts[group]) as usize;
        let chunk = rows.column(column);
        let source = Arc::new(self.source.clone());
        let pages =
            SerializedPageReader::new(source, chunk, count, pages).at(&self.path, "read")?;
        let reader = get_column_reader(chunk.column_descr_ptr(), Box::new(pages));
        Ok(get_typed_column_reader(reader))
    }

    fn absent(&self, column: &str) -> Error {
        let expected = format!("a value of `{column}` in every row");
        Error::damaged(&self.path, expected, "one that is absent")
    }

    fn too_few(&self, column: usize) -> Error {
        let (rows, name) = (self.rows(), self.name_of(column));
        let expected = format!("{rows} values in column `{name}`");
        Error::damaged(&self.path, expected, "fewer")
    }

    fn name_of(&self, column: usize) -> String {
        let columns = self.metadata.file_metadata().schema_descr();
        columns.column(column).path().string()
    }
}
