//! Least absolute deviations by iteratively reweighted least squares.
//!
//! Basis pursuit is the same as `min |y - A c|_1` over coordinates `c`. Each step solves the weighted normal
//! equations with weights `1 / sqrt(r^2 + eps^2)` of the last residuals `r`, while eps falls by a fifth per
//! step, from 1 to 1e-9 of the largest residual. Fast; weaker than basis pursuit near the transition.
//!
//! # Reference
//! - I. Daubechies, R. DeVore, M. Fornasier, C. S. Güntürk, "Iteratively reweighted least squares minimization
//!   for sparse recovery", Communications on Pure and Applied Mathematics 63(1), 2010.

use attractor_core::Result;
use faer::linalg::solvers::Solve;
use faer::{Mat, MatRef, Side};

use crate::input;
use crate::linalg::{apply, col, max_abs, product};

const STEPS: usize = 120;
const LAST: f64 = 1e-9;

/// The error of a centred word with the basis `A [n, r]`, and the number of steps. `None` if a system cannot be
/// solved.
///
/// # Errors
/// [`Error::Width`](attractor_core::Error::Width) unless the word has n entries;
/// [`Error::NonFinite`](attractor_core::Error::NonFinite).
pub fn iterate(basis: MatRef<'_, f64>, word: &[f64]) -> Result<Option<(Vec<f64>, usize)>> {
    input::vector("word", word, basis.nrows())?;
    Ok(steps(basis, word))
}

fn steps(basis: MatRef<'_, f64>, word: &[f64]) -> Option<(Vec<f64>, usize)> {
    let residual = |c: &[f64]| -> Vec<f64> {
        let fit = apply(basis, c);
        word.iter().zip(fit).map(|(y, fit)| y - fit).collect()
    };
    let mut rest = residual(&apply(basis.transpose(), word));
    let scale = max_abs(&rest);
    if scale == 0.0 || basis.ncols() == 0 {
        return Some((rest, 0));
    }
    let mut eps = scale;
    for _ in 0..STEPS {
        let weights: Vec<f64> = rest.iter().map(|r| 1.0 / r.hypot(eps)).collect();
        let weighted = Mat::from_fn(basis.nrows(), basis.ncols(), |i, j| {
            weights[i] * basis[(i, j)]
        });
        let normal = product(basis.transpose(), weighted.as_ref());
        let right = apply(weighted.as_ref().transpose(), word);
        let factor = normal.llt(Side::Lower).ok()?;
        let right = MatRef::from_column_major_slice(&right, right.len(), 1);
        rest = residual(col(&factor.solve(right), 0));
        eps = (0.8 * eps).max(LAST * scale);
    }
    let floor = 1e-6 * max_abs(&rest);
    let sparse = rest.iter().map(|&r| if r.abs() > floor { r } else { 0.0 });
    let sparse: Vec<f64> = sparse.collect();
    sparse
        .iter()
        .all(|x| x.is_finite())
        .then_some((sparse, STEPS))
}
