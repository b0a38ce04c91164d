//! What is kept of patterns.

use attractor_core::{Error, Result};
use faer::Mat;

use super::{Evidence, RankRule, Subspace};
use crate::input;
use crate::linalg::{from_rows, r_factor, right_svd};

/// The triangle `R` of a QR decomposition of `[1 | X]`, `X [N, n]` all patterns: at most `n + 1` rows, whatever
/// N. It holds mean and singular values of the patterns as exactly as the patterns themselves, grows by new
/// ones, and two of them join.
#[derive(Debug, Clone)]
pub struct Factor {
    width: usize,
    count: usize,
    triangle: Mat<f64>,
}

impl Factor {
    /// Of no patterns.
    pub fn new(width: usize) -> Self {
        Self {
            width,
            count: 0,
            triangle: Mat::zeros(0, width + 1),
        }
    }

    /// From what [`Factor::triangle`] gave, row by row.
    ///
    /// # Errors
    /// [`Error::Mismatch`] unless the numbers are the rows, of `width + 1` entries, that so many patterns leave;
    /// [`Error::NonFinite`].
    pub fn restored(width: usize, count: usize, triangle: &[f64]) -> Result<Self> {
        let entries = width.saturating_add(1);
        let rows = count.min(entries);
        if triangle.len() != rows.saturating_mul(entries) {
            return Err(Error::Mismatch {
                what: "the factor",
                expected: format!("{rows} rows of {entries} numbers"),
                part: "the triangle",
                found: format!("{} numbers", triangle.len()),
            });
        }
        input::vector("triangle", triangle, triangle.len())?;
        Ok(Self {
            width,
            count,
            triangle: from_rows(triangle, entries)?,
        })
    }

    /// Patterns that were added.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Entries of a pattern.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The numbers, row by row.
    pub fn triangle(&self) -> Vec<f64> {
        let (rows, cols) = self.triangle.shape();
        let at = |i| (0..cols).map(move |j| (i, j));
        (0..rows).flat_map(at).map(|at| self.triangle[at]).collect()
    }

    /// Adds patterns, the columns of `patterns [n, N]`.
    ///
    /// # Errors
    /// [`Error::Width`] for another width, [`Error::NonFinite`]; nothing changes then.
    pub fn add(&mut self, patterns: &Mat<f64>) -> Result<()> {
        input::words("patterns", patterns.as_ref(), self.width)?;
        let old = self.triangle.nrows();
        let stacked = Mat::from_fn(old + patterns.ncols(), self.width + 1, |i, j| {
            match (i < old, j) {
                (true, _) => self.triangle[(i, j)],
                (false, 0) => 1.0,
                (false, _) => patterns[(j - 1, i - old)],
            }
        });
        self.triangle = r_factor(stacked.as_ref());
        self.count += patterns.ncols();
        Ok(())
    }

    /// Adds what another holds.
    ///
    /// # Errors
    /// [`Error::Mismatch`] for another width.
    pub fn join(&mut self, other: &Self) -> Result<()> {
        if self.width != other.width {
            return Err(Error::Mismatch {
                what: "the factor",
                expected: format!("patterns of {} entries", self.width),
                part: "the other",
                found: format!("{} entries", other.width),
            });
        }
        let (old, new) = (self.triangle.nrows(), other.triangle.nrows());
        let stacked = Mat::from_fn(old + new, self.width + 1, |i, j| match i < old {
            true => self.triangle[(i, j)],
            false => other.triangle[(i - old, j)],
        });
        self.triangle = r_factor(stacked.as_ref());
        self.count += other.count;
        Ok(())
    }

    /// The subspace of the patterns, `centred` around their mean or through 0.
    ///
    /// # Errors
    /// [`Error::EmptyMemory`] without patterns; [`Error::Config`] if the rule is none or singular values cannot
    /// be had.
    pub fn subspace(&self, centred: bool, rule: RankRule) -> Result<Subspace> {
        rule.validate()?;
        if self.count == 0 {
            return Err(Error::EmptyMemory);
        }
        let rows = self.triangle.nrows();
        let top = self.triangle[(0, 0)];
        let mean = (1..=self.width).map(|j| match centred {
            true => self.triangle[(0, j)] / top,
            false => 0.0,
        });
        let mean: Vec<f64> = mean.collect();
        let first = usize::from(centred);
        let rest = self.triangle.submatrix(first, 1, rows - first, self.width);
        let svd = right_svd(rest).ok_or_else(|| {
            let rule = "must have singular values that the iteration finds";
            Error::config("patterns", rule, format!("{rows} rows"))
        })?;
        let rank = rule.rank(&svd.values, self.count, self.width);
        let evidence = Evidence::of(rule, &svd.values, rank, self.count - first);
        let own = Subspace::new(svd.vectors, rank, svd.values, mean, self.count);
        Ok(own.with_evidence(evidence))
    }
}
