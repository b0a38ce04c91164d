//! Errors of experiments, runs and reports. What the system says is an error's source, and no part of its
//! sentence: programs print the chain.

use std::io;
use std::path::{Path, PathBuf};

/// Result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file could not be read, written or renamed.
    #[error("{}: {action}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was tried, such as "could not read".
        action: &'static str,
        /// The system's answer.
        source: io::Error,
    },

    /// A TOML file that does not parse, or holds an unknown key.
    #[error("{}: {message}", path.display())]
    Toml {
        /// The file.
        path: PathBuf,
        /// The parser's message with line, column and key.
        message: String,
    },

    /// A JSON file, or a line of one, that does not parse.
    #[error("{}, line {line}: {message}", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// 1-based line.
        line: usize,
        /// The parser's message.
        message: String,
    },

    /// A key of an experiment that breaks a rule.
    #[error("{}: `{key}` {rule}, found {found}", path.display())]
    Experiment {
        /// The experiment's file.
        path: PathBuf,
        /// The key, such as `presets.smoke.blocks`.
        key: String,
        /// The rule, such as "must be at least 1".
        rule: String,
        /// The value given.
        found: String,
    },

    /// A data set with fewer images than were asked for.
    #[error("{source_name}: expected {wanted} {what}, found {found}")]
    TooFewImages {
        /// The data set, and where it lies.
        source_name: String,
        /// What the images are for, such as "training images".
        what: &'static str,
        /// How many were asked for.
        wanted: usize,
        /// How many there are.
        found: usize,
    },

    /// A run folder of another format.
    #[error(
        "{}: expected a run folder of format {expected}, found {found}: it was written by another \
         version of this program, which alone can resume, merge or report it; results.jsonl reads as \
         ever. Begin again in another folder to go on with this version", dir.display()
    )]
    Format {
        /// The folder.
        dir: PathBuf,
        /// Its format.
        found: i64,
        /// The format that this version knows.
        expected: u32,
    },

    /// A name that is not known.
    #[error("unknown {what} `{name}`; known: {known}")]
    UnknownName {
        /// Kind of thing.
        what: &'static str,
        /// Name given.
        name: String,
        /// Comma-separated list.
        known: String,
    },

    /// A shard that is not `k/n` with `1 <= k <= n`.
    #[error("shard `{given}`: expected k/n with 1 <= k <= n, such as 1/4; {reason}")]
    Shard {
        /// What was given.
        given: String,
        /// What is wrong with it.
        reason: String,
    },

    /// A run folder that exists already.
    #[error(
        "{}: holds a run already; resume it, or choose another folder", dir.display()
    )]
    RunExists {
        /// The folder.
        dir: PathBuf,
    },

    /// A folder without a run.
    #[error("{}: not a run folder (it has no run.toml)", dir.display())]
    NotARun {
        /// The folder.
        dir: PathBuf,
    },

    /// A run that another process is writing.
    #[error("{}: another process is writing this run", dir.display())]
    Locked {
        /// The folder.
        dir: PathBuf,
    },

    /// A run that cannot be continued because what it was started with has changed.
    #[error("{}: cannot resume: {what} was {recorded}, now {now}", dir.display())]
    Changed {
        /// The folder.
        dir: PathBuf,
        /// What differs, such as "the configuration (presets.smoke.blocks)".
        what: String,
        /// The value in the folder.
        recorded: String,
        /// The value now.
        now: String,
    },

    /// A run folder whose files contradict each other.
    #[error("{}: {reason}", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What was expected and what was found.
        reason: String,
    },

    /// A cell that was measured already.
    #[error("cell {cell} is finished already")]
    Finished {
        /// The cell.
        cell: String,
    },

    /// A measurement that is not a finite number.
    #[error("cell {cell}: {metric} is {value}, expected a finite number")]
    NonFinite {
        /// The cell.
        cell: String,
        /// The metric.
        metric: &'static str,
        /// The value.
        value: f64,
    },

    /// Two runs that hold different numbers for one cell.
    #[error("cell {cell}: {} and {} disagree: {difference}", first.display(), second.display())]
    Conflict {
        /// The cell.
        cell: String,
        /// Folder of the first record.
        first: PathBuf,
        /// Folder of the second record.
        second: PathBuf,
        /// Metric with both values.
        difference: String,
    },

    /// Runs that do not belong together.
    #[error("{} and {} cannot be {action}: {reason}", first.display(), second.display())]
    Unrelated {
        /// The first folder.
        first: PathBuf,
        /// The second folder.
        second: PathBuf,
        /// "merged" or "compared".
        action: &'static str,
        /// What differs.
        reason: String,
    },

    /// Too few runs for the operation.
    #[error("expected at least {expected} run folders, found {found}")]
    TooFewRuns {
        /// How many are needed.
        expected: usize,
        /// How many were given.
        found: usize,
    },

    /// Input of a metric or a figure that does not have the expected size.
    #[error("{what}: expected {expected}, found {found}")]
    Size {
        /// Which input.
        what: &'static str,
        /// The rule.
        expected: String,
        /// The size given.
        found: usize,
    },

    /// NaN or infinity in the input of a metric.
    #[error("{what}: expected finite numbers, found {value} at index {index}")]
    NonFiniteInput {
        /// Which input.
        what: &'static str,
        /// First bad entry.
        index: usize,
        /// Its value.
        value: f64,
    },

    /// A value that could not be written as TOML, JSON or PNG.
    #[error("could not write {what}: {message}")]
    Encode {
        /// What was written.
        what: &'static str,
        /// The encoder's message.
        message: String,
    },

    /// The report's template failed.
    #[error("could not render the report: {0}")]
    Render(String),
}

impl Error {
    /// For `map_err` on a file operation.
    pub(crate) fn io(path: &Path, action: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io {
            path: path.to_owned(),
            action,
            source,
        }
    }

    /// For `map_err` on an encoder.
    pub(crate) fn encode<E: std::fmt::Display>(what: &'static str) -> impl FnOnce(E) -> Self {
        move |error| Self::Encode {
            what,
            message: error.to_string(),
        }
    }
}
