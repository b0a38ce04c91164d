//! Errors of protocols.

use std::path::PathBuf;

use attractor::datasets::DataError;

/// Result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A protocol that is not known.
    #[error("unknown protocol `{name}`; known: {known}")]
    UnknownProtocol {
        /// Name given.
        name: String,
        /// Comma-separated list.
        known: String,
    },

    /// Something that the protocol does not measure.
    #[error("part `{part}`: unknown `measure` `{name}`; known: {known}")]
    UnknownMeasure {
        /// The experiment's part.
        part: String,
        /// Name given.
        name: String,
        /// Comma-separated list.
        known: String,
    },

    /// Options that do not parse, or hold an unknown key.
    #[error("part `{part}`, series `{series}`: {message}")]
    Options {
        /// The experiment's part.
        part: String,
        /// The series.
        series: String,
        /// What is wrong.
        message: String,
    },

    /// A cell that cannot be measured as asked.
    #[error("part `{part}`: {what}: expected {expected}, found {found}")]
    Cell {
        /// The experiment's part.
        part: String,
        /// What about it, such as "level".
        what: &'static str,
        /// What would be possible.
        expected: String,
        /// What was asked for.
        found: String,
    },

    /// A setting that does not fit.
    #[error("{what}: expected {expected}, found {found}")]
    Setting {
        /// Which, or what about it.
        what: String,
        /// What would fit.
        expected: String,
        /// What was found.
        found: String,
    },

    /// A model for images of another size.
    #[error(
        "the model `{model}` expects {expected} numbers per image, but data set `{dataset}` has {found} ({shape})"
    )]
    Width {
        /// Kind of the model.
        model: String,
        /// Numbers that it takes.
        expected: usize,
        /// Name of the data set.
        dataset: String,
        /// Numbers of its images.
        found: usize,
        /// Their shape.
        shape: String,
    },

    /// What went wrong, and where.
    #[error("{place}")]
    Within {
        /// The system, task or model.
        place: String,
        /// What is wrong there.
        source: Box<Error>,
    },

    /// A cell or a data set of another experiment.
    #[error("{0} is not one of this experiment's")]
    Stranger(String),

    /// An option of the command line that the experiment does not know.
    #[error("--{name} does not apply to `{experiment}`: {known}")]
    Override {
        /// The experiment.
        experiment: String,
        /// Name given.
        name: String,
        /// Those there are, in words.
        known: String,
    },

    /// A cell that this machine cannot hold.
    #[error(
        "cell {cell} would take about {wanted:.1e} bytes of memory, this machine has {found:.1e}"
    )]
    Memory {
        /// The cell.
        cell: String,
        /// Bytes that it takes.
        wanted: f64,
        /// Bytes that there are.
        found: f64,
    },

    /// A folder that cannot be made.
    #[error("could not create {}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },

    /// The run was asked to stop.
    #[error("stopped")]
    Stopped,

    /// A model or memory refused.
    #[error(transparent)]
    Core(#[from] attractor::core::Error),

    /// Data could not be loaded or corrupted.
    #[error(transparent)]
    Data(#[from] DataError),

    /// The run folder or a metric refused.
    #[error(transparent)]
    Evaluation(#[from] attractor::evaluation::Error),
}

impl Error {
    /// An error with the place that it happened in.
    pub fn within(place: impl Into<String>, error: impl Into<Self>) -> Self {
        Self::Within {
            place: place.into(),
            source: Box::new(error.into()),
        }
    }

    /// An error about a setting.
    pub fn setting(
        what: impl Into<String>,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Self {
        Self::Setting {
            what: what.into(),
            expected: expected.into(),
            found: found.into(),
        }
    }
}
