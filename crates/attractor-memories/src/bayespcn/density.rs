//! Log density of one layer's values given the inputs, and its gradients.

use super::MatrixNormal;
use super::linalg::{Mat, dot, inverse_spd};

/// How the rows of a batch and the uncertainty of the weights enter a density.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Density {
    /// Weights integrated out, for each row alone: `v = s^2 + z U z^T`.
    Rows,
    /// Weights integrated out once for all rows: `C = s^2 I + Z U Z^T`.
    Joint,
    /// Weights at their mean: `v = s^2`.
    Mean,
}

/// A layer's density at one point.
pub(crate) struct Term {
    /// Log density of each row; of the whole batch, repeated, if it is joint.
    pub(crate) log: Vec<f64>,
    /// `X - Z R`.
    residual: Mat,
    /// `Z U`, empty without uncertainty.
    spread: Mat,
    /// `v` of each row.
    variance: Vec<f64>,
    /// `|e|^2` of each row.
    square: Vec<f64>,
    /// `C^-1` and `C^-1 E E^T C^-1 - d C^-1`, if joint.
    coupled: Option<(Mat, Mat)>,
    outputs: f64,
}

/// Values `x [b, n]` of a layer seen through `map [inputs, n]` in place of its mean, with the
/// squares that `map` leaves out in `rest`. See [`super::clamp`].
pub(crate) struct Seen<'a> {
    pub(crate) map: &'a Mat,
    pub(crate) x: &'a Mat,
    pub(crate) rest: Option<&'a Mat>,
    pub(crate) noise: f64,
}

impl Term {
    pub(crate) fn new(layer: &MatrixNormal, z: &Mat, seen: &Seen<'_>, density: Density) -> Self {
        let mut residual = seen.x.clone();
        residual.add_product(-1.0, z.view(), seen.map.view());
        let spread = match density {
            Density::Mean => Mat::zeros(z.rows, 0),
            _ => Mat::product(z.view(), layer.covariance.view()),
        };
        let mut term = Self {
            log: Vec::new(),
            residual,
            spread,
            variance: Vec::new(),
            square: Vec::new(),
            coupled: None,
            outputs: layer.outputs() as f64,
        };
        match density {
            Density::Joint => term.joint(z, seen),
            _ => term.by_row(z, seen),
        }
        term
    }

    fn by_row(&mut self, z: &Mat, seen: &Seen<'_>) {
        for row in 0..z.rows {
            let e = self.residual.row(row);
            let square = dot(e, e) + seen.rest.map_or(0.0, |rest| rest.row(row)[0]);
            let uncertain = match self.spread.cols {
                0 => 0.0,
                _ => dot(self.spread.row(row), z.row(row)),
            };
            let v = seen.noise + uncertain;
            let tau = 2.0 * std::f64::consts::PI;
            self.log
                .push(-0.5 * (self.outputs * (tau * v).ln() + square / v));
            self.variance.push(v);
            self.square.push(square);
        }
    }

    fn joint(&mut self, z: &Mat, seen: &Seen<'_>) {
        let rows = z.rows;
        let mut covariance = Mat::scaled_identity(rows, seen.noise);
        covariance.add_product(1.0, self.spread.view(), z.view().transpose());
        let Some((inverse, log_det)) = inverse_spd(&covariance) else {
            // The search reports a row without a finite density as diverged.
            self.log = vec![f64::NAN; rows];
            self.coupled = Some((Mat::zeros(rows, rows), Mat::zeros(rows, rows)));
            return;
        };
        let mut scatter = seen.rest.cloned().unwrap_or_else(|| Mat::zeros(rows, rows));
        scatter.add_product(1.0, self.residual.view(), self.residual.view().transpose());
        let tau = (2.0 * std::f64::consts::PI).ln();
        let total = -0.5
            * (self.outputs * (rows as f64 * tau + log_det) + dot(&inverse.data, &scatter.data));
        self.log = vec![total; rows];
        let half = Mat::product(inverse.view(), scatter.view());
        let mut curvature = Mat::product(half.view(), inverse.view());
        for (value, inverse) in curvature.data.iter_mut().zip(&inverse.data) {
            *value -= self.outputs * inverse;
        }
        self.coupled = Some((inverse, curvature));
    }

    /// Adds the gradient, times `weight` of each row, to `dz [b, inputs]`; returns minus the one
    /// with respect to the values, `[b, n]`.
    ///
    /// By row, `d log / dx = -e / v` and `d log / dz = e R^T / v + z U (|e|^2 / v^2 - d / v)`.
    pub(crate) fn pull_back(
        mut self,
        seen: &Seen<'_>,
        weight: &[f64],
        dz: Option<&mut Mat>,
    ) -> Mat {
        let error = match &self.coupled {
            None => {
                for (row, weight) in weight.iter().enumerate() {
                    let scale = weight / self.variance[row];
                    self.residual
                        .row_mut(row)
                        .iter_mut()
                        .for_each(|e| *e *= scale);
                }
                std::mem::replace(&mut self.residual, Mat::zeros(0, 0))
            }
            Some((inverse, _)) => {
                let mut error = Mat::product(inverse.view(), self.residual.view());
                scale_rows(&mut error, weight);
                error
            }
        };
        let Some(dz) = dz else { return error };
        match &self.coupled {
            None if self.spread.cols == 0 => {}
            None => {
                for (row, weight) in weight.iter().enumerate() {
                    let v = self.variance[row];
                    let scale = weight * (self.square[row] / v - self.outputs) / v;
                    super::linalg::axpy(dz.row_mut(row), scale, self.spread.row(row));
                }
            }
            Some((_, curvature)) => {
                let mut along = Mat::product(curvature.view(), self.spread.view());
                scale_rows(&mut along, weight);
                super::linalg::axpy(&mut dz.data, 1.0, &along.data);
            }
        }
        dz.add_product(1.0, error.view(), seen.map.view().transpose());
        error
    }
}

fn scale_rows(mat: &mut Mat, weight: &[f64]) {
    for (row, weight) in weight.iter().enumerate() {
        mat.row_mut(row).iter_mut().for_each(|x| *x *= weight);
    }
}
