//! A store of patterns on disk as a table: its files as its manifest names them, without the deleted ones.

use std::path::{Path, PathBuf};

use datafusion::common::Result as Outcome;
use datafusion::dataframe::DataFrame;
use datafusion::logical_expr::JoinType;
use datafusion::prelude::{ParquetReadOptions, SessionContext};
use serde::Deserialize;
use url::Url;

use crate::{Error, Result};

/// The layout of a store that is read here.
const FORMAT: u32 = 1;

/// What a manifest says of the files; it says more, which the store itself looks at.
#[derive(Debug, Deserialize)]
struct Manifest {
    config: Config,
    segments: Vec<Entry>,
    deletions: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
struct Config {
    dim: usize,
    precision: String,
}

/// A file of the store.
#[derive(Debug, Deserialize)]
struct Entry {
    file: String,
    bytes: u64,
}

/// How the patterns of a store are written: what its reads are asked with.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoreTable {
    /// Entries of a pattern.
    pub dim: usize,
    /// The aggregates' argument `format`.
    pub format: String,
}

/// Registers the store in a folder as a table with the columns `id`, `label`, `pattern` and those of its payload, as it is
/// now: what is written or deleted later is seen when it is registered again. The files are opened, not read.
///
/// # Errors
/// [`Error::Store`] for a folder without a manifest of this layout, and for files that are missing or of another size than
/// it says; what DataFusion says of a file that is not Parquet.
pub async fn register_store(
    context: &SessionContext,
    name: &str,
    folder: impl AsRef<Path>,
) -> Outcome<StoreTable> {
    let folder = folder.as_ref();
    let manifest = Manifest::read(folder)?;
    if manifest.segments.is_empty() {
        let expected = "a store that holds a pattern, whose files say what their columns are";
        return Err(Error::store(folder, expected, "an empty one").into());
    }
    let mut patterns = table(context, folder, &manifest.segments).await?;
    if !manifest.deletions.is_empty() {
        let deleted = table(context, folder, &manifest.deletions).await?;
        let deleted = deleted.select_columns(&["id"])?;
        patterns = patterns.join(deleted, JoinType::LeftAnti, &["id"], &["id"], None)?;
    }
    context.register_table(name, patterns.into_view())?;
    Ok(StoreTable {
        dim: manifest.config.dim,
        format: manifest.config.precision,
    })
}

async fn table(context: &SessionContext, folder: &Path, files: &[Entry]) -> Outcome<DataFrame> {
    let files = files.iter().map(|file| file.find(folder));
    let files = files.collect::<Result<Vec<String>>>()?;
    context
        .read_parquet(files, ParquetReadOptions::default())
        .await
}

impl Manifest {
    fn read(folder: &Path) -> Result<Self> {
        let path = folder.join("manifest.json");
        let text = std::fs::read_to_string(&path)
            .map_err(|error| Error::store(&path, "the manifest of a store", error))?;
        #[derive(Deserialize)]
        struct Any {
            format: u32,
        }
        let any: Any = serde_json::from_str(&text)
            .map_err(|error| Error::store(&path, "the manifest of a store", error))?;
        if any.format != FORMAT {
            let found = format!("format {}", any.format);
            return Err(Error::store(&path, format!("format {FORMAT}"), found));
        }
        serde_json::from_str(&text)
            .map_err(|error| Error::store(&path, "the manifest of a store", error))
    }
}

impl Entry {
    /// The address of the file: a path could be taken for a pattern of names.
    fn find(&self, folder: &Path) -> Result<String> {
        let path: PathBuf = folder.join(&self.file);
        // An engine lists what is there, and is silent about what is not.
        let found = std::fs::metadata(&path)
            .map_err(|error| Error::store(&path, "a file of the store", error))?;
        if found.len() != self.bytes {
            let expected = format!("{} bytes, as the manifest says", self.bytes);
            return Err(Error::store(&path, expected, found.len()));
        }
        let path = std::path::absolute(&path)
            .map_err(|error| Error::store(&path, "a path that can be made absolute", error))?;
        let url = Url::from_file_path(&path);
        let url = url.map_err(|()| Error::store(&path, "an absolute path", "another"))?;
        Ok(url.into())
    }
}
