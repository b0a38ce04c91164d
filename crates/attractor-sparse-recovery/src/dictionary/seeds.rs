//! The sparsest vectors of a row space, one for each seed.

use attractor_core::error::require_nonzero;
use attractor_core::{Error, Result};
use faer::{Mat, MatRef};
use rayon::prelude::*;

use crate::input;
use crate::linalg::{apply, dot, l1, max_abs, norm, product, right_svd};
use crate::recovery::admm::{Block, Problem, Projector};
use crate::recovery::linear;
use crate::recovery::polish::{Polished, Proposal, polish};

/// Orthonormal rows `W [m, n]` of the row space of `Y`, those of singular values above `1e-10` of the largest.
/// `None` if there are no such values.
///
/// # Errors
/// [`Error::NonFinite`].
pub fn whiten(y: MatRef<'_, f64>) -> Result<Option<Mat<f64>>> {
    input::matrix("matrix", y)?;
    let Some(svd) = right_svd(y) else {
        return Ok(None);
    };
    let largest = svd.values.first().copied().unwrap_or(0.0);
    let rank = svd
        .values
        .iter()
        .filter(|&&value| value > 1e-10 * largest)
        .count();
    let rows = svd.vectors.get(.., ..rank).transpose().to_owned();
    Ok((rank > 0).then_some(rows))
}

/// The solution of one seed.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SeedSolution {
    /// `w^T W`, n entries, with `r^T w = 1`.
    pub row: Vec<f64>,
    /// Sum of its absolute values.
    pub objective: f64,
    /// Entries that are not 0.
    pub nonzeros: usize,
    /// Whether a certificate was found that no other is smaller.
    pub certified: bool,
}

/// Problems that iterate together.
const BLOCK: usize = 16;
/// Entries below this part of the largest count as 0.
const ZERO: f64 = 1e-6;
const FIRST_LOOK: usize = 50;
const NEXT_LOOK: f64 = 1.5;
/// Missed constraints, relative to the solution, that a polished row may have.
const TOLERANCE: f64 = 1e-9;

/// Solves `min |w^T W|_1 s.t. r^T w = 1` for every seed `r` (m numbers). `None` for a seed that is 0.
///
/// # Errors
/// [`Error::Config`] for no iterations or more rows `W` than entries;
/// [`Error::Width`] for a seed of another width;
/// [`Error::NonFinite`].
pub fn solve_seeds(
    whitened: MatRef<'_, f64>,
    seeds: &[Vec<f64>],
    max_iterations: usize,
) -> Result<Vec<Option<SeedSolution>>> {
    let (m, n) = whitened.shape();
    require_nonzero("max_iterations", max_iterations)?;
    if m > n {
        let rule = "must be at most the entries of one";
        return Err(Error::config("rows of the whitened matrix", rule, m));
    }
    input::matrix("whitened matrix", whitened)?;
    for seed in seeds {
        input::vector("seed", seed, m)?;
    }
    let projector = Projector::basis(whitened.transpose());
    // What a row must not have: everything beside the row space.
    let Some(all) = right_svd(whitened) else {
        return Ok(vec![None; seeds.len()]);
    };
    let outside = all.vectors.get(.., m..n).transpose();
    let typical = seeds.iter().map(|seed| norm(seed)).fold(0.0, f64::max);
    let alive: Vec<usize> = (0..seeds.len())
        .filter(|&i| norm(&seeds[i]) > 1e-9 * typical)
        .collect();
    let solved: Result<Vec<Vec<(usize, SeedSolution)>>> = alive
        .par_chunks(BLOCK)
        .map(|chunk| {
            let own: Vec<Affine> = chunk
                .iter()
                .map(|&i| Affine::new(whitened, outside, &seeds[i]))
                .collect();
            let found = solve(&projector, &own, max_iterations)?;
            Ok(chunk.iter().copied().zip(found).collect())
        })
        .collect();
    let mut answers = vec![None; seeds.len()];
    for (index, solution) in solved?.into_iter().flatten() {
        answers[index] = Some(solution);
    }
    Ok(answers)
}

/// The affine set of one seed: orthonormal constraints and their right sides.
struct Affine {
    constraints: Mat<f64>,
    right: Vec<f64>,
    problem: Problem,
}

impl Affine {
    fn new(whitened: MatRef<'_, f64>, outside: MatRef<'_, f64>, seed: &[f64]) -> Self {
        let direction = apply(whitened.transpose(), seed);
        let length = norm(&direction);
        let unit: Vec<f64> = direction.iter().map(|d| d / length).collect();
        let (rows, n) = outside.shape();
        let constraints = Mat::from_fn(rows + 1, n, |i, j| match i < rows {
            true => outside[(i, j)],
            false => unit[j],
        });
        let mut right = vec![0.0; rows + 1];
        right[rows] = 1.0 / length;
        Self {
            constraints,
            right,
            problem: Problem {
                shortest: unit.iter().map(|d| d / length).collect(),
                eta: 0.0,
                without: Some(unit),
            },
        }
    }

