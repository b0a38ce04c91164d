//! Sparse constraints, by entries.

use attractor_core::{Error, Result};
use faer::{Mat, MatRef};

use crate::input;

/// Constraints `B [m, n]` of which few weights are not 0, stored by columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Constraints {
    rows: usize,
    /// Where each column begins in `edges`, and where the last ends.
    starts: Vec<usize>,
    /// Constraint and weight.
    edges: Vec<(u32, f64)>,
}

/// Weights below this part of the largest only amplify noise.
const NEGLIGIBLE: f64 = 1e-6;

impl Constraints {
    /// From `(row, column, weight)` of an `[m, n]` matrix; weights below 1e-6 of the largest count as 0.
    ///
    /// # Errors
    /// [`Error::Index`] outside the matrix; [`Error::Config`] for weights that are not finite, for edges that
    /// occur twice, and for more than 2^32 constraints.
    pub fn from_triplets(
        (rows, cols): (usize, usize),
        triplets: &[(usize, usize, f64)],
    ) -> Result<Self> {
        if u32::try_from(rows).is_err() {
            return Err(Error::config("constraints", "must be below 2^32", rows));
        }
        let bad = triplets.iter().find(|(.., weight)| !weight.is_finite());
        if let Some((.., weight)) = bad {
            return Err(Error::config("weight of an edge", "must be finite", weight));
        }
        let largest = triplets
            .iter()
            .fold(0.0f64, |most, at| most.max(at.2.abs()));
        let mut columns: Vec<Vec<(u32, f64)>> = vec![Vec::new(); cols];
        for &(row, column, weight) in triplets {
            for (what, index, len) in [("constraint", row, rows), ("entry", column, cols)] {
                if index >= len {
                    return Err(Error::Index { what, len, index });
                }
            }
            if weight.abs() > NEGLIGIBLE * largest {
                columns[column].push((row as u32, weight));
            }
        }
        let (mut starts, mut edges) = (vec![0], Vec::with_capacity(triplets.len()));
        for mut column in columns {
            column.sort_by_key(|&(row, _)| row);
            if let Some(pair) = column.windows(2).find(|pair| pair[0].0 == pair[1].0) {
                return Err(Error::config(
                    "edge",
                    "must occur once",
                    format!("constraint {}", pair[0].0),
                ));
            }
            edges.extend(column);
            starts.push(edges.len());
        }
        Ok(Self {
            rows,
            starts,
            edges,
        })
    }

    /// From a matrix `B [m, n]`.
    ///
    /// # Errors
    /// As [`Constraints::from_triplets`].
    pub fn from_dense(matrix: MatRef<'_, f64>) -> Result<Self> {
        let (rows, cols) = matrix.shape();
        let places = (0..cols).flat_map(|j| (0..rows).map(move |i| (i, j)));
        let triplets: Vec<(usize, usize, f64)> = places
            .map(|(i, j)| (i, j, matrix[(i, j)]))
            .filter(|at| at.2 != 0.0)
            .collect();
        Self::from_triplets((rows, cols), &triplets)
    }

    /// All of `B`.
    pub fn to_dense(&self) -> Mat<f64> {
        let mut dense = Mat::zeros(self.rows, self.width());
        for column in 0..self.width() {
            for &(row, weight) in self.edges(column) {
                dense[(row as usize, column)] = weight;
            }
        }
        dense
    }

    /// Number of constraints.
    pub fn constraint_count(&self) -> usize {
        self.rows
    }

    /// Entries of a word.
    pub fn width(&self) -> usize {
        self.starts.len() - 1
    }

    /// Weights that are not 0.
    pub fn edge_count(&self) -> usize {
        self.edges.len()
    }

    /// Constraints on an entry, with their weights.
    ///
    /// # Errors
    /// [`Error::Index`] for an entry that words do not have.
    pub fn checks(&self, entry: usize) -> Result<&[(u32, f64)]> {
        let len = self.width();
        match entry < len {
            true => Ok(self.edges(entry)),
            false => Err(Error::Index {
                what: "entry",
                len,
                index: entry,
            }),
        }
    }

    /// Constraints on an entry below the width.
    pub(crate) fn edges(&self, entry: usize) -> &[(u32, f64)] {
        &self.edges[self.starts[entry]..self.starts[entry + 1]]
    }

    /// `B y`.
    ///
    /// # Errors
    /// [`Error::Width`] for a word of another width, [`Error::NonFinite`].
    pub fn syndrome(&self, word: &[f64]) -> Result<Vec<f64>> {
        input::vector("word", word, self.width())?;
        let mut syndrome = vec![0.0; self.rows];
        for (entry, &value) in word.iter().enumerate().filter(|(_, value)| **value != 0.0) {
            for &(row, weight) in self.edges(entry) {
                syndrome[row as usize] += weight * value;
            }
        }
        Ok(syndrome)
    }

    /// Whether all weights have the same size, as signs do: then two checks agree by chance.
    pub fn has_equal_sizes(&self) -> bool {
        let mut sizes = self.edges.iter().map(|(_, weight)| weight.abs());
        let Some(first) = sizes.next() else {
            return true;
        };
        sizes.all(|size| (size - first).abs() <= 1e-9 * first)
    }
}
