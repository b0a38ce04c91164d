//! ER-SpUD: seeds, greedy choice, deflation.

use attractor_core::{Result, rng};
use faer::{Mat, MatRef};
use serde::{Deserialize, Serialize};

use super::seeds::{
    SeedSolution, coordinates, deflated, normalised, outside_part, solve_seeds, stacked, whiten,
};
use crate::input;
use crate::linalg::{col, dot, norm};

/// Which seeds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// Every column: ER-SpUD(SC).
    #[default]
    Columns,
    /// Sums of two columns, paired at random: ER-SpUD(DC), better for denser codes.
    Pairs,
}

/// How sparse constraints are learned.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ErSpud {
    /// Which seeds. Default columns.
    pub start: Start,
    /// Iterations of each problem at most. Default 3000.
    pub max_iterations: usize,
    /// Times that the search is repeated beside what was found, if rows are missing. Default 2.
    pub deflations: usize,
    /// Names the pairs.
    pub seed: u64,
}

impl Default for ErSpud {
    fn default() -> Self {
        Self {
            start: Start::Columns,
            max_iterations: 3000,
            deflations: 2,
            seed: 0,
        }
    }
}

/// What was learned.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Dictionary {
    /// Rows found, scaled to a largest entry of 1, sparsest first: `[found, n]`.
    pub rows: Mat<f64>,
    /// Rows there are: the rank of what was given.
    pub wanted: usize,
    /// Largest distance of a row from the row space, relative to the row.
    pub outside: f64,
    /// The first solutions, one for each seed.
    pub solutions: Vec<Option<SeedSolution>>,
}

impl Dictionary {
    /// Whether a full set of independent rows was found.
    pub fn is_complete(&self) -> bool {
        self.rows.nrows() == self.wanted
    }
}

/// Residual of a unit vector at which it counts as independent of others.
const INDEPENDENT: f64 = 1e-6;

/// Learns the sparse rows that span the row space of `Y [m, n]`. Fewer than its rank are a failure that
/// [`Dictionary::is_complete`] tells of; nothing is made up to fill the gap. `None` for a matrix of zeros.
///
/// # Errors
/// As [`whiten`].
pub fn learn(y: MatRef<'_, f64>, options: &ErSpud) -> Result<Option<Dictionary>> {
    let Some(whitened) = whiten(y)? else {
        return Ok(None);
    };
    let (m, n) = whitened.shape();
    let columns: Vec<Vec<f64>> = (0..n).map(|j| col(&whitened, j).to_vec()).collect();
    let seeds = match options.start {
        Start::Columns => columns,
        Start::Pairs => {
            let order = rng::permutation(&mut rng::stream(options.seed, "er-spud pairs"), n);
            let sum = |pair: &[usize]| {
                let (a, b) = (&columns[pair[0]], &columns[pair[1]]);
                a.iter().zip(b).map(|(a, b)| a + b).collect()
            };
            order.chunks_exact(2).map(sum).collect()
        }
    };
    let solutions = solve_seeds(whitened.as_ref(), &seeds, options.max_iterations)?;
    let mut kept = Greedy::new(m);
    kept.take(whitened.as_ref(), &solutions);
    for _ in 0..options.deflations {
        if kept.rows.len() == m {
            break;
        }
        let rest: Vec<Vec<f64>> = seeds
            .iter()
            .map(|seed| deflated(seed, &kept.span))
            .collect();
        let more = solve_seeds(whitened.as_ref(), &rest, options.max_iterations)?;
        kept.take(whitened.as_ref(), &more);
    }
    let rows = stacked(&kept.rows, n);
    Ok(Some(Dictionary {
        outside: outside_part(whitened.as_ref(), rows.as_ref()),
        wanted: m,
        rows,
        solutions,
    }))
}

/// Independent rows, sparsest first.
struct Greedy {
    wanted: usize,
    rows: Vec<Vec<f64>>,
    /// Orthonormal coordinates of the rows.
    span: Vec<Vec<f64>>,
}

impl Greedy {
    fn new(wanted: usize) -> Self {
        Self {
            wanted,
            rows: Vec::new(),
            span: Vec::new(),
        }
    }

    fn take(&mut self, whitened: MatRef<'_, f64>, solutions: &[Option<SeedSolution>]) {
        let mut order: Vec<&SeedSolution> = solutions.iter().flatten().collect();
        order.sort_by_key(|own| own.nonzeros);
        for own in order {
            if self.rows.len() == self.wanted {
                return;
            }
            let w = coordinates(whitened, &own.row);
            let length = norm(&w);
            let unit: Vec<f64> = w.iter().map(|w| w / length).collect();
            // Twice is enough.
            let rest = deflated(&deflated(&unit, &self.span), &self.span);
            let rest_length = norm(&rest);
            if rest_length > INDEPENDENT {
                self.span
                    .push(rest.iter().map(|r| r / rest_length).collect());
                self.rows.push(normalised(&own.row));
            }
        }
    }
}

/// For every true row the row found that equals it up to a factor within `tolerance` of the largest entry, if
/// there is one.
///
/// # Errors
/// [`Error::Width`](attractor_core::Error::Width) for rows of different lengths.
pub fn match_rows(
    found: MatRef<'_, f64>,
    truth: MatRef<'_, f64>,
    tolerance: f64,
) -> Result<Vec<Option<usize>>> {
    input::length("rows found", truth.ncols(), found.ncols())?;
    let row = |mat: MatRef<'_, f64>, i: usize| -> Vec<f64> {
        (0..mat.ncols()).map(|j| mat[(i, j)]).collect()
    };
    let rows: Vec<Vec<f64>> = (0..found.nrows()).map(|i| row(found, i)).collect();
    let matches = |truth: Vec<f64>| {
        rows.iter().position(|own| {
            let factor = dot(own, &truth) / dot(own, own);
            let largest = crate::linalg::max_abs(&truth);
            let mut each = own.iter().zip(&truth);
            each.all(|(a, b)| (factor * a - b).abs() <= tolerance * largest)
        })
    };
    let each = 0..truth.nrows();
    Ok(each.map(|i| matches(row(truth, i))).collect())
}

/// A row of whole numbers: the multiple that makes its smallest entry (beside 0) 1, if every entry is then
/// within `tolerance` of a whole number.
pub fn rounded_to_integers(row: &[f64], tolerance: f64) -> Option<Vec<i64>> {
    let sizes = row.iter().map(|x| x.abs()).filter(|&size| size > 0.0);
    let least = sizes.fold(f64::INFINITY, f64::min);
    let whole = |x: &f64| {
        let scaled = x / least;
        ((scaled - scaled.round()).abs() <= tolerance).then_some(scaled.round() as i64)
    };
    row.iter().map(whole).collect()
}
