//! Whether a vertex is a stable state, without a spike.
//!
//! With `M = diag(xi) J diag(xi)` and J's self-connections included, the rates of the active neurons solve
//! `(c 11^T + diag(a) - M) r = h 1`. A pattern is an attractor if
//!
//! - V1: `r > 0`: every neuron of the vertex is active;
//! - V2: `2 xi_k (J (xi r))_k > 0`: the opposing neuron stays below its threshold;
//! - V3: `c 11^T + diag(a) - M` has eigenvalues with positive real parts only: otherwise few neurons win and
//!   silence the others.
//!
//! Multiplying by diag(xi) makes that matrix `diag(a) - J + c xi xi^T`: one factorisation of the first part
//! serves all patterns, and the second is of rank one.

use attractor_core::{Error, Result};
use rayon::prelude::*;

use super::CubeNetwork;
use crate::algebra::{Matrix, Spectrum, dot, smallest_real_part, solve, solves, spectrum};

/// Names of the certificates, in errors.
pub(crate) const V1: &str = "certificate V1, smallest rate of the pattern's neurons";
pub(crate) const V2: &str =
    "certificate V2, smallest distance of an opposing neuron from its threshold";
pub(crate) const V3: &str = "certificate V3, smallest eigenvalue of the mutual inhibition";

/// How far a vertex is from being no attractor.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Certificate {
    /// Filtered spikes of the active neuron of every unit `[K]`; NaN where they are not determined.
    pub rates: Vec<f64>,
    /// V1: the smallest of them.
    pub smallest_rate: f64,
    /// V2: how far the opposing neuron nearest to its threshold is below it.
    pub smallest_slack: f64,
    /// V3: smallest real part of the eigenvalues.
    pub smallest_eigenvalue: f64,
}

impl Certificate {
    /// The first that fails (beyond `margin`), with a name and the number found.
    pub fn failure(&self, margin: f64) -> Option<(&'static str, f64)> {
        [
            (V1, self.smallest_rate),
            (V2, self.smallest_slack),
            (V3, self.smallest_eigenvalue),
        ]
        .into_iter()
        .find(|(_, found)| found.is_nan() || *found <= margin)
    }

    /// Whether all three hold.
    pub fn holds(&self) -> bool {
        self.failure(0.0).is_none()
    }
}

impl CubeNetwork {
    /// The certificates of patterns of +1 and -1 `[n, K]`.
    ///
    /// O(K^3) once and O(K^2) a pattern for a symmetric coupling, O(K^3) a pattern otherwise.
    ///
    /// # Errors
    /// [`Error::Width`] unless there are whole rows of K signs.
    pub fn certify(&self, signs: &[i8]) -> Result<Vec<Certificate>> {
        let units = self.units();
        if units == 0 || !signs.len().is_multiple_of(units) {
            return Err(Error::Width {
                what: "patterns",
                expected: units,
                rows: 1,
                found: signs.len(),
            });
        }
        let inner = Matrix::from_fn(units, units, |k, l| {
            let own = if k == l { self.pooled[k] } else { 0.0 };
            own - self.coupling.at(k, l)
        });
        let rows: Vec<&[i8]> = signs.chunks_exact(units).collect();
        let signed = |row: &[i8]| -> Vec<f64> { row.iter().map(|&sign| sign.into()).collect() };
        let patterns: Vec<Vec<f64>> = rows.into_iter().map(signed).collect();
        let solutions = solve_all(&inner, &patterns);
        let spectrum = match self.is_symmetric() {
            true => Some(spectrum(&inner)?),
            false => None,
        };
        let certify = |(pattern, solution): (&Vec<f64>, Vec<f64>)| {
            self.certificate(&inner, spectrum.as_ref(), pattern, &solution)
        };
        patterns.par_iter().zip(solutions).map(certify).collect()
    }

