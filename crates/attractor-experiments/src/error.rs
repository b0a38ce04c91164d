//! Errors of protocols.

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
        /// The study's part.
        part: String,
        /// Name given.
        name: String,
        /// Comma-separated list.
        known: String,
    },

    /// Options that do not parse, or hold an unknown key.
    #[error("part `{part}`, series `{series}`: {message}")]
    Options {
        /// The study's part.
        part: String,
        /// The series.
        series: String,
        /// What is wrong.
        message: String,
    },

    /// A cell that cannot be measured as asked.
    #[error("part `{part}`: {what}: expected {expected}, found {found}")]
    Cell {
        /// The study's part.
        part: String,
        /// What about it, such as "level".
        what: &'static str,
        /// What would be possible.
        expected: String,
        /// What was asked for.
        found: String,
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
