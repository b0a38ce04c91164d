//! Bregman iteration for basis pursuit, whose messages are sums along edges and soft thresholds.
//!
//! ```text
//! Bregman:     e = argmin |e|_1 + (lambda/2) |s_k - Q e|^2,   s_(k+1) = s_k + (s - Q e)
//! linearised:  v = v + tau Q^T (s - Q e),   e = kappa soft(v, 1)
//! ```
//!
//! Inner problems are solved by soft-threshold steps from where the last one ended. The linearised form
//! minimises `|e|_1 + |e|^2 / (2 kappa)`, the same error once kappa is large enough.
//!
//! # References
//! - W. Yin, S. Osher, D. Goldfarb, J. Darbon, "Bregman iterative algorithms for l1-minimization", SIAM Journal
//!   on Imaging Sciences 1(1), 2008.
//! - J.-F. Cai, S. Osher, Z. Shen, "Linearized Bregman iterations for compressed sensing", Mathematics of
//!   Computation 78(267), 2009.

use attractor_core::Result;

use super::admm::Projector;
use crate::linalg::{l1, max_abs, norm};

const SETTLED: f64 = 1e-12;
/// Soft-threshold steps of an inner problem.
const INNER: usize = 10;
/// Kappa in units of the largest entry of `Q^T s`.
const KAPPA: f64 = 20.0;

fn soft(value: f64, threshold: f64) -> f64 {
    value.signum() * (value.abs() - threshold).max(0.0)
}

/// `Q^T (s - Q e)` for `shortest = Q^T s`.
fn missing(projector: &Projector, shortest: &[f64], e: &[f64]) -> Result<Vec<f64>> {
    let within = projector.project(e, shortest)?;
    Ok(within.iter().zip(e).map(|(x, e)| x - e).collect())
}

/// Bregman iteration; the error and the number of soft-threshold steps.
///
/// # Errors
/// As [`Projector::project`].
pub fn iterate(
    projector: &Projector,
    shortest: &[f64],
    max_iterations: usize,
) -> Result<(Vec<f64>, usize)> {
    let n = shortest.len();
    let threshold = 3.0 * l1(shortest) / n as f64;
    let (mut e, mut returned) = (vec![0.0; n], shortest.to_vec());
    let mut count = 0;
    while count < max_iterations {
        for _ in 0..INNER {
            let step = missing(projector, &returned, &e)?;
            e.iter_mut()
                .zip(step)
                .for_each(|(e, step)| *e = soft(*e + step, threshold));
            count += 1;
        }
        let rest = missing(projector, shortest, &e)?;
        if norm(&rest) <= SETTLED * norm(shortest) {
            break;
        }
        returned.iter_mut().zip(rest).for_each(|(s, r)| *s += r);
    }
    Ok((e, count))
}

/// The linearised form; the error and the number of steps.
///
/// # Errors
/// As [`Projector::project`].
pub fn linearised(
    projector: &Projector,
    shortest: &[f64],
    max_iterations: usize,
) -> Result<(Vec<f64>, usize)> {
    let n = shortest.len();
    let kappa = KAPPA * max_abs(shortest);
    let (mut e, mut v) = (vec![0.0; n], vec![0.0; n]);
    for count in 1..=max_iterations {
        let rest = missing(projector, shortest, &e)?;
        if norm(&rest) <= SETTLED * norm(shortest) {
            return Ok((e, count));
        }
        for ((v, e), rest) in v.iter_mut().zip(&mut e).zip(rest) {
            *v += rest / kappa;
            *e = kappa * soft(*v, 1.0);
        }
    }
    Ok((e, max_iterations))
}
