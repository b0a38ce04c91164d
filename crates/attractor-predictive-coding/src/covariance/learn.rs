//! Learned from means and covariances.

use attractor_core::{Error, Result};

use super::moments::Moments;
use super::{CovarianceForm, CovariancePcnConfig, Learning};
use crate::linalg::{Mat, axpy, dot, inverse_spd};

/// What is learned, in double precision.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Learned {
    /// `m`.
    pub(crate) mean: Vec<f64>,
    /// The covariance S in the explicit form, else V, `[d, d]`.
    pub(crate) matrix: Mat,
}

impl Learned {
    /// Before the first write: S the identity, V and m 0.
    pub(crate) fn start(config: &CovariancePcnConfig) -> Self {
        let scale = match config.form {
            CovarianceForm::Explicit => 1.0,
            _ => 0.0,
        };
        Self {
            mean: vec![0.0; config.dim],
            matrix: Mat::scaled_identity(config.dim, scale),
        }
    }

    /// The weights after a write that left these moments.
    pub(crate) fn learn(&self, config: &CovariancePcnConfig, moments: &Moments) -> Result<Self> {
        match (config.learning, config.form) {
            (Learning::Closed { ridge }, CovarianceForm::Explicit) => {
                let mut matrix = moments.zz.clone();
                add_diagonal(&mut matrix, ridge);
                Ok(Self {
                    mean: moments.mean_x.clone(),
                    matrix,
                })
            }
            (Learning::Closed { ridge }, _) => regression(moments, ridge),
            (Learning::Gradient { rate, epochs }, CovarianceForm::Explicit) => {
                let mut weights = self.clone();
                for _ in 0..epochs {
                    weights.step_explicit(moments, rate)?;
                }
                Ok(weights)
            }
            (Learning::Gradient { rate, epochs }, _) => {
                let mut weights = self.clone();
                for _ in 0..epochs {
                    weights.step_implicit(moments, rate)?;
                }
                Ok(weights)
            }
        }
    }

    /// `S += rate/2 (K C K - K)`, `m += rate K (mean - m)`, with `K = S^-1` and the covariance C
    /// about m.
    fn step_explicit(&mut self, moments: &Moments, rate: f64) -> Result<()> {
        let (precision, _) = inverse_spd(&self.matrix).ok_or_else(|| too_large(rate))?;
        let away: Vec<f64> = difference(&moments.mean_x, &self.mean);
        let mut about = moments.zz.clone();
        for (row, &value) in away.iter().enumerate() {
            axpy(about.row_mut(row), value, &away);
        }
        let half = Mat::product(precision.view(), about.view());
        self.matrix
            .add_product(0.5 * rate, half.view(), precision.view());
        axpy(&mut self.matrix.data, -0.5 * rate, &precision.data);
        self.matrix.symmetrise();
        for (row, mean) in self.mean.iter_mut().enumerate() {
            *mean += rate * dot(precision.row(row), &away);
        }
        self.check(rate)
    }

    /// `V += rate E[e z^T]` off the diagonal, `m += rate E[e]`, with `e = x - m - V z`.
    fn step_implicit(&mut self, moments: &Moments, rate: f64) -> Result<()> {
        let mut error = difference(&moments.mean_x, &self.mean);
        for (row, error) in error.iter_mut().enumerate() {
            *error -= dot(self.matrix.row(row), &moments.mean_z);
        }
        let mut ascent = moments.xz().clone();
        ascent.add_product(-1.0, self.matrix.view(), moments.zz.view());
        for (row, &error) in error.iter().enumerate() {
            axpy(ascent.row_mut(row), error, &moments.mean_z);
            ascent.row_mut(row)[row] = 0.0;
        }
        axpy(&mut self.matrix.data, rate, &ascent.data);
        axpy(&mut self.mean, rate, &error);
        self.check(rate)
    }

    /// Mean square of what the recurrent weights leave unexplained of an entry, over all patterns, if
    /// every entry has the variance `ridge` on top. Without it, a few patterns that the weights
    /// reproduce exactly would count as known exactly, and a cue beside them for nothing.
    pub(crate) fn residual(&self, moments: &Moments, ridge: f64) -> f64 {
        let explained = Mat::product(self.matrix.view(), moments.zz.view());
        let total: f64 = (0..self.matrix.rows)
            .map(|i| {
                let weights = self.matrix.row(i);
                let crossed = dot(weights, moments.xz().row(i));
                let own = ridge * (1.0 + dot(weights, weights));
                moments.variance_x[i] - 2.0 * crossed + dot(weights, explained.row(i)) + own
            })
            .sum();
        total.max(0.0) / self.matrix.rows as f64
    }

    fn check(&self, rate: f64) -> Result<()> {
        let mut values = self.matrix.data.iter().chain(&self.mean);
        match values.all(|value| value.is_finite()) {
            true => Ok(()),
            false => Err(too_large(rate)),
        }
    }
}

/// Every entry on all the others, with `A = C_zz + ridge I`: column i of `A^-1 C_zx` less that
/// multiple of column i of `A^-1` that leaves 0 for the entry itself.
fn regression(moments: &Moments, ridge: f64) -> Result<Learned> {
    let mut system = moments.zz.clone();
    add_diagonal(&mut system, ridge);
    let (inverse, _) = inverse_spd(&system).ok_or_else(|| {
        Error::config(
            "Learning.ridge",
            "must be large enough for a positive definite system",
            ridge,
        )
    })?;
    // Row i: the weights of entry i on all entries, itself included.
    let mut matrix = Mat::product(moments.xz().view(), inverse.view());
    for i in 0..matrix.rows {
        let share = matrix.row(i)[i] / inverse.row(i)[i];
        axpy(matrix.row_mut(i), -share, inverse.row(i));
        matrix.row_mut(i)[i] = 0.0;
    }
    let mean = moments.mean_x.iter().enumerate();
    Ok(Learned {
        mean: mean
            .map(|(i, mean)| mean - dot(matrix.row(i), &moments.mean_z))
            .collect(),
        matrix,
    })
}

fn add_diagonal(matrix: &mut Mat, value: f64) {
    for i in 0..matrix.rows {
        matrix.row_mut(i)[i] += value;
    }
}

fn difference(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a - b).collect()
}

fn too_large(rate: f64) -> Error {
    Error::config(
        "Learning.rate",
        "must be small enough for finite weights and a positive definite covariance",
        rate,
    )
}
