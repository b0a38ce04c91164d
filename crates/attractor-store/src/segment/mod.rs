//! One file of patterns.

mod columns;
mod numbers;
mod raw;
mod source;
mod write;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parquet::basic::Type as Physical;
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader};
use sha2::{Digest, Sha256};

use crate::disk::hex;
use crate::error::{At, guarded};
use crate::manifest::{FORMAT, SegmentEntry};
use crate::{Error, Kind, Result, StoreConfig};
pub(crate) use numbers::encode;
use raw::Raw;
pub(crate) use source::Source;
pub(crate) use write::{Piece, SegmentWriter, group_rows};

const ID: &str = "id";
const LABEL: &str = "label";
const PATTERN: &str = "pattern";
/// Keys of the file's metadata.
const FORMAT_KEY: &str = "attractor.store.format";
const CONFIG_KEY: &str = "attractor.store.config";

/// Bytes that are hashed at once.
const HASHED: usize = 1 << 20;

/// An open file of patterns, whose footer has been verified.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) entry: SegmentEntry,
    pub(crate) path: PathBuf,
    config: Arc<StoreConfig>,
    source: Source,
    metadata: ParquetMetaData,
    places: Places,
    /// Row at which each row group begins, and the number of rows.
    starts: Vec<u64>,
    raw_ids: Option<Raw>,
    raw_patterns: Option<Raw>,
}

/// Which column is which.
#[derive(Debug)]
struct Places {
    id: usize,
    label: Option<usize>,
    pattern: usize,
    payload: Vec<usize>,
}

impl Segment {
    pub(crate) fn open(
        folder: &Path,
        entry: &SegmentEntry,
        config: &Arc<StoreConfig>,
    ) -> Result<Self> {
        let path = folder.join(&entry.file);
        let file = File::open(&path).at(&path, "opened")?;
        let source = Source::new(file).at(&path, "opened")?;
        if source.bytes() != entry.bytes {
            let bytes = |count| format!("{count} bytes");
            return Err(Error::damaged(
                &path,
                bytes(entry.bytes),
                bytes(source.bytes()),
            ));
        }
        let from = entry.bytes.checked_sub(entry.tail_bytes);
        let from = from.filter(|_| entry.tail_bytes >= 8).ok_or_else(|| {
            let found = format!("{} of {}", entry.tail_bytes, entry.bytes);
            Error::damaged(&path, "a tail of at least 8 bytes within the file", found)
        })?;
        check_hash(&path, &source, from, &entry.tail_sha256)?;
        let expected = || "a Parquet file of patterns".to_owned();
        guarded(&path, expected, || {
            Self::described(path.clone(), source, entry, config)
        })
    }

    /// Of a file whose footer is what was written, whoever wrote it.
    fn described(
        path: PathBuf,
        source: Source,
        entry: &SegmentEntry,
        config: &Arc<StoreConfig>,
    ) -> Result<Self> {
        let metadata = ParquetMetaDataReader::new()
            .with_column_index_policy(PageIndexPolicy::Skip)
            .with_offset_index_policy(PageIndexPolicy::Optional)
            .parse_and_finish(&source)
            .at(&path, "read")?;
        let places = Places::find(&path, &metadata, config)?;
        check_metadata(&path, &metadata, config)?;
        let mut starts = vec![0u64];
        for group in metadata.row_groups() {
            let rows = u64::try_from(group.num_rows()).ok();
            let next = rows.and_then(|rows| starts[starts.len() - 1].checked_add(rows));
            let found = group.num_rows();
            starts.push(next.ok_or_else(|| Error::damaged(&path, "numbers of rows", found))?);
        }
        let rows = starts[starts.len() - 1];
        if rows != entry.rows {
            let expected = format!("{} rows", entry.rows);
            return Err(Error::damaged(&path, expected, format!("{rows} rows")));
        }
        let raw = |column, width| Raw::of(&metadata, column, width, entry.bytes);
        Ok(Self {
            raw_ids: raw(places.id, 8),
            raw_patterns: raw(places.pattern, config.pattern_bytes()),
            entry: entry.clone(),
            path,
            config: config.clone(),
            source,
            places,
            starts,
            metadata,
        })
    }

    /// Number of patterns, deleted ones included.
    pub(crate) fn rows(&self) -> u64 {
        self.entry.rows
    }

