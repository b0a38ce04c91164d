//! What can be wrong with a file of vectors.

use std::path::{Path, PathBuf};

/// Each names the file, what was expected and what was found.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Problem {
    #[error("{}: could not read", path.display())]
    Io {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{}: expected {expected}, found {found}", path.display())]
    Format {
        path: PathBuf,
        expected: String,
        found: String,
    },
    #[error("{}: expected vectors, found none", path.display())]
    Empty { path: PathBuf },
    #[error("{}: expected {expected} numbers in each vector, found {found} in vector {row} (from 0)", path.display())]
    Width {
        path: PathBuf,
        row: usize,
        expected: usize,
        found: usize,
    },
    #[error("{}: expected numbers that single precision holds, found {found} in vector {row}, entry {column} (from 0)", path.display())]
    NotFinite {
        path: PathBuf,
        row: usize,
        column: usize,
        found: f64,
    },
    #[error("{}: expected {expected} {what}, one for each vector, found {found}", path.display())]
    Count {
        path: PathBuf,
        what: &'static str,
        expected: usize,
        found: usize,
    },
    #[cfg(not(feature = "parquet"))]
    #[error("{}: this program was built without Parquet; `cargo install --path crates/attractor-cli --features parquet` builds it with", path.display())]
    WithoutParquet { path: PathBuf },
}

impl Problem {
    pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }

    pub(crate) fn format(
        path: &Path,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Self {
        Self::Format {
            path: path.into(),
            expected: expected.into(),
            found: found.into(),
        }
    }
}
