//! Memory by sparse recovery against an independent oracle (numpy and scipy, linear programs by HiGHS):
//! learned constraints, basis pursuit and its relatives iterate by iterate, decoding step by step, dictionary
//! learning, erasures, guarantees by brute force. Tolerances are those of the README beside the file.

mod graphs;
mod guarantees;
mod learning;
mod recall;

use std::rc::Rc;

use anyhow::{Context, Result};
use attractor::sparse_recovery::faer::Mat;
use attractor::sparse_recovery::linalg::from_rows;
use attractor::sparse_recovery::{RankRule, Subspace};

use super::file::File;
use super::{Golden, System};

const NAME: &str = "sparse recovery";
const FILE: &str = "sparse_recovery";
/// The ensembles of the file.
const ENSEMBLES: [&str; 3] = ["gauss", "sign", "dct"];
/// Entries of an error below this are 0.
const ZERO: f64 = 1e-9;

pub(super) const SYSTEM: System = System {
    name: NAME,
    files: &[FILE],
    check,
};

fn check(golden: &mut Golden) -> Result<()> {
    let mut own = Checks {
        file: golden.file(FILE)?,
        golden,
    };
    learning::check(&mut own)?;
    recall::check(&mut own)?;
    graphs::check(&mut own)?;
    guarantees::check(&mut own)
}

/// The file, and where comparisons go.
struct Checks<'a> {
    file: Rc<File>,
    golden: &'a mut Golden,
}

impl Checks<'_> {
    /// Numbers of any kind.
    fn numbers(&self, key: &str) -> Result<Vec<f64>> {
        Ok(self.file.numbers(key)?.1)
    }

    fn counts(&self, key: &str) -> Result<Vec<usize>> {
        let numbers = self.numbers(key)?;
        Ok(numbers.into_iter().map(|number| number as usize).collect())
    }

    fn one(&self, key: &str) -> Result<f64> {
        let numbers = self.numbers(key)?;
        numbers
            .first()
            .copied()
            .with_context(|| format!("`{key}` is empty"))
    }

    /// Rows of the last axis.
    fn rows(&self, key: &str) -> Result<Vec<Vec<f64>>> {
        let (shape, numbers) = self.file.numbers(key)?;
        let width = shape.last().copied().unwrap_or(1).max(1);
        Ok(numbers.chunks(width).map(<[f64]>::to_vec).collect())
    }

    /// The same as a matrix.
    fn matrix(&self, key: &str) -> Result<Mat<f64>> {
        let (shape, numbers) = self.file.numbers(key)?;
        anyhow::ensure!(
            shape.len() == 2,
            "`{key}`: expected 2 axes, found shape {shape:?}"
        );
        Ok(from_rows(&numbers, shape[1])?)
    }

    /// Rows as columns, as the library has words.
    fn words(&self, key: &str) -> Result<Mat<f64>> {
        Ok(self.matrix(key)?.transpose().to_owned())
    }

    /// The subspace of an ensemble's samples.
    fn subspace(&self, ensemble: &str) -> Result<Subspace> {
        let samples = self.words(&format!("subspace/{ensemble}/samples"))?;
        Ok(Subspace::fit(&samples, false, RankRule::Exact)?)
    }

    fn compare(&mut self, key: &str, ours: &[f64], tolerance: f64) -> Result<()> {
        let expected = self.numbers(key)?;
        self.golden
            .compare_values(NAME, key, ours, &expected, tolerance)
    }

    /// What must be equal.
    fn equal(&mut self, key: &str, ours: impl IntoIterator<Item = usize>) -> Result<()> {
        let ours: Vec<f64> = ours.into_iter().map(|value| value as f64).collect();
        self.compare(key, &ours, 0.0)
    }

    /// What is only stated in words.
    fn state(&mut self, check: &str, ours: &[f64], expected: &[f64], tolerance: f64) -> Result<()> {
        self.golden
            .compare_values(NAME, check, ours, expected, tolerance)
    }
}

/// Numbers of a matrix, row by row.
fn flat(matrix: &Mat<f64>) -> Vec<f64> {
    let (rows, cols) = matrix.shape();
    let each = (0..rows).flat_map(|i| (0..cols).map(move |j| (i, j)));
    each.map(|at| matrix[at]).collect()
}

/// The projector onto the constraints, `Q^T Q`, row by row.
fn projector(subspace: &Subspace) -> Vec<f64> {
    let q = subspace.constraints();
    flat(&(q.transpose() * q))
}

fn column(matrix: &Mat<f64>, index: usize) -> Vec<f64> {
    matrix.col(index).iter().copied().collect()
}