    /// Codes that are not sparse leave the iterations slow: their problems are solved as linear programs.
    fn by_program(&self) -> Result<Option<SeedSolution>> {
        let Some(row) = linear::basis_pursuit(self.constraints.as_ref(), &self.right)? else {
            return Ok(None);
        };
        Ok(Some(match self.polish(&row, None)? {
            Some(polished) => {
                let certified = polished.is_certified();
                solution(polished.error, certified)
            }
            None => solution(row, false),
        }))
    }

    fn polish(&self, row: &[f64], dual: Option<&[f64]>) -> Result<Option<Polished>> {
        let largest = max_abs(row);
        let kept: Vec<f64> = row
            .iter()
            .map(|&x| if x.abs() > ZERO * largest { x } else { 0.0 })
            .collect();
        let proposal = Proposal {
            constraints: self.constraints.as_ref(),
            syndrome: &self.right,
            error: &kept,
            dual,
        };
        let limit = TOLERANCE * norm(&self.right);
        Ok(polish(proposal, 0.0)?.filter(|found| found.residual <= limit))
    }
}

fn solve(
    projector: &Projector,
    affine: &[Affine],
    max_iterations: usize,
) -> Result<Vec<SeedSolution>> {
    let problems: Vec<Problem> = affine.iter().map(|own| own.problem.clone()).collect();
    let mut block = Block::new(projector, &problems)?;
    let mut answers: Vec<Option<SeedSolution>> = vec![None; affine.len()];
    let mut look = FIRST_LOOK as f64;
    for count in 1..=max_iterations {
        if block.active().is_empty() {
            break;
        }
        block.step();
        let last = count == max_iterations;
        if (count as f64) < look && !last {
            continue;
        }
        look *= NEXT_LOOK;
        for index in block.active() {
            let (own, z, dual) = (&affine[index], block.z(index)?, block.dual(index)?);
            let polished = own.polish(&z, Some(&dual))?;
            let certified = polished.as_ref().is_some_and(Polished::is_certified);
            if !certified && !last {
                continue;
            }
            answers[index] = Some(match polished.filter(|_| certified) {
                Some(polished) => solution(polished.error, true),
                None => match own.by_program()? {
                    Some(solved) => solved,
                    None => solution(block.error(index)?, false),
                },
            });
            block.freeze(index)?;
        }
    }
    Ok(answers.into_iter().flatten().collect())
}

fn solution(row: Vec<f64>, certified: bool) -> SeedSolution {
    let largest = max_abs(&row);
    SeedSolution {
        objective: l1(&row),
        nonzeros: row.iter().filter(|x| x.abs() > ZERO * largest).count(),
        certified,
        row,
    }
}

/// Coordinates of a row of the row space: `w = W x`.
pub(super) fn coordinates(whitened: MatRef<'_, f64>, row: &[f64]) -> Vec<f64> {
    apply(whitened, row)
}

/// `r` without what the rows found so far span, orthonormal `w` as columns.
pub(super) fn deflated(seed: &[f64], found: &[Vec<f64>]) -> Vec<f64> {
    let mut rest = seed.to_vec();
    for w in found {
        let along = dot(&rest, w);
        rest.iter_mut().zip(w).for_each(|(r, w)| *r -= along * w);
    }
    rest
}

/// The row scaled to a largest entry of 1, entries below 1e-6 set to 0.
pub(super) fn normalised(row: &[f64]) -> Vec<f64> {
    let peak = row.iter().copied().fold(
        0.0f64,
        |most, x| if x.abs() > most.abs() { x } else { most },
    );
    let scaled = row.iter().map(|x| x / peak);
    scaled
        .map(|x| if x.abs() < ZERO { 0.0 } else { x })
        .collect()
}

/// Rows as a matrix.
pub(super) fn stacked(rows: &[Vec<f64>], width: usize) -> Mat<f64> {
    Mat::from_fn(rows.len(), width, |i, j| rows[i][j])
}

/// Largest distance of rows from the row space, relative to the row.
pub(super) fn outside_part(whitened: MatRef<'_, f64>, rows: MatRef<'_, f64>) -> f64 {
    let inside = product(product(rows, whitened.transpose()).as_ref(), whitened);
    let mut worst = 0.0f64;
    for i in 0..rows.nrows() {
        let (mut apart, mut whole) = (0.0f64, 0.0f64);
        for j in 0..rows.ncols() {
            apart += (rows[(i, j)] - inside[(i, j)]).powi(2);
            whole += rows[(i, j)].powi(2);
        }
        worst = worst.max((apart / whole).sqrt());
    }
    worst
}
