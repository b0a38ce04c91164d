//! What can go wrong with a store.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use crate::Precision;

/// Result with the crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong when a store is made, changed, verified or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// What the libraries below report: shapes, numbers that are not finite, ids that are not there.
    #[error(transparent)]
    Core(#[from] attractor_core::Error),

    /// The operating system refuses.
    #[error("{}: cannot be {action}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was tried, such as `read`.
        action: &'static str,
        /// What the system said.
        source: io::Error,
    },

    /// A file of the store is not what it has to be: cut, changed, missing or of another store.
    #[error("{}: expected {expected}, found {found}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What belongs there.
        expected: String,
        /// What is there.
        found: String,
    },

    /// A file that cannot be read or written as Parquet.
    #[error("{}: cannot be {action} as Parquet", path.display())]
    Parquet {
        /// The file.
        path: PathBuf,
        /// What was tried, such as `read`.
        action: &'static str,
        /// What the reader or writer said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },

    /// There is a store already where one is to be made.
    #[error("{}: expected a place without a store, found one", path.display())]
    Exists {
        /// The folder.
        path: PathBuf,
    },

    /// There is no store.
    #[error("{}: expected a store (a folder with a `manifest.json`), found none", path.display())]
    Missing {
        /// The folder.
        path: PathBuf,
    },

    /// Somebody else changes the store at this moment.
    #[error("{}: another process is changing this store; try again when it is done", path.display())]
    Busy {
        /// The folder.
        path: PathBuf,
    },

    /// A finite number that the precision of the store would make infinite.
    #[error(
        "patterns: expected numbers that {precision} holds (up to {}), found {value:e} at row {row}, \
         column {column}",
        precision.largest()
    )]
    Overflow {
        /// The store's precision.
        precision: Precision,
        /// First row with such a number.
        row: usize,
        /// Its column.
        column: usize,
        /// The number.
        value: f32,
    },

    /// A read that was told to stop.
    #[error("stopped after {patterns} of {of} patterns")]
    Stopped {
        /// Patterns that were read.
        patterns: u64,
        /// Patterns that there are.
        of: u64,
    },
}

impl Error {
    pub(crate) fn damaged(path: &Path, expected: impl ToString, found: impl ToString) -> Self {
        Self::Damaged {
            path: path.to_owned(),
            expected: expected.to_string(),
            found: found.to_string(),
        }
    }
}

/// Work with what a file says of itself. The reader of Parquet relies on some of that, and panics: that is damage too. What it
/// had in hand is dropped.
pub(crate) fn guarded<T>(
    path: &Path,
    expected: impl FnOnce() -> String,
    work: impl FnOnce() -> Result<T>,
) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(Error::damaged(path, expected(), "something else")))
}

/// Adds to an error of the system where it happened.
pub(crate) trait At<T> {
    fn at(self, path: &Path, action: &'static str) -> Result<T>;
}

impl<T> At<T> for io::Result<T> {
    fn at(self, path: &Path, action: &'static str) -> Result<T> {
        self.map_err(|source| Error::Io {
            path: path.to_owned(),
            action,
            source,
        })
    }
}

impl<T> At<T> for parquet::errors::Result<T> {
    fn at(self, path: &Path, action: &'static str) -> Result<T> {
        self.map_err(|source| Error::Parquet {
            path: path.to_owned(),
            action,
            source: Box::new(source),
        })
    }
}

impl From<Error> for attractor_core::Error {
    /// For the traits of memories, whose errors are those of core.
    fn from(error: Error) -> Self {
        let error = match error {
            Error::Core(error) => return error,
            other => other,
        };
        let path = match &error {
            Error::Io { path, .. }
            | Error::Damaged { path, .. }
            | Error::Parquet { path, .. }
            | Error::Exists { path }
            | Error::Missing { path }
            | Error::Busy { path } => path.clone(),
            _ => PathBuf::from("store"),
        };
        let text = error.to_string();
        let shown = format!("{}: ", path.display());
        let mut reason = text.strip_prefix(&shown).unwrap_or(&text).to_owned();
        let mut cause = std::error::Error::source(&error);
        while let Some(error) = cause {
            reason = format!("{reason}: {error}");
            cause = error.source();
        }
        Self::Weights { path, reason }
    }
}
