//! Checks of what callers give: sizes, and numbers that are finite.

use attractor_core::{Error, Result};
use faer::MatRef;

/// `expected` numbers, `found` of them given.
pub(crate) fn length(what: &'static str, expected: usize, found: usize) -> Result<()> {
    match found == expected {
        true => Ok(()),
        false => Err(Error::Width {
            what,
            expected,
            rows: 1,
            found,
        }),
    }
}

/// So many items of one kind for those of another.
pub(crate) fn items(what: &'static str, expected: usize, found: usize) -> Result<()> {
    match found == expected {
        true => Ok(()),
        false => Err(Error::Rows {
            what,
            expected,
            found,
        }),
    }
}

/// `expected` finite numbers.
pub(crate) fn vector(what: &'static str, values: &[f64], expected: usize) -> Result<()> {
    length(what, expected, values.len())?;
    match values.iter().position(|x| !x.is_finite()) {
        Some(column) => Err(non_finite(what, (0, column), values[column])),
        None => Ok(()),
    }
}

/// Finite numbers.
pub(crate) fn matrix(what: &'static str, values: MatRef<'_, f64>) -> Result<()> {
    let places = (0..values.ncols()).flat_map(|j| (0..values.nrows()).map(move |i| (i, j)));
    match places.into_iter().find(|&at| !values[at].is_finite()) {
        Some(at) => Err(non_finite(what, at, values[at])),
        None => Ok(()),
    }
}

/// Words of `expected` finite numbers, the columns of `words [expected, b]`.
pub(crate) fn words(what: &'static str, words: MatRef<'_, f64>, expected: usize) -> Result<()> {
    if words.nrows() != expected {
        return Err(Error::Width {
            what,
            expected,
            rows: words.ncols(),
            found: words.nrows(),
        });
    }
    matrix(what, words)
}

fn non_finite(what: &'static str, (row, column): (usize, usize), value: f64) -> Error {
    Error::NonFinite {
        what,
        row,
        column,
        value: value.to_string(),
    }
}