    /// Whether ids count up without a gap, so that rows follow from them.
    pub(crate) fn is_gapless(&self) -> bool {
        self.entry.last_id - self.entry.first_id == self.entry.rows - 1
    }

    /// Whether the numbers of patterns are read in place, without decoding.
    pub(crate) fn is_raw(&self) -> bool {
        self.raw_patterns.is_some()
    }

    /// Reads all bytes and compares their hash.
    pub(crate) fn verify_bytes(&self) -> Result<()> {
        check_hash(&self.path, &self.source, 0, &self.entry.sha256)
    }
}

fn check_hash(path: &Path, source: &Source, from: u64, expected: &str) -> Result<()> {
    let found = hash(source, from).at(path, "read")?;
    if found == expected {
        return Ok(());
    }
    let which = match from {
        0 => "content".to_owned(),
        _ => format!("content from byte {from} on"),
    };
    Err(Error::damaged(
        path,
        format!("{which} with sha256 {expected}"),
        found,
    ))
}

/// sha256 of a file's bytes from a place on.
pub(crate) fn hash(source: &Source, from: u64) -> std::io::Result<String> {
    let (mut at, mut hash, mut buffer) = (from, Sha256::new(), vec![0; HASHED]);
    while at < source.bytes() {
        let part = &mut buffer[..(source.bytes() - at).min(HASHED as u64) as usize];
        source.read_exact(at, part)?;
        hash.update(&*part);
        at += part.len() as u64;
    }
    Ok(hex(hash))
}

/// What the file says of itself, where it says something.
fn check_metadata(path: &Path, metadata: &ParquetMetaData, config: &StoreConfig) -> Result<()> {
    let pairs = metadata.file_metadata().key_value_metadata();
    for pair in pairs.into_iter().flatten() {
        let found = pair.value.as_deref().unwrap_or_default();
        if pair.key == FORMAT_KEY && found != FORMAT.to_string() {
            let expected = format!("format {FORMAT}, which this version reads");
            return Err(Error::damaged(path, expected, format!("format {found}")));
        }
        if pair.key == CONFIG_KEY
            && serde_json::from_str::<StoreConfig>(found).ok().as_ref() != Some(config)
        {
            let expected = serde_json::to_string(config).unwrap_or_default();
            let expected = format!("a segment of a store of {expected}");
            return Err(Error::damaged(path, expected, format!("one of {found}")));
        }
    }
    Ok(())
}

impl Places {
    fn find(path: &Path, metadata: &ParquetMetaData, config: &StoreConfig) -> Result<Self> {
        let columns = metadata.file_metadata().schema_descr();
        let find = |name: &str, kind: Physical, width: Option<usize>| {
            let at =
                (0..columns.num_columns()).find(|&at| columns.column(at).path().string() == name);
            let Some(at) = at else { return Ok(None) };
            let found = columns.column(at);
            let fits = found.physical_type() == kind
                && found.max_rep_level() == 0
                && found.max_def_level() <= 1
                && width.is_none_or(|width| found.type_length() == width as i32);
            if fits {
                return Ok(Some(at));
            }
            let width = width.map_or(String::new(), |width| format!("({width})"));
            let expected = format!("column `{name}` of {kind}{width}, not nested");
            let found = format!(
                "{}({}), levels {} and {}",
                found.physical_type(),
                found.type_length(),
                found.max_def_level(),
                found.max_rep_level()
            );
            Err(Error::damaged(path, expected, found))
        };
        let need = |name: &str, kind, width| {
            find(name, kind, width)?.ok_or_else(|| {
                let names: Vec<String> = columns
                    .columns()
                    .iter()
                    .map(|column| column.path().string())
                    .collect();
                Error::damaged(path, format!("a column `{name}`"), names.join(", "))
            })
        };
        let payload = config.payload.iter().map(|field| {
            let kind = match field.kind {
                Kind::Text => Physical::BYTE_ARRAY,
                Kind::Whole => Physical::INT64,
                Kind::Real => Physical::DOUBLE,
            };
            need(&field.name, kind, None)
        });
        Ok(Self {
            id: need(ID, Physical::INT64, None)?,
            label: find(LABEL, Physical::BYTE_ARRAY, None)?,
            pattern: need(
                PATTERN,
                Physical::FIXED_LEN_BYTE_ARRAY,
                Some(config.pattern_bytes()),
            )?,
            payload: payload.collect::<Result<_>>()?,
        })
    }
}
