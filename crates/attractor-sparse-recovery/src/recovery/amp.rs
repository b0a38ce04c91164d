//! Approximate message passing.
//!
//! With `B = Q sqrt(n/m)` and `s = B e`:
//!
//! ```text
//! r = e + B^T z,   tau = median|z| / 0.6745,   e' = soft(r, alpha tau)
//! z' = s - B e' + z |e'|_0 / m
//! ```
//!
//! alpha is the maximiser of the [curve](crate::curve). Iterates depend on the basis of the constraints, through
//! the median. For structured constraints it may grow without bound, which ends it: the caller then uses
//! another solver.
//!
//! # Reference
//! - D. Donoho, A. Maleki, A. Montanari, PNAS 106(45), 2009.

use attractor_core::Result;
use faer::{Mat, MatRef};

use crate::curve::transition;
use crate::input;
use crate::linalg::{apply, norm};

/// What the constraints and the threshold are.
#[derive(Debug, Clone)]
pub struct Amp {
    matrix: Mat<f64>,
    alpha: f64,
}

/// An estimate and its residual.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// The error, n entries.
    pub e: Vec<f64>,
    /// The corrected residual, m entries.
    pub z: Vec<f64>,
}

/// Growth of the residual that counts as divergence.
const GROWTH: f64 = 10.0;
const SETTLED: f64 = 1e-12;

impl Amp {
    /// For orthonormal constraints `Q [m, n]`, `0 < m <= n`.
    ///
    /// # Errors
    /// As [`transition`].
    pub fn new(constraints: MatRef<'_, f64>) -> Result<Self> {
        let (m, n) = constraints.shape();
        let factor = (n as f64 / m.max(1) as f64).sqrt();
        let matrix = Mat::from_fn(m, n, |i, j| factor * constraints[(i, j)]);
        Self::with_matrix(matrix)
    }

    /// For a matrix `B [m, n]` whose columns have lengths about 1.
    ///
    /// # Errors
    /// As [`transition`].
    pub fn with_matrix(matrix: Mat<f64>) -> Result<Self> {
        let alpha = transition(matrix.nrows() as f64 / matrix.ncols().max(1) as f64)?.z;
        Ok(Self { matrix, alpha })
    }

    /// The threshold in units of tau.
    pub fn alpha(&self) -> f64 {
        self.alpha
    }

    /// The start for `s = B e`.
    ///
    /// # Errors
    /// [`Error::Width`](attractor_core::Error::Width) unless the syndrome has m numbers,
    /// [`Error::NonFinite`](attractor_core::Error::NonFinite).
    pub fn start(&self, syndrome: Vec<f64>) -> Result<State> {
        input::vector("syndrome", &syndrome, self.matrix.nrows())?;
        Ok(State {
            e: vec![0.0; self.matrix.ncols()],
            z: syndrome,
        })
    }

    /// One iteration.
    ///
    /// # Errors
    /// [`Error::Width`](attractor_core::Error::Width) for a syndrome or a state of another size.
    pub fn step(&self, syndrome: &[f64], state: &State) -> Result<State> {
        let (m, n) = self.matrix.shape();
        input::length("syndrome", m, syndrome.len())?;
        input::length("state.z", m, state.z.len())?;
        input::length("state.e", n, state.e.len())?;
        Ok(self.next(syndrome, state))
    }

    fn next(&self, syndrome: &[f64], state: &State) -> State {
        let back = apply(self.matrix.as_ref().transpose(), &state.z);
        let threshold = self.alpha * median_abs(&state.z) / 0.6745;
        let soft = |r: f64| r.signum() * (r.abs() - threshold).max(0.0);
        let e: Vec<f64> = state.e.iter().zip(back).map(|(e, b)| soft(e + b)).collect();
        let onsager = e.iter().filter(|x| **x != 0.0).count() as f64 / syndrome.len() as f64;
        let fit = apply(self.matrix.as_ref(), &e);
        let z = syndrome.iter().zip(fit).zip(&state.z);
        let z = z.map(|((s, fit), z)| s - fit + z * onsager).collect();
        State { e, z }
    }

    /// Iterates until nothing moves; `None` if the residual grows beyond bounds.
    ///
    /// # Errors
    /// As [`Amp::start`].
    pub fn run(
        &self,
        syndrome: &[f64],
        max_iterations: usize,
    ) -> Result<Option<(Vec<f64>, usize)>> {
        let factor = norm(syndrome);
        let mut state = self.start(syndrome.to_vec())?;
        for count in 1..=max_iterations {
            let next = self.next(syndrome, &state);
            let length = norm(&next.z);
            if length.is_nan() || length > GROWTH * factor {
                return Ok(None);
            }
            let moved: Vec<f64> = next.e.iter().zip(&state.e).map(|(a, b)| a - b).collect();
            state = next;
            if norm(&moved) <= SETTLED * norm(&state.e) && length <= SETTLED * factor {
                return Ok(Some((state.e, count)));
            }
        }
        Ok(Some((state.e, max_iterations)))
    }
}

/// Median of absolute values; the mean of the middle two of an even number.
fn median_abs(values: &[f64]) -> f64 {
    let mut sizes: Vec<f64> = values.iter().map(|x| x.abs()).collect();
    sizes.sort_by(f64::total_cmp);
    let half = sizes.len() / 2;
    match sizes.len() % 2 {
        1 => sizes[half],
        _ => 0.5 * (sizes[half - 1] + sizes[half]),
    }
}
