//! One error type for everything that implements the traits of this crate.
//!
//! Each variant carries the datum: what was expected and what was found.

use std::path::PathBuf;

/// Result with the crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong when a memory is built, written, read, saved or loaded.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A read from a memory that holds nothing.
    #[error("the memory is empty: write at least one pattern before reading")]
    EmptyMemory,

    /// A batch without rows.
    #[error("{what}: expected at least one row, found a [0, {width}] batch")]
    EmptyBatch {
        /// Which argument.
        what: &'static str,
        /// Its width.
        width: usize,
    },

    /// A batch whose rows have the wrong number of entries.
    #[error("{what}: expected shape [n, {expected}], found [{rows}, {found}]")]
    Width {
        /// Which argument.
        what: &'static str,
        /// Entries per row that were expected.
        expected: usize,
        /// Rows found.
        rows: usize,
        /// Entries per row found.
        found: usize,
    },

    /// Two batches that must have one row for each other.
    #[error("{what}: expected {expected} rows, found {found}")]
    Rows {
        /// Which argument.
        what: &'static str,
        /// Rows expected.
        expected: usize,
        /// Rows found.
        found: usize,
    },

    /// NaN or infinity in the input.
    #[error("{what}: expected finite numbers, found {value} at row {row}, column {column}")]
    NonFinite {
        /// Which argument.
        what: &'static str,
        /// First row with a bad entry.
        row: usize,
        /// Its column.
        column: usize,
        /// `NaN`, `inf` or `-inf`.
        value: String,
    },

    /// A row whose squared norm a model cannot compute with.
    #[error(
        "{what}: expected rows with squared norms up to {limit:e}, found {value:e} at row {row}, \
         column {column}"
    )]
    TooLarge {
        /// Which argument.
        what: &'static str,
        /// Largest squared norm.
        limit: f32,
        /// First row beyond it.
        row: usize,
        /// Its largest entry.
        column: usize,
        /// That entry.
        value: f32,
    },

    /// An index outside the store.
    #[error("{what}: expected an index below {len}, found {index}")]
    Index {
        /// Which argument.
        what: &'static str,
        /// Items present.
        len: usize,
        /// Index given.
        index: usize,
    },

    /// An id that no stored pattern has.
    #[error("expected the id of a stored pattern, found {id}")]
    UnknownId {
        /// Id given.
        id: u64,
    },

    /// A configuration that breaks a rule.
    #[error("{what}: {rule}, found {found}")]
    Config {
        /// Type and field, such as `GaussianMixtureConfig.sigma`.
        what: &'static str,
        /// The rule, such as "must be finite and greater than 0".
        rule: &'static str,
        /// The value given.
        found: String,
    },

    /// A guarantee that was asked for and that the patterns do not allow.
    #[error("{what}: expected {expected}, found {found}")]
    Guarantee {
        /// The guarantee that failed.
        what: &'static str,
        /// What it needs.
        expected: String,
        /// What is the case.
        found: String,
    },

    /// Parts that do not fit together.
    #[error("{what} expects {expected}, but {part} has {found}")]
    Mismatch {
        /// The part that asks.
        what: &'static str,
        /// What it asks for.
        expected: String,
        /// The part that disagrees.
        part: &'static str,
        /// What it offers.
        found: String,
    },

    /// The part lacks a capability that the call needs.
    #[error("{what} needs {capability}, which {part} does not offer")]
    Unsupported {
        /// The caller.
        what: &'static str,
        /// The capability.
        capability: &'static str,
        /// The part without it.
        part: String,
    },

    /// An unknown name, with those that exist.
    #[error("unknown {what} `{name}`; known: {known}")]
    UnknownName {
        /// Kind of thing.
        what: &'static str,
        /// Name given.
        name: String,
        /// Comma-separated list.
        known: String,
    },

    /// A backend that cannot be used here.
    #[error("backend `{name}`: {reason}")]
    Backend {
        /// Backend name.
        name: String,
        /// Why, and what to do.
        reason: String,
    },

    /// The device failed to execute.
    #[error("the device failed: {0}")]
    Device(String),

    /// A weights file that cannot be used.
    #[error("{}: {reason}", path.display())]
    Weights {
        /// The file.
        path: PathBuf,
        /// What was expected and what was found.
        reason: String,
    },
}

impl Error {
    /// A broken configuration rule.
    pub fn config(what: &'static str, rule: &'static str, found: impl ToString) -> Self {
        Self::Config {
            what,
            rule,
            found: found.to_string(),
        }
    }

    /// A part without the capability that `what` needs.
    pub fn unsupported(what: &'static str, capability: &'static str, part: &str) -> Self {
        Self::Unsupported {
            what,
            capability,
            part: format!("`{part}`"),
        }
    }
}

/// Checks that `value` is finite and above zero.
///
/// # Errors
/// [`Error::Config`] naming `what` otherwise.
pub fn require_positive(what: &'static str, value: f64) -> Result<()> {
    if value.is_finite() && value > 0.0 {
        Ok(())
    } else {
        Err(Error::config(
            what,
            "must be finite and greater than 0",
            value,
        ))
    }
}

/// Checks that `value` is above zero, and that neither it nor its reciprocal is infinite or loses digits in
/// single precision.
///
/// # Errors
/// [`Error::Config`] naming `what` otherwise.
pub fn require_normal(what: &'static str, value: f64) -> Result<()> {
    require_positive(what, value)?;
    let least = f64::from(f32::MIN_POSITIVE);
    if (least..=least.recip()).contains(&value) {
        Ok(())
    } else {
        let rule =
            "must be a number whose reciprocal single precision holds, from 1.2e-38 to 8.5e37";
        Err(Error::config(what, rule, format!("{value:e}")))
    }
}

/// Checks that the square of `value`, above zero, is a normal number of single precision: neither
/// infinite nor so small that digits are lost.
///
/// # Errors
/// [`Error::Config`] naming `what` otherwise.
pub fn require_square(what: &'static str, value: f64) -> Result<()> {
    require_positive(what, value)?;
    let square = value * value;
    if (f64::from(f32::MIN_POSITIVE)..=f64::from(f32::MAX)).contains(&square) {
        Ok(())
    } else {
        let rule = "must have a square that single precision holds, from 1.1e-19 to 1.8e19";
        Err(Error::config(what, rule, format!("{value:e}")))
    }
}

/// Checks that `value` is finite and not below zero.
///
/// # Errors
/// [`Error::Config`] naming `what` otherwise.
pub fn require_non_negative(what: &'static str, value: f64) -> Result<()> {
    if value.is_finite() && value >= 0.0 {
        Ok(())
    } else {
        Err(Error::config(what, "must be finite and at least 0", value))
    }
}

/// Checks that `value` is at least one.
///
/// # Errors
/// [`Error::Config`] naming `what` otherwise.
pub fn require_nonzero(what: &'static str, value: usize) -> Result<()> {
    if value > 0 {
        Ok(())
    } else {
        Err(Error::config(what, "must be at least 1", value))
    }
}
