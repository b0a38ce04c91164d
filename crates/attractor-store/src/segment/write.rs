//! Segments as they are written.

use std::sync::Arc;

use bytes::Bytes;
use parquet::basic::Compression;
use parquet::data_type::{
    ByteArray, ByteArrayType, DataType, DoubleType, FixedLenByteArray, FixedLenByteArrayType,
    Int64Type,
};
use parquet::file::metadata::{KeyValue, SortingColumn};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::{ColumnPath, Type};

use super::{CONFIG_KEY, FORMAT_KEY, ID, LABEL, PATTERN};
use crate::disk::Output;
use crate::error::At;
use crate::manifest::{FORMAT, SegmentEntry};
use crate::payload::Column;
use crate::{Error, Kind, Result, StoreConfig};

/// Bytes of patterns in a row group: what a writer holds at once, and other readers.
pub(crate) const GROUP_BYTES: usize = 32 << 20;
/// Bytes of a page.
const PAGE_BYTES: usize = 8 << 20;

/// Rows with all that is stored of them.
#[derive(Debug)]
pub(crate) struct Piece {
    pub(crate) ids: Vec<u64>,
    pub(crate) labels: Vec<Option<String>>,
    /// In the order of the configuration.
    pub(crate) payload: Vec<Column>,
    /// As they are written.
    pub(crate) patterns: Vec<u8>,
}

impl Piece {
    pub(crate) fn new(config: &StoreConfig) -> Self {
        Self {
            ids: Vec::new(),
            labels: Vec::new(),
            payload: config.payload.iter().map(|f| Column::new(f.kind)).collect(),
            patterns: Vec::new(),
        }
    }
}

/// Rows of a row group.
pub(crate) fn group_rows(config: &StoreConfig) -> usize {
    (GROUP_BYTES / config.pattern_bytes()).max(1)
}

/// A segment that is being written.
pub(crate) struct SegmentWriter {
    number: u64,
    path: std::path::PathBuf,
    writer: SerializedFileWriter<Output>,
    width: usize,
    rows: u64,
    ids: Option<(u64, u64)>,
}

impl SegmentWriter {
    pub(crate) fn new(number: u64, output: Output, config: &StoreConfig) -> Result<Self> {
        let path = output.path().to_owned();
        let schema = schema(config).at(&path, "written")?;
        let properties = properties(config, &path)?;
        let writer = SerializedFileWriter::new(output, schema, properties).at(&path, "written")?;
        Ok(Self {
            number,
            path,
            writer,
            width: config.pattern_bytes(),
            rows: 0,
            ids: None,
        })
    }

    /// Writes a row group, if the piece has rows.
    pub(crate) fn push(&mut self, piece: Piece) -> Result<()> {
        let (Some(&first), Some(&last)) = (piece.ids.first(), piece.ids.last()) else {
            return Ok(());
        };
        self.rows += piece.ids.len() as u64;
        self.ids = Some((self.ids.map_or(first, |ids| ids.0), last));
        let width = self.width;
        let group = self.writer.next_row_group();
        group
            .and_then(|group| write_group(group, piece, width))
            .at(&self.path, "written")
    }

    /// On the disk when this returns, though no manifest names it.
    pub(crate) fn finish(mut self) -> Result<SegmentEntry> {
        let ids = self
            .ids
            .ok_or_else(|| Error::damaged(&self.path, "a segment with rows", "none"))?;
        let path = &self.path;
        // The writer has a buffer of its own.
        self.writer.flush().at(path, "written")?;
        self.writer.inner_mut().begin_tail();
        let output = self.writer.into_inner().at(path, "written")?;
        let written = output.finish()?;
        Ok(SegmentEntry::new(self.number, self.rows, ids, written))
    }
}

fn schema(config: &StoreConfig) -> parquet::errors::Result<Arc<Type>> {
    let mut text = format!(
        "message attractor {{ required int64 {ID} (INTEGER(64,false)); optional binary {LABEL} (STRING); \
         required fixed_len_byte_array({}) {PATTERN};",
        config.pattern_bytes()
    );
    for field in &config.payload {
        let name = &field.name;
        text += &match field.kind {
            Kind::Text => format!(" optional binary {name} (STRING);"),
            Kind::Whole => format!(" optional int64 {name};"),
            Kind::Real => format!(" optional double {name};"),
        };
    }
    parse_message_type(&(text + " }")).map(Arc::new)
}

