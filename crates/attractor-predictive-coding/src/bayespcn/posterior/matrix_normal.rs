//! The posterior of one layer's weights: a matrix normal with independent columns.

use attractor_core::{Error, Result};

use super::factor::{narrow, widen};
use crate::linalg::{Mat, axpy, cholesky, dot, inverse_spd};

/// Weights `W [inputs, outputs]` whose columns are independent normal vectors with means
/// `R[:, j]` and one covariance `U [inputs, inputs]`, in `f64`.
///
/// Rows `x` are predicted from inputs `z` as `x ~ N(z W, s^2 I)`, so that with the weights
/// integrated out `x ~ N(z R, v I)`, `v = s^2 + z U z^T`. Yoo and Wood 2022, section 3.
///
/// Kept is the Cholesky factor `F` of `U = F^T F`: then `z U z^T = |F z^T|^2` has no difference of
/// large numbers in it, however small the noise, and no update can make `U` indefinite.
#[derive(Debug, Clone, PartialEq)]
pub struct MatrixNormal {
    pub(crate) mean: Mat,
    /// `F`, upper triangular.
    pub(crate) factor: Mat,
}

fn length(what: &'static str, expected: usize, found: usize) -> Result<()> {
    if expected == found {
        Ok(())
    } else {
        Err(Error::Width {
            what,
            expected,
            rows: 1,
            found,
        })
    }
}

impl MatrixNormal {
    /// From a mean `[inputs, outputs]` and a covariance `[inputs, inputs]`, row-major.
    ///
    /// # Errors
    /// [`Error::Width`] for wrong lengths, [`Error::NonFinite`], [`Error::Config`] unless the
    /// covariance is symmetric and positive definite.
    pub fn new(
        inputs: usize,
        outputs: usize,
        mean: Vec<f64>,
        covariance: Vec<f64>,
    ) -> Result<Self> {
        length("mean", inputs * outputs, mean.len())?;
        length("covariance", inputs * inputs, covariance.len())?;
        for (what, values, width) in [
            ("mean", &mean, outputs),
            ("covariance", &covariance, inputs),
        ] {
            finite(what, values, width)?;
        }
        let symmetric = (0..inputs)
            .all(|i| (0..i).all(|j| covariance[i * inputs + j] == covariance[j * inputs + i]));
        let lower = cholesky(&Mat::new(inputs, inputs, covariance)).filter(|_| symmetric);
        let lower = lower.ok_or_else(|| {
            Error::config(
                "MatrixNormal.covariance",
                "must be symmetric and positive definite",
                format!("a [{inputs}, {inputs}] matrix that is not"),
            )
        })?;
        Ok(Self {
            mean: Mat::new(inputs, outputs, mean),
            factor: lower.cast_transposed(),
        })
    }

    /// Mean `mean` and covariance `variance` times the identity.
    pub(crate) fn isotropic(mean: Mat, variance: f64) -> Self {
        Self {
            factor: Mat::scaled_identity(mean.rows, variance.sqrt()),
            mean,
        }
    }

    /// Entries of an input `z`.
    pub fn inputs(&self) -> usize {
        self.mean.rows
    }

    /// Entries of an output `x`.
    pub fn outputs(&self) -> usize {
        self.mean.cols
    }

    /// Mean `R [inputs, outputs]`, row-major.
    pub fn mean(&self) -> &[f64] {
        &self.mean.data
    }

    /// Covariance `U [inputs, inputs]` of every column, row-major: a product in `O(inputs^3)`.
    pub fn covariance(&self) -> Vec<f64> {
        let mut covariance = Mat::lower_gram(self.factor.view().transpose());
        covariance.mirror();
        covariance.data
    }

    /// Conditions on outputs `[b, outputs]` seen with inputs `[b, inputs]` under noise of variance
    /// `variance`: `S = Z U Z^T + s^2 I`, `K = S^-1 Z U`, `R += K^T (X - Z R)`, `U -= K^T Z U`.
    ///
    /// # Errors
    /// [`Error::Width`], [`Error::Rows`], [`Error::NonFinite`] for bad arguments.
    pub fn absorb(&mut self, inputs: &[f64], outputs: &[f64], variance: f64) -> Result<()> {
        let (z, x) = self.pair(inputs, outputs)?;
        self.update(&z, &x, variance)
    }

    /// Log density of outputs `[b, outputs]` given inputs `[b, inputs]`, jointly over the rows and
    /// with the weights integrated out.
    ///
    /// # Errors
    /// As [`Self::absorb`].
    pub fn log_predictive(&self, inputs: &[f64], outputs: &[f64], variance: f64) -> Result<f64> {
        let (z, x) = self.pair(inputs, outputs)?;
        let (e, along) = (self.residual(&z, &x), self.along(&z));
        let (inverse, log_det) = gram_inverse(&along, variance)?;
        let weighted = Mat::product(inverse.view(), e.view());
        let (rows, d) = (z.rows as f64, self.outputs() as f64);
        let tau = (2.0 * std::f64::consts::PI).ln();
        Ok(-0.5 * (rows * d * tau + d * log_det + dot(&weighted.data, &e.data)))
    }