    fn certificate(
        &self,
        inner: &Matrix,
        spectrum: Option<&Spectrum>,
        pattern: &[f64],
        solution: &[f64],
    ) -> Result<Certificate> {
        let whole = || {
            Matrix::from_fn(pattern.len(), pattern.len(), |k, l| {
                inner.at(k, l) + self.inhibition * pattern[k] * pattern[l]
            })
        };
        // Sherman and Morrison: (A + c x x^T)^-1 h x = h y / (1 + c x.y) with A y = x.
        let overlap = 1.0 + self.inhibition * dot(pattern, solution);
        let mut signed: Vec<f64> = solution.iter().map(|y| self.drive * y / overlap).collect();
        let right: Vec<f64> = pattern.iter().map(|sign| self.drive * sign).collect();
        let residual = |x: &[f64]| {
            let total = self.inhibition * dot(pattern, x);
            let image = inner.times(x);
            let image = image.iter().zip(pattern).map(|(a, sign)| a + total * sign);
            let error = image.zip(&right).map(|(a, b)| (a - b).abs());
            error.fold(0.0, f64::max)
        };
        let good = residual(&signed) <= 1e-11 * self.drive.abs();
        if !good {
            // The first part is singular, or nearly.
            let matrix = whole();
            signed = solve(&matrix, &right).unwrap_or_else(|| vec![f64::NAN; pattern.len()]);
        }
        let fields = self.coupling.times(&signed);
        let least = |values: &mut dyn Iterator<Item = f64>| {
            // NaN is less than anything here: it must not be skipped.
            values.fold(f64::INFINITY, |least, x| {
                if x < least || x.is_nan() { x } else { least }
            })
        };
        let rates: Vec<f64> = signed
            .iter()
            .zip(pattern)
            .map(|(x, sign)| x * sign)
            .collect();
        Ok(Certificate {
            smallest_rate: least(&mut rates.iter().copied()),
            smallest_slack: least(&mut fields.iter().zip(pattern).map(|(g, sign)| 2.0 * sign * g)),
            smallest_eigenvalue: match spectrum {
                Some(spectrum) => smallest_of_update(spectrum, self.inhibition, pattern),
                None => smallest_real_part(&whole())?,
            },
            rates,
        })
    }
}

/// `A y = x` for all of them; NaN where A is singular.
fn solve_all(inner: &Matrix, patterns: &[Vec<f64>]) -> Vec<Vec<f64>> {
    use faer::linalg::solvers::Solve;
    let units = inner.shape()[0];
    let right = faer::Mat::from_fn(units, patterns.len(), |k, n| patterns[n][k]);
    let solution = inner.faer().partial_piv_lu().solve(right);
    (0..patterns.len())
        .map(|n| {
            let y: Vec<f64> = (0..units).map(|k| solution[(k, n)]).collect();
            match solves(inner, &y, &patterns[n]) {
                true => y,
                false => vec![f64::NAN; units],
            }
        })
        .collect()
}

/// The smallest eigenvalue of `A + c x x^T`, c at least 0, from the eigenvalues d of a symmetric A: the
/// number of eigenvalues below t is that of A, less one where the secular function
/// `1 + c sum_i z_i^2 / (d_i - t)` is negative.
fn smallest_of_update(spectrum: &Spectrum, c: f64, x: &[f64]) -> f64 {
    let d = &spectrum.values;
    let component = |i: usize| -> f64 {
        let vector = (0..x.len()).map(|k| spectrum.vectors[(k, i)] * x[k]);
        vector.sum()
    };
    let squares: Vec<f64> = (0..d.len()).map(|i| c * component(i).powi(2)).collect();
    let any_below = |t: f64| {
        let below = d.iter().filter(|&&value| value < t).count();
        let terms = squares.iter().zip(d).map(|(z, d)| z / (d - t));
        let secular = 1.0 + terms.sum::<f64>();
        below > usize::from(secular < 0.0)
    };
    let (mut low, mut high) = match (d.first(), d.get(1)) {
        (Some(&first), Some(&second)) => (first, second),
        (Some(&only), None) => return only + squares[0],
        _ => return f64::INFINITY,
    };
    // It lies between the first two.
    while high - low > 4.0 * f64::EPSILON * low.abs().max(high.abs()).max(f64::MIN_POSITIVE) {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        match any_below(middle) {
            true => high = middle,
            false => low = middle,
        }
    }
    0.5 * (low + high)
}
