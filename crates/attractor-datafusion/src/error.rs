//! What can be wrong with a call of the aggregates, in words.

use std::path::{Path, PathBuf};

use datafusion::common::DataFusionError;

/// Result with the crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error of this crate: what was expected and what was found. DataFusion hands it on as
/// [`DataFusionError::External`]; between machines it travels as its sentence.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A call with too few or too many arguments.
    #[error("{function}: expected the arguments ({expected}), found {found} of them")]
    Arguments {
        /// The aggregate.
        function: &'static str,
        /// Its arguments; those in brackets may be left out.
        expected: &'static str,
        /// How many were given.
        found: usize,
    },

    /// An argument of the wrong type or value.
    #[error("{function}: {argument}: expected {expected}, found {found}")]
    Argument {
        /// The aggregate.
        function: &'static str,
        /// The argument.
        argument: &'static str,
        /// What it must be.
        expected: String,
        /// What it is.
        found: String,
    },

    /// A row that is not a pattern as wide as the cue.
    #[error("{function}: pattern in row {row} of a batch: expected {expected}, found {found}")]
    Pattern {
        /// The aggregate.
        function: &'static str,
        /// The row, from 0, in its batch.
        row: usize,
        /// What the cue or the format asks for.
        expected: String,
        /// What is there.
        found: String,
    },

    /// Part of an answer, as another machine sent it, that does not belong to this question.
    #[error("{function}: state `{field}`: expected {expected}, found {found}")]
    State {
        /// The aggregate.
        function: &'static str,
        /// The column of the state.
        field: &'static str,
        /// What the cues and the width ask for.
        expected: String,
        /// What is there.
        found: String,
    },

    /// A store on disk that cannot be a table.
    #[error("{}: expected {expected}, found {found}", path.display())]
    Store {
        /// The folder or file.
        path: PathBuf,
        /// What must be there.
        expected: String,
        /// What is there.
        found: String,
    },

    /// What the read itself refuses, such as patterns that are not finite.
    #[error(transparent)]
    Core(#[from] attractor_core::Error),
}

impl From<Error> for DataFusionError {
    fn from(error: Error) -> Self {
        Self::External(Box::new(error))
    }
}

impl Error {
    pub(crate) fn store(path: &Path, expected: impl ToString, found: impl ToString) -> Self {
        Self::Store {
            path: path.to_owned(),
            expected: expected.to_string(),
            found: found.to_string(),
        }
    }

    pub(crate) fn argument(
        function: &'static str,
        argument: &'static str,
        expected: impl ToString,
        found: impl ToString,
    ) -> Self {
        Self::Argument {
            function,
            argument,
            expected: expected.to_string(),
            found: found.to_string(),
        }
    }
}