    /// Takes one observation out again, exactly as if it had never been absorbed:
    /// `q = s^2 - z U z^T`, `k = z U / q`, `R -= k^T (x - z R)`, `U += q k^T k`.
    ///
    /// # Errors
    /// As [`Self::absorb`]; [`Error::Config`] if the pair cannot have been absorbed, because
    /// `z U z^T` is not below `variance`.
    pub fn remove(&mut self, input: &[f64], output: &[f64], variance: f64) -> Result<()> {
        let (z, x) = self.pair(input, output)?;
        for row in 0..z.rows {
            let (z, x) = (z.pick(&[row]), x.pick(&[row]));
            let (e, along) = (self.residual(&z, &x), self.along(&z));
            let left = variance - dot(&along.data, &along.data);
            if left <= 0.0 {
                return Err(Error::config(
                    "MatrixNormal::remove",
                    "must be given a pair that was absorbed (z U z^T below the noise variance)",
                    format!("z U z^T = {}", variance - left),
                ));
            }
            let a = widen(&mut self.factor, &along.data, left);
            for (i, &weight) in a.iter().enumerate() {
                axpy(self.mean.row_mut(i), -weight / left, &e.data);
            }
        }
        Ok(())
    }

    /// Moves towards `prior`: with `a = sqrt(1 - beta)`, `R = a R + (1 - a) R0`,
    /// `U = (1 - beta) U + beta U0`. Strengths compose: `b1` then `b2` is `b1 + b2 - b1 b2`.
    ///
    /// # Errors
    /// [`Error::Config`] for `beta` outside `[0, 1]`, [`Error::Mismatch`] for another shape.
    pub fn forget(&mut self, beta: f64, prior: &Self) -> Result<()> {
        check_strength(beta)?;
        if (prior.inputs(), prior.outputs()) != (self.inputs(), self.outputs()) {
            return Err(Error::Mismatch {
                what: "MatrixNormal::forget",
                expected: format!("a prior of shape [{}, {}]", self.inputs(), self.outputs()),
                part: "the prior",
                found: format!("[{}, {}]", prior.inputs(), prior.outputs()),
            });
        }
        if beta == 1.0 {
            self.clone_from(prior);
        } else if beta > 0.0 {
            let keep = (1.0 - beta).sqrt();
            let size = self.inputs();
            let mut covariance = Mat::new(size, size, self.covariance());
            let before = Mat::new(size, size, prior.covariance());
            blend(&mut covariance, 1.0 - beta, beta, &before);
            let lower = cholesky(&covariance).ok_or_else(indefinite)?;
            self.factor = lower.cast_transposed();
            blend(&mut self.mean, keep, 1.0 - keep, &prior.mean);
        }
        Ok(())
    }

    /// [`Self::absorb`] without checks. One row is recursive least squares. On an error nothing
    /// has changed.
    pub(crate) fn update(&mut self, z: &Mat, x: &Mat, variance: f64) -> Result<()> {
        let (e, along) = (self.residual(z, x), self.along(z));
        if z.rows == 1 {
            let v = variance + dot(&along.data, &along.data);
            if !(v.is_finite() && v > 0.0) {
                return Err(indefinite());
            }
            let a = narrow(&mut self.factor, &along.data, variance);
            for (i, &weight) in a.iter().enumerate() {
                axpy(self.mean.row_mut(i), weight / v, &e.data);
            }
            return Ok(());
        }
        let (inverse, _) = gram_inverse(&along, variance)?;
        let spread = Mat::product(along.view(), self.factor.view());
        let gain = Mat::product(inverse.view(), spread.view());
        self.mean
            .add_product(1.0, gain.view().transpose(), e.view());
        for row in 0..z.rows {
            let along = self.along(&z.pick(&[row]));
            narrow(&mut self.factor, &along.data, variance);
        }
        Ok(())
    }

    /// `X - Z R`.
    fn residual(&self, z: &Mat, x: &Mat) -> Mat {
        let mut e = x.clone();
        e.add_product(-1.0, z.view(), self.mean.view());
        e
    }

    /// `Z F^T`: its rows' inner products are `Z U Z^T`.
    pub(crate) fn along(&self, z: &Mat) -> Mat {
        Mat::product(z.view(), self.factor.view().transpose())
    }

    fn pair(&self, inputs: &[f64], outputs: &[f64]) -> Result<(Mat, Mat)> {
        let rows = inputs.len() / self.inputs();
        length("inputs", rows * self.inputs(), inputs.len())?;
        length("outputs", rows * self.outputs(), outputs.len())?;
        finite("inputs", inputs, self.inputs())?;
        finite("outputs", outputs, self.outputs())?;
        Ok((
            Mat::new(rows, self.inputs(), inputs.to_vec()),
            Mat::new(rows, self.outputs(), outputs.to_vec()),
        ))
    }
}

/// Inverse and log-determinant of `A A^T + s^2 I`.
fn gram_inverse(along: &Mat, variance: f64) -> Result<(Mat, f64)> {
    let mut gram = Mat::scaled_identity(along.rows, variance);
    gram.add_product(1.0, along.view(), along.view().transpose());
    inverse_spd(&gram).ok_or_else(indefinite)
}

fn indefinite() -> Error {
    Error::config(
        "MatrixNormal",
        "must have a positive definite predictive covariance",
        "one that is not: inputs too large for f64, or a noise variance of 0",
    )
}

/// Checks that a forgetting strength lies in `[0, 1]`.
pub(crate) fn check_strength(beta: f64) -> Result<()> {
    if (0.0..=1.0).contains(&beta) {
        Ok(())
    } else {
        Err(Error::config("forget.beta", "must be from 0 to 1", beta))
    }
}

fn blend(ours: &mut Mat, keep: f64, take: f64, prior: &Mat) {
    for (ours, prior) in ours.data.iter_mut().zip(&prior.data) {
        *ours = keep * *ours + take * prior;
    }
}

pub(crate) fn finite(what: &'static str, values: &[f64], width: usize) -> Result<()> {
    match values.iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(at) => Err(Error::NonFinite {
            what,
            row: at / width.max(1),
            column: at % width.max(1),
            value: values[at].to_string(),
        }),
    }
}
