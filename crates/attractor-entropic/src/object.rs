//! Objects: one level for each column, or none.

use attractor_core::{Error, Result};
use serde::{Deserialize, Serialize};

/// The level of a column about which an object says nothing.
pub const UNDEFINED: u16 = u16::MAX;

/// What the objects of one side look like: `columns` features (n) with `rows` levels each (m).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Domain {
    /// Features of an object, n.
    pub columns: usize,
    /// Levels of a feature, m: from 0 to m - 1.
    pub rows: usize,
}

impl Domain {
    /// `columns` features of `rows` levels.
    pub fn new(columns: usize, rows: usize) -> Self {
        Self { columns, rows }
    }

    /// Counters of a table over it, n m.
    pub fn cells(&self) -> usize {
        self.columns * self.rows
    }

    /// At least one column, from 1 to 65 535 rows.
    ///
    /// # Errors
    /// [`Error::Config`] naming the field.
    pub fn validate(&self) -> Result<()> {
        attractor_core::error::require_nonzero("Domain.columns", self.columns)?;
        if self.rows == 0 || self.rows > usize::from(UNDEFINED) {
            let rule = "must be from 1 to 65535";
            return Err(Error::config("Domain.rows", rule, self.rows));
        }
        if self.columns > u32::MAX as usize {
            let rule = "must be below 2^32";
            return Err(Error::config("Domain.columns", rule, self.columns));
        }
        Ok(())
    }

    /// Checks objects `[k, columns]`, one after the other: whole rows, each level below the number of
    /// rows or [`UNDEFINED`]. Returns k.
    ///
    /// # Errors
    /// [`Error::Width`]; [`Error::Config`] with the first level that does not fit, and as [`Domain::validate`].
    pub fn check(&self, what: &'static str, objects: &[u16]) -> Result<usize> {
        self.validate()?;
        if !objects.len().is_multiple_of(self.columns) {
            return Err(Error::Width {
                what,
                expected: self.columns,
                rows: 1,
                found: objects.len(),
            });
        }
        let fits = |level: u16| usize::from(level) < self.rows || level == UNDEFINED;
        if let Some(at) = objects.iter().position(|&level| !fits(level)) {
            return Err(Error::config(
                what,
                "every level must be below the number of rows, or undefined",
                format!(
                    "{} of {} rows at row {}, column {}",
                    objects[at],
                    self.rows,
                    at / self.columns,
                    at % self.columns
                ),
            ));
        }
        Ok(objects.len() / self.columns)
    }

    /// Checks one object.
    ///
    /// # Errors
    /// As [`Self::check`].
    pub fn check_one(&self, what: &'static str, object: &[u16]) -> Result<()> {
        if object.len() != self.columns {
            return Err(Error::Width {
                what,
                expected: self.columns,
                rows: 1,
                found: object.len(),
            });
        }
        self.check(what, object).map(|_| ())
    }

    /// Checks the weights of an object's columns: one each, finite and not negative.
    ///
    /// # Errors
    /// [`Error::Width`]; [`Error::Config`].
    pub(crate) fn check_weights(&self, what: &'static str, weights: &[f64]) -> Result<()> {
        if weights.len() != self.columns {
            return Err(Error::Width {
                what,
                expected: self.columns,
                rows: 1,
                found: weights.len(),
            });
        }
        let bad = weights.iter().find(|w| !w.is_finite() || **w < 0.0);
        match bad {
            None => Ok(()),
            Some(bad) => Err(Error::config(what, "must be finite and at least 0", bad)),
        }
    }

    /// The object of numbers that are levels already: rounded to whole ones, a half to the even one, and set
    /// to the nearest level that there is; NaN is undefined.
    ///
    /// # Errors
    /// As [`Domain::validate`].
    pub fn levels(&self, numbers: &[f64]) -> Result<Vec<u16>> {
        self.validate()?;
        let most = (self.rows - 1) as f64;
        let level = |&x: &f64| match x.is_nan() {
            true => UNDEFINED,
            false => x.round_ties_even().clamp(0.0, most) as u16,
        };
        Ok(numbers.iter().map(level).collect())
    }
}

/// The defined levels of an object with their columns.
pub(crate) fn defined(object: &[u16]) -> impl Iterator<Item = (usize, usize)> + '_ {
    let columns = object.iter().enumerate();
    columns
        .filter(|&(_, &level)| level != UNDEFINED)
        .map(|(column, &level)| (column, usize::from(level)))
}
