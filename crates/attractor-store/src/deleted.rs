//! Files of deleted rows: one for each deletion, until the segments are written anew.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use parquet::basic::Compression;
use parquet::column::reader::get_typed_column_reader;
use parquet::data_type::Int64Type;
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use sha2::{Digest, Sha256};

use crate::disk::{Output, Written, hex};
use crate::error::{At, guarded};
use crate::manifest::DeletionEntry;
use crate::{Error, Result};

/// So that a query can leave them out: `id` suffices for that, the others say where it is.
const SCHEMA: &str = "message deleted { required int64 segment; required int64 row; \
                      required int64 id (INTEGER(64,false)); }";

/// A deleted row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Deleted {
    /// Number of its segment.
    pub(crate) segment: u64,
    pub(crate) row: u32,
    pub(crate) id: u64,
}

/// On the disk when this returns, though no manifest names it.
pub(crate) fn write(output: Output, rows: &[Deleted]) -> Result<Written> {
    let path = output.path().to_owned();
    let columns: [Vec<i64>; 3] = [
        rows.iter().map(|row| row.segment.cast_signed()).collect(),
        rows.iter().map(|row| row.row.into()).collect(),
        rows.iter().map(|row| row.id.cast_signed()).collect(),
    ];
    let make = || {
        let schema = Arc::new(parse_message_type(SCHEMA)?);
        let properties = WriterProperties::builder()
            .set_compression(Compression::UNCOMPRESSED)
            .build();
        let mut writer = SerializedFileWriter::new(output, schema, Arc::new(properties))?;
        let mut group = writer.next_row_group()?;
        for values in &columns {
            if let Some(mut column) = group.next_column()? {
                column
                    .typed::<Int64Type>()
                    .write_batch(values, None, None)?;
                column.close()?;
            }
        }
        group.close()?;
        writer.into_inner()
    };
    make().at(&path, "written")?.finish()
}

/// The rows of a file whose hash is that of the manifest.
pub(crate) fn read(folder: &Path, entry: &DeletionEntry) -> Result<Vec<Deleted>> {
    let path = folder.join(&entry.file);
    let length = fs::metadata(&path).at(&path, "opened")?.len();
    if length != entry.bytes {
        let bytes = |count| format!("{count} bytes");
        return Err(Error::damaged(&path, bytes(entry.bytes), bytes(length)));
    }
    let bytes = fs::read(&path).at(&path, "read")?;
    let mut hash = Sha256::new();
    hash.update(&bytes);
    let found = hex(hash);
    if found != entry.sha256 {
        let expected = format!("content with sha256 {}", entry.sha256);
        return Err(Error::damaged(&path, expected, found));
    }
    let expected = || "a file of deleted rows".to_owned();
    let read = || columns(bytes.into()).at(&path, "read");
    let [segments, rows, ids] = guarded(&path, expected, read)?;
    if segments.len() as u64 != entry.rows {
        let expected = format!("{} rows", entry.rows);
        return Err(Error::damaged(&path, expected, segments.len()));
    }
    let all = segments.into_iter().zip(rows).zip(ids);
    all.map(|((segment, row), id)| {
        let row = u32::try_from(row)
            .map_err(|_| Error::damaged(&path, "rows from 0 to 2^32 - 1", row))?;
        Ok(Deleted {
            segment: segment.cast_unsigned(),
            row,
            id: id.cast_unsigned(),
        })
    })
    .collect()
}

fn columns(bytes: Bytes) -> parquet::errors::Result<[Vec<i64>; 3]> {
    let reader = SerializedFileReader::new(bytes)?;
    let mut columns = [Vec::new(), Vec::new(), Vec::new()];
    for group in 0..reader.num_row_groups() {
        let group = reader.get_row_group(group)?;
        let rows = usize::try_from(group.metadata().num_rows())?;
        for (at, values) in columns.iter_mut().enumerate() {
            let mut reader = get_typed_column_reader::<Int64Type>(group.get_column_reader(at)?);
            let mut left = rows;
            while left > 0 {
                let (count, _, _) = reader.read_records(left, None, None, values)?;
                if count == 0 {
                    return Err(parquet::errors::ParquetError::EOF(
                        "a column ends".to_owned(),
                    ));
                }
                left -= count;
            }
        }
    }
    Ok(columns)
}

/// Whether an error says that a file is not there: a change of another process may have removed it meanwhile.
pub(crate) fn is_gone(error: &Error) -> bool {
    matches!(error, Error::Io { source, .. } if source.kind() == ErrorKind::NotFound)
}
