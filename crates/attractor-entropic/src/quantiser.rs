//! From features to levels and back.
//!
//! # Equations
//! With the range [lo, hi] of a column over the filling corpus (its 0.5 and 99.5 percentiles) and m levels:
//!
//! ```text
//! level(x) = round((m - 1) (x - lo) / (hi - lo)), a half to the even level, set into 0 .. m - 1
//! x^(level) = lo + level (hi - lo) / (m - 1);   m = 1: the middle (lo + hi) / 2
//! ```
//!
//! NaN is undefined in both directions. A column that does not vary (hi = lo) has level 0 alone
//! ([`Quantiser::constant`] names them).
//!
//! # References
//! R. Morales, N. Hernandez, R. Cruz, V. D. Cruz, L. A. Pineda, PLoS ONE 17, 2022; `qudeq` of the code of
//! arXiv 2411.02438.

use attractor_core::{Error, Result};
use serde::{Deserialize, Serialize};

use crate::object::{Domain, UNDEFINED};

#[cfg(test)]
mod tests;

/// Percentiles of the filling corpus between which levels lie.
pub const PERCENTILES: [f64; 2] = [0.5, 99.5];

/// Levels of features. See the [module](self).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quantiser {
    rows: usize,
    minima: Vec<f64>,
    maxima: Vec<f64>,
}

impl Quantiser {
    /// Levels between `minima[i]` and `maxima[i]`.
    ///
    /// # Errors
    /// [`Error::Config`] unless there is a column, 1 to 65 535 rows, and each range is finite and not
    /// reversed.
    pub fn new(rows: usize, minima: Vec<f64>, maxima: Vec<f64>) -> Result<Self> {
        Domain::new(minima.len(), rows).validate()?;
        if minima.len() != maxima.len() {
            return Err(Error::Width {
                what: "Quantiser.maxima",
                expected: minima.len(),
                rows: 1,
                found: maxima.len(),
            });
        }
        for (column, (lo, hi)) in minima.iter().zip(&maxima).enumerate() {
            if !(lo.is_finite() && hi.is_finite() && lo <= hi && (hi - lo).is_finite()) {
                let rule = "every range must be finite, the minimum not above the maximum";
                let found = format!("{lo} to {hi} at column {column}");
                return Err(Error::config("Quantiser", rule, found));
            }
        }
        Ok(Self {
            rows,
            minima,
            maxima,
        })
    }

    /// The ranges of features `[k, columns]` between two percentiles of each column, interpolated
    /// linearly; NaN is left out.
    ///
    /// # Errors
    /// [`Error::Width`]; [`Error::Config`] for percentiles that are none, and for a column without a finite
    /// number or with an infinite one.
    pub fn fit(
        features: &[f64],
        columns: usize,
        rows: usize,
        percentiles: [f64; 2],
    ) -> Result<Self> {
        Domain::new(columns, rows).validate()?;
        if !features.len().is_multiple_of(columns) {
            return Err(Error::Width {
                what: "features",
                expected: columns,
                rows: 1,
                found: features.len(),
            });
        }
        let [low, high] = percentiles;
        if !(0.0 <= low && low <= high && high <= 100.0) {
            let rule = "must be two rising numbers from 0 to 100";
            let found = format!("{percentiles:?}");
            return Err(Error::config("percentiles", rule, found));
        }
        let (mut minima, mut maxima) = (Vec::new(), Vec::new());
        for column in 0..columns {
            let values = features.iter().skip(column).step_by(columns).copied();
            let mut values: Vec<f64> = values.filter(|x| !x.is_nan()).collect();
            values.sort_by(f64::total_cmp);
            if values.is_empty() || values.iter().any(|x| x.is_infinite()) {
                let rule = "every column must have numbers, all of them finite";
                let found = format!("column {column}: {} numbers", values.len());
                return Err(Error::config("features", rule, found));
            }
            minima.push(percentile(&values, low));
            maxima.push(percentile(&values, high));
        }
        Self::new(rows, minima, maxima)
    }

    /// What its objects look like.
    pub fn domain(&self) -> Domain {
        Domain::new(self.minima.len(), self.rows)
    }

    /// The lowest number of each column.
    pub fn minima(&self) -> &[f64] {
        &self.minima
    }

    /// The highest number of each column.
    pub fn maxima(&self) -> &[f64] {
        &self.maxima
    }

    /// The columns that do not vary, whose only level is 0.
    pub fn constant(&self) -> Vec<usize> {
        let columns = 0..self.minima.len();
        columns
            .filter(|&i| self.minima[i] == self.maxima[i])
            .collect()
    }

    /// The level of a number before it is set into the range; none for NaN.
    ///
    /// # Errors
    /// [`Error::Index`] for a column that there is not.
    pub fn unclamped(&self, column: usize, x: f64) -> Result<Option<f64>> {
        let len = self.minima.len();
        match column < len {
            true => Ok(self.free_level(column, x)),
            false => Err(Error::Index {
                what: "column",
                len,
                index: column,
            }),
        }
    }

    fn free_level(&self, column: usize, x: f64) -> Option<f64> {
        let (lo, hi) = (self.minima[column], self.maxima[column]);
        match (x.is_nan(), lo == hi) {
            (true, _) => None,
            (false, true) => Some(0.0),
            (false, false) => {
                Some(((self.rows - 1) as f64 * (x - lo) / (hi - lo)).round_ties_even())
            }
        }
    }

    /// Levels of features `[k, columns]`.
    ///
    /// # Errors
    /// [`Error::Width`] unless these are whole rows.
    pub fn quantise(&self, features: &[f64]) -> Result<Vec<u16>> {
        self.whole(features.len())?;
        let most = (self.rows - 1) as f64;
        let level = |(at, &x): (usize, &f64)| {
            let level = self.free_level(at % self.minima.len(), x);
            level.map_or(UNDEFINED, |level| level.clamp(0.0, most) as u16)
        };
        Ok(features.iter().enumerate().map(level).collect())
    }

    /// Features `[k, columns]` of levels; NaN where undefined.
    ///
    /// # Errors
    /// As [`Domain::check`].
    pub fn dequantise(&self, objects: &[u16]) -> Result<Vec<f64>> {
        self.domain().check("objects", objects)?;
        let feature = |(at, &level): (usize, &u16)| {
            let column = at % self.minima.len();
            let (lo, hi) = (self.minima[column], self.maxima[column]);
            match (level, self.rows) {
                (UNDEFINED, _) => f64::NAN,
                (_, 1) => lo + (hi - lo) / 2.0,
                (level, rows) => lo + f64::from(level) * (hi - lo) / (rows - 1) as f64,
            }
        };
        Ok(objects.iter().enumerate().map(feature).collect())
    }

    fn whole(&self, found: usize) -> Result<()> {
        let expected = self.minima.len();
        match found.is_multiple_of(expected) {
            true => Ok(()),
            false => Err(Error::Width {
                what: "features",
                expected,
                rows: 1,
                found,
            }),
        }
    }
}

/// Of rising numbers, with linear interpolation between neighbours.
fn percentile(values: &[f64], percent: f64) -> f64 {
    let place = (values.len() - 1) as f64 * (percent / 100.0);
    let (below, part) = (place.floor(), place.fract());
    let a = values[below as usize];
    let b = values[(below as usize + 1).min(values.len() - 1)];
    // From the nearer end, so that equal neighbours give themselves.
    match part < 0.5 {
        true => a + (b - a) * part,
        false => b - (b - a) * (1.0 - part),
    }
}
