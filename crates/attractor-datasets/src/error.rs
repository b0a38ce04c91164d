//! What can go wrong between a file or URL and an [`ImageSet`](crate::ImageSet).
//!
//! Every variant about a file names it, with what was expected and what was found. The system's own
//! reason is the error's source and no part of its sentence: `attractor_core::failure::reasons` joins both.

use std::io;
use std::path::{Path, PathBuf};

use crate::Split;

/// Result with the crate's [`DataError`].
pub type Result<T, E = DataError> = std::result::Result<T, E>;

/// What can go wrong when data is found, downloaded, read or corrupted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// The operating system refused.
    #[error("{}: could not {action}", path.display())]
    Io {
        /// File or directory.
        path: PathBuf,
        /// What was tried, such as "read".
        action: &'static str,
        /// The system's reason.
        source: io::Error,
    },

    /// A folder that another process is downloading into.
    #[error("{}: another process is fetching into this folder; try again when it is done", folder.display())]
    Busy {
        /// The folder.
        folder: PathBuf,
    },

    /// A file with fewer or more bytes than its format asks for.
    #[error("{}: expected {expected} bytes{what}, found {found}", path.display())]
    Size {
        /// The file.
        path: PathBuf,
        /// Empty, or what the bytes are, such as " of pixels".
        what: &'static str,
        /// Bytes expected.
        expected: u64,
        /// Bytes found.
        found: u64,
    },

    /// A label outside the classes of the data set.
    #[error("{}: record {record}: expected a label below {classes}, found {found}", path.display())]
    Label {
        /// The file.
        path: PathBuf,
        /// Record number, from 0.
        record: usize,
        /// Number of classes.
        classes: usize,
        /// The label.
        found: u32,
    },

    /// A file that starts with the wrong number.
    #[error("{}: expected magic number {expected} ({what}), found {found}", path.display())]
    Magic {
        /// The file.
        path: PathBuf,
        /// What the number announces.
        what: &'static str,
        /// Number expected.
        expected: u32,
        /// Number found.
        found: u32,
    },

    /// Two files that must hold the same number of items.
    #[error(
        "{}: expected {expected} labels, one for each image of {}, found {found}",
        path.display(), images.display()
    )]
    Count {
        /// The label file.
        path: PathBuf,
        /// The image file.
        images: PathBuf,
        /// Images.
        expected: usize,
        /// Labels.
        found: usize,
    },

    /// An image that cannot be decoded or has the wrong size.
    #[error("{}: {}: {reason}", path.display(), member.as_deref().unwrap_or("image"))]
    Image {
        /// The file or the archive.
        path: PathBuf,
        /// The member's name when `path` is an archive.
        member: Option<String>,
        /// What is wrong.
        reason: String,
    },

    /// A folder, archive or table that is not laid out as it should be.
    #[error("{}: expected {expected}, found {found}", path.display())]
    Layout {
        /// The folder or file.
        path: PathBuf,
        /// What should be there.
        expected: String,
        /// What is there.
        found: String,
    },

    /// A data set of which the requested split is not there.
    #[error("{}: expected {expected}, found {found}", path.display())]
    Absent {
        /// The folder or file.
        path: PathBuf,
        /// The split.
        split: Split,
        /// What should be there.
        expected: String,
        /// What is there.
        found: String,
    },

    /// A manifest that does not parse or breaks a rule.
    #[error("{}: {reason}", path.display())]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// The parser's message or the broken rule.
        reason: String,
    },

    /// A file of scene annotations that does not parse or contradicts itself.
    #[error("{}: {reason}", path.display())]
    Scenes {
        /// The file.
        path: PathBuf,
        /// The parser's message or the broken rule.
        reason: String,
    },

    /// A download whose content is not the published one.
    #[error("{}: expected sha256 {expected}, found {found} (from {url})", path.display())]
    Hash {
        /// The file that would have been written.
        path: PathBuf,
        /// Where it came from.
        url: String,
        /// Published hash.
        expected: String,
        /// Hash of the download.
        found: String,
    },

    /// A file that no mirror delivered.
    #[error("{}: download failed: {reason}", path.display())]
    Download {
        /// The file that would have been written.
        path: PathBuf,
        /// One reason for each mirror.
        reason: String,
    },

    /// An archive member that would leave the target directory.
    #[error("{}: refused member `{entry}`: {reason}", path.display())]
    UnsafeEntry {
        /// The archive.
        path: PathBuf,
        /// The member's name.
        entry: String,
        /// The rule it breaks.
        reason: &'static str,
    },

    /// A data set that is in none of the directories.
    #[error(
        "data set `{name}` not found; looked in {}; known names: {known}, or a path to a folder \
         or archive of images",
        list(searched)
    )]
    Missing {
        /// Name asked for.
        name: String,
        /// Directories that were searched.
        searched: Vec<PathBuf>,
        /// Names that exist.
        known: String,
    },

    /// A bad argument: index, width, level, or unknown name.
    #[error(transparent)]
    Core(#[from] attractor_core::Error),
}

impl DataError {
    pub(crate) fn io(path: &Path, action: &'static str) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io {
            path,
            action,
            source,
        }
    }

    pub(crate) fn absent(
        path: &Path,
        split: Split,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Self {
        Self::Absent {
            path: path.into(),
            split,
            expected: expected.into(),
            found: found.into(),
        }
    }

    pub(crate) fn layout(
        path: &Path,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Self {
        Self::Layout {
            path: path.into(),
            expected: expected.into(),
            found: found.into(),
        }
    }
}

fn list(paths: &[PathBuf]) -> String {
    if paths.is_empty() {
        return "no directory (none is configured)".into();
    }
    paths
        .iter()
        .map(|path| path.display().to_string())
        .collect::<Vec<_>>()
        .join(", ")
}
