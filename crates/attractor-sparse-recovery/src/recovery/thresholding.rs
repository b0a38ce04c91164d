//! Iterative hard thresholding and hard thresholding pursuit.
//!
//! ```text
//! e = H_t(e + Q^T (s - Q e))      and, for pursuit, least squares on its support
//! ```
//!
//! `H_t` keeps the t entries of largest absolute value, of equal ones the first. With orthonormal rows the step
//! is the projection onto `Q e = s`. Errors of equal size are harder for it than for basis pursuit.
//!
//! # References
//! - T. Blumensath, M. Davies, "Iterative hard thresholding for compressed sensing", Applied and
//!   Computational Harmonic Analysis 27(3), 2009.
//! - S. Foucart, "Hard thresholding pursuit: an algorithm for compressive sensing", SIAM Journal on Numerical
//!   Analysis 49(6), 2011.

use attractor_core::Result;
use faer::MatRef;

use super::admm::Projector;
use crate::input;
use crate::linalg::{LeastSquares, norm, pick_columns};

/// The `t` largest entries by absolute value, others 0.
pub fn keep_largest(values: &[f64], t: usize) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[b].abs().total_cmp(&values[a].abs()).then(a.cmp(&b)));
    let mut kept = vec![0.0; values.len()];
    order.iter().take(t).for_each(|&i| kept[i] = values[i]);
    kept
}

/// One step from `e`; `shortest` is `Q^T s`.
///
/// # Errors
/// As [`Projector::project`].
pub fn step(projector: &Projector, shortest: &[f64], e: &[f64], t: usize) -> Result<Vec<f64>> {
    Ok(keep_largest(&projector.project(e, shortest)?, t))
}

/// Relative change at which it has settled.
const SETTLED: f64 = 1e-13;

/// Iterates from 0 until nothing moves; the error and the steps.
///
/// # Errors
/// As [`Projector::project`].
pub fn iterate(
    projector: &Projector,
    shortest: &[f64],
    t: usize,
    max_iterations: usize,
) -> Result<(Vec<f64>, usize)> {
    let mut e = vec![0.0; shortest.len()];
    for count in 1..=max_iterations {
        let next = step(projector, shortest, &e, t)?;
        let moved: Vec<f64> = next.iter().zip(&e).map(|(a, b)| a - b).collect();
        e = next;
        if norm(&moved) <= SETTLED * norm(&e) {
            return Ok((e, count));
        }
    }
    Ok((e, max_iterations))
}

/// Pursuit: least squares on the support after every step, until the support returns.
///
/// # Errors
/// As [`Projector::project`]; [`Error::Width`](attractor_core::Error::Width) for a syndrome that does not fit the
/// constraints.
pub fn pursue(
    (constraints, syndrome): (MatRef<'_, f64>, &[f64]),
    projector: &Projector,
    shortest: &[f64],
    t: usize,
    max_iterations: usize,
) -> Result<(Vec<f64>, usize)> {
    input::length("syndrome", constraints.nrows(), syndrome.len())?;
    input::length("shortest", constraints.ncols(), shortest.len())?;
    let mut e = vec![0.0; shortest.len()];
    let mut before = Vec::new();
    for count in 1..=max_iterations {
        let proposed = step(projector, shortest, &e, t.min(syndrome.len()))?;
        let support: Vec<usize> = (0..e.len()).filter(|&i| proposed[i] != 0.0).collect();
        if support == before {
            return Ok((e, count));
        }
        let Some(columns) = LeastSquares::new(pick_columns(constraints, &support)) else {
            return Ok((proposed, count));
        };
        let entries = columns.solve(syndrome);
        e.iter_mut().for_each(|x| *x = 0.0);
        support.iter().zip(entries).for_each(|(&i, x)| e[i] = x);
        before = support;
    }
    Ok((e, max_iterations))
}

/// Numbers of errors to try when none is known: growing by half, up to half the constraints.
pub fn sweep(constraints: usize) -> impl Iterator<Item = usize> {
    let most = (constraints / 2).max(1);
    let next = move |&t: &usize| (t < most).then(|| (t + t.div_ceil(2)).min(most));
    std::iter::successors(Some(1), next)
}
