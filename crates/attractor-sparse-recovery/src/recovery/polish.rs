//! From a proposed error to a verified one: the entries on its support in double precision, and a certificate.
//!
//! For a support T with signs sigma whose columns `Q_T` are independent, `e` is the only minimiser of
//! `|e|_1 s.t. Q e = s` if some lambda has `(Q^T lambda)_T = sigma` and `|Q^T lambda| < 1` elsewhere
//! (J. Fuchs, IEEE Trans. Information Theory 50(6), 2004). Of all lambda with the first property the one
//! nearest to the solver's dual is tried, or the shortest.

use attractor_core::Result;
use faer::MatRef;

use crate::input;
use crate::linalg::{LeastSquares, apply, max_abs, norm, pick_columns};

/// An error on a support.
#[derive(Debug, Clone, PartialEq)]
pub struct Polished {
    /// The error, n entries.
    pub error: Vec<f64>,
    /// Where it is not 0.
    pub support: Vec<usize>,
    /// Length of `s - Q e`.
    pub residual: f64,
    /// Largest `|Q^T lambda|` beside the support; a certificate if it is below 1.
    pub off_support: f64,
}

impl Polished {
    /// Whether no other error has as small a sum of absolute values.
    pub fn is_certified(&self) -> bool {
        self.off_support < 1.0
    }
}

/// What is given to [`polish`] and [`polish_within`].
#[derive(Debug, Clone, Copy)]
pub struct Proposal<'a> {
    /// Orthonormal constraints `Q [m, n]`.
    pub constraints: MatRef<'a, f64>,
    /// `s`, m numbers.
    pub syndrome: &'a [f64],
    /// The proposed error; only where it is not 0, and with which sign, matters.
    pub error: &'a [f64],
    /// The solver's estimate of `Q^T lambda`, if it has one.
    pub dual: Option<&'a [f64]>,
}

impl Proposal<'_> {
    fn validate(&self) -> Result<()> {
        let (m, n) = self.constraints.shape();
        input::length("syndrome", m, self.syndrome.len())?;
        input::length("error", n, self.error.len())?;
        self.dual
            .map_or(Ok(()), |dual| input::length("dual", n, dual.len()))
    }

    fn support(&self) -> Vec<usize> {
        (0..self.error.len())
            .filter(|&i| self.error[i] != 0.0)
            .collect()
    }

    /// Up to `most` entries of the support, the largest, rising.
    fn largest(&self, most: usize) -> Vec<usize> {
        let mut support = self.support();
        if support.len() > most {
            let size = |i: usize| self.error[i].abs();
            support.sort_by(|&a, &b| size(b).total_cmp(&size(a)).then(a.cmp(&b)));
            support.truncate(most);
            support.sort_unstable();
        }
        support
    }

    /// The largest entry beside the support of the dual that has these values on it.
    fn off_support(&self, columns: &LeastSquares, support: &[usize], signs: &[f64]) -> f64 {
        let start = self.dual.map(|dual| apply(self.constraints, dual));
        let mut missing = signs.to_vec();
        let mut lambda = start.unwrap_or_else(|| vec![0.0; self.syndrome.len()]);
        let held = apply(columns.matrix.as_ref().transpose(), &lambda);
        missing.iter_mut().zip(held).for_each(|(a, b)| *a -= b);
        let step = columns.shortest(&missing);
        lambda.iter_mut().zip(step).for_each(|(a, b)| *a += b);
        let mut dual = apply(self.constraints.transpose(), &lambda);
        support.iter().for_each(|&i| dual[i] = 0.0);
        max_abs(&dual)
    }
}

/// Entries below this part of the largest are rounding.
const ROUNDING: f64 = 1e-10;

/// Solves for the entries on the proposal's support, without those of at most `tolerance`; of a support with more
/// entries than constraints, on as many of its largest: no vertex has more. `None` if columns are dependent.
///
/// # Errors
/// [`Error::Width`](attractor_core::Error::Width) for parts of the proposal that do not fit the constraints.
pub fn polish(proposal: Proposal<'_>, tolerance: f64) -> Result<Option<Polished>> {
    proposal.validate()?;
    Ok(polished(proposal, tolerance))
}

fn polished(proposal: Proposal<'_>, tolerance: f64) -> Option<Polished> {
    let n = proposal.error.len();
    let mut support = proposal.largest(proposal.syndrome.len());
    loop {
        let columns = LeastSquares::new(pick_columns(proposal.constraints, &support))?;
        let entries = columns.solve(proposal.syndrome);
        let floor = tolerance.max(ROUNDING * max_abs(&entries));
        let kept: Vec<usize> = (0..support.len())
            .filter(|&k| entries[k].abs() > floor)
            .collect();
        if kept.len() < support.len() {
            support = kept.into_iter().map(|k| support[k]).collect();
            continue;
        }
        let residual = norm(&columns.residual(proposal.syndrome, &entries));
        let signs: Vec<f64> = entries.iter().map(|x| x.signum()).collect();
        let off_support = proposal.off_support(&columns, &support, &signs);
        let mut error = vec![0.0; n];
        support
            .iter()
            .zip(&entries)
            .for_each(|(&i, x)| error[i] = *x);
        return Some(Polished {
            error,
            support,
            residual,
            off_support,
        });
    }
}

/// The same for `min |e|_1 s.t. |s - Q e| <= eta` with eta above 0, whose minimiser on a support with signs is
/// `e_T = e_LS - mu (Q_T^T Q_T)^-1 sigma`, mu such that the residual has length eta.
///
/// # Errors
/// As [`polish`].
pub fn polish_within(proposal: Proposal<'_>, eta: f64) -> Result<Option<Polished>> {
    proposal.validate()?;
    Ok(polished_within(proposal, eta))
}

fn polished_within(proposal: Proposal<'_>, eta: f64) -> Option<Polished> {
    let support = proposal.support();
    if support.len() > proposal.syndrome.len() {
        return None;
    }
    let signs: Vec<f64> = support
        .iter()
        .map(|&i| proposal.error[i].signum())
        .collect();
    let columns = LeastSquares::new(pick_columns(proposal.constraints, &support))?;
    let least = columns.solve(proposal.syndrome);
    let missed = norm(&columns.residual(proposal.syndrome, &least));
    let direction = columns.gram_solve(&signs);
    let length = crate::linalg::dot(&direction, &signs);
    let square = (eta * eta - missed * missed) / length;
    if support.is_empty() || square.is_nan() || square <= 0.0 {
        return None;
    }
    let mu = square.sqrt();
    let mut error = vec![0.0; proposal.error.len()];
    for (k, &i) in support.iter().enumerate() {
        error[i] = least[k] - mu * direction[k];
        if error[i] * signs[k] <= 0.0 {
            return None;
        }
    }
    let entries: Vec<f64> = support.iter().map(|&i| error[i]).collect();
    let rest = columns.residual(proposal.syndrome, &entries);
    let mut dual = apply(proposal.constraints.transpose(), &rest);
    dual.iter_mut().for_each(|x| *x /= mu);
    support.iter().for_each(|&i| dual[i] = 0.0);
    Some(Polished {
        error,
        support,
        residual: norm(&rest),
        off_support: max_abs(&dual),
    })
}