fn properties(config: &StoreConfig, path: &std::path::Path) -> Result<Arc<WriterProperties>> {
    let described = serde_json::to_string(config)
        .map_err(|error| Error::damaged(path, "a configuration that can be written", error))?;
    let metadata = vec![
        KeyValue::new(FORMAT_KEY.to_owned(), FORMAT.to_string()),
        KeyValue::new(CONFIG_KEY.to_owned(), described),
    ];
    let pattern = ColumnPath::from(PATTERN);
    let id = ColumnPath::from(ID);
    let mut builder = WriterProperties::builder()
        .set_created_by(concat!("attractor-store ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_key_value_metadata(Some(metadata))
        .set_compression(Compression::UNCOMPRESSED)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_sorting_columns(Some(vec![SortingColumn {
            column_idx: 0,
            descending: false,
            nulls_first: false,
        }]))
        // The size of a page is looked at after each batch of values.
        .set_write_batch_size((PAGE_BYTES / 8 / config.pattern_bytes()).clamp(1, 1024))
        .set_data_page_size_limit(PAGE_BYTES)
        .set_column_data_page_row_count_limit(pattern.clone(), usize::MAX)
        .set_column_data_page_row_count_limit(id.clone(), usize::MAX)
        .set_column_statistics_enabled(pattern.clone(), EnabledStatistics::None)
        .set_column_dictionary_enabled(pattern, false)
        .set_column_dictionary_enabled(id, false);
    for field in config.payload.iter().filter(|f| f.kind != Kind::Text) {
        builder =
            builder.set_column_dictionary_enabled(ColumnPath::from(field.name.as_str()), false);
    }
    Ok(Arc::new(builder.build()))
}

fn write_group(
    mut group: SerializedRowGroupWriter<'_, Output>,
    piece: Piece,
    width: usize,
) -> parquet::errors::Result<()> {
    let ids: Vec<i64> = piece.ids.iter().map(|&id| id.cast_signed()).collect();
    required::<Int64Type>(&mut group, &ids)?;
    optional::<ByteArrayType, _>(&mut group, piece.labels, text)?;
    let patterns = Bytes::from(piece.patterns);
    let cut = (0..ids.len()).map(|row| {
        FixedLenByteArray::from(ByteArray::from(
            patterns.slice(row * width..(row + 1) * width),
        ))
    });
    required::<FixedLenByteArrayType>(&mut group, &cut.collect::<Vec<_>>())?;
    for column in piece.payload {
        match column {
            Column::Text(values) => optional::<ByteArrayType, _>(&mut group, values, text)?,
            Column::Whole(values) => optional::<Int64Type, _>(&mut group, values, |value| value)?,
            Column::Real(values) => optional::<DoubleType, _>(&mut group, values, |value| value)?,
        }
    }
    group.close().map(|_| ())
}

fn text(text: String) -> ByteArray {
    text.into_bytes().into()
}

fn required<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, Output>,
    values: &[T::T],
) -> parquet::errors::Result<()> {
    write::<T>(group, values, None)
}

fn optional<T: DataType, V>(
    group: &mut SerializedRowGroupWriter<'_, Output>,
    values: Vec<Option<V>>,
    convert: impl Fn(V) -> T::T,
) -> parquet::errors::Result<()> {
    let levels: Vec<i16> = values.iter().map(|value| value.is_some().into()).collect();
    let values: Vec<T::T> = values.into_iter().flatten().map(convert).collect();
    write::<T>(group, &values, Some(&levels))
}

fn write<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, Output>,
    values: &[T::T],
    levels: Option<&[i16]>,
) -> parquet::errors::Result<()> {
    let missing = || parquet::errors::ParquetError::General("a column too few".to_owned());
    let mut column = group.next_column()?.ok_or_else(missing)?;
    column.typed::<T>().write_batch(values, levels, None)?;
    column.close()
}
