//! Log density of one layer's values given the inputs, and its gradients.

use faer::Accum;

use super::linalg::{Mat, inverse_spd, wide_dot};
use super::panels::{Factor, Panels};
use super::real::Real;
use super::view::Sheet;

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

/// Values `x [b, n]` of a layer through a sheet, with the squares that its map leaves out in
/// `rest`. See [`super::clamp`].
pub(crate) struct Seen<'a, T> {
    pub(crate) sheet: Sheet<'a, T>,
    pub(crate) x: &'a Mat<T>,
    pub(crate) rest: Option<&'a Mat>,
    pub(crate) mask: Option<&'a Mat<T>>,
    pub(crate) noise: f64,
}

/// A layer's density at one point. Filled in three steps, so that the products of all layers run
/// together between them: [`Self::begin`], [`Self::measure`], [`Self::weigh`].
#[derive(Debug)]
pub(crate) struct Term<T> {
    /// Log density of each row; of the whole batch, repeated, if it is joint.
    pub(crate) log: Vec<f64>,
    /// `E = X - Z R`; after weighing, minus the gradient with respect to `X`.
    pub(crate) error: Mat<T>,
    /// `Z F^T`, without columns if weights are certain; after weighing, its gradient.
    along: Mat<T>,
    /// `v` of each row.
    variance: Vec<f64>,
    /// `|e|^2` of each row.
    square: Vec<f64>,
    /// `C^-1` and `C^-1 E E^T C^-1 - d C^-1`, if joint.
    coupled: Option<(Mat, Mat)>,
    outputs: f64,
}

impl<T: Real> Term<T> {
    pub(crate) fn empty() -> Self {
        Self {
            log: Vec::new(),
            error: Mat::zeros(0, 0),
            along: Mat::zeros(0, 0),
            variance: Vec::new(),
            square: Vec::new(),
            coupled: None,
            outputs: 0.0,
        }
    }

    /// Asks for the products with inputs `z [b, inputs]`.
    pub(crate) fn begin<'a>(
        &'a mut self,
        seen: &Seen<'a, T>,
        z: &'a Mat<T>,
        density: Density,
        panels: &mut Panels<'a, T>,
    ) {
        let (rows, sheet) = (z.rows, &seen.sheet);
        self.outputs = sheet.outputs as f64;
        self.error.reshape(rows, seen.x.cols);
        self.error.data.copy_from_slice(&seen.x.data);
        panels.forward(&mut self.error, Accum::Add, T::of(-1.0), z, sheet.map);
        let certain = density == Density::Mean;
        self.along.reshape(rows, if certain { 0 } else { z.cols });
        if !certain {
            panels.forward(&mut self.along, Accum::Replace, T::of(1.0), z, sheet.factor);
        }
    }

    /// The densities, once the products are there.
    pub(crate) fn measure(&mut self, seen: &Seen<'_, T>, density: Density) {
        if let Some(mask) = seen.mask {
            for (error, mask) in self.error.data.iter_mut().zip(&mask.data) {
                *error *= *mask;
            }
        }
        self.log.clear();
        match density {
            Density::Joint => self.joint(seen),
            _ => self.by_row(seen),
        }
    }

    fn by_row(&mut self, seen: &Seen<'_, T>) {
        self.variance.clear();
        self.square.clear();
        for row in 0..self.error.rows {
            let (e, along) = (self.error.row(row), self.along.row(row));
            let square = wide_dot(e, e) + seen.rest.map_or(0.0, |rest| rest.row(row)[0]);
            let v = seen.noise + wide_dot(along, along);
            let tau = 2.0 * std::f64::consts::PI;
            self.log
                .push(-0.5 * (self.outputs * (tau * v).ln() + square / v));
            self.variance.push(v);
            self.square.push(square);
        }
    }

    fn joint(&mut self, seen: &Seen<'_, T>) {
        let rows = self.error.rows;
        let (along, error) = (self.along.cast::<f64>(), self.error.cast::<f64>());
        let mut covariance = Mat::scaled_identity(rows, seen.noise);
        covariance.add_product(1.0, along.view(), along.view().transpose());
        let Some((inverse, log_det)) = inverse_spd(&covariance) else {
            // The search reports a row without a finite density as diverged.
            self.log = vec![f64::NAN; rows];
            self.coupled = Some((Mat::zeros(rows, rows), Mat::zeros(rows, rows)));
            return;
        };
        let mut scatter = seen.rest.cloned().unwrap_or_else(|| Mat::zeros(rows, rows));
        scatter.add_product(1.0, error.view(), error.view().transpose());
        let tau = (2.0 * std::f64::consts::PI).ln();
        let explained = wide_dot(&inverse.data, &scatter.data);
        let total = -0.5 * (self.outputs * (rows as f64 * tau + log_det) + explained);
        self.log = vec![total; rows];
        let half = Mat::product(inverse.view(), scatter.view());
        let mut curvature = Mat::product(half.view(), inverse.view());
        for (value, inverse) in curvature.data.iter_mut().zip(&inverse.data) {
            *value -= self.outputs * inverse;
        }
        self.coupled = Some((inverse, curvature));
    }

    /// Turns errors and inputs into gradients, times `weight` of each row.
    ///
    /// By row, `d log / dx = -e / v` and `d log / dz = e R^T / v + z U (|e|^2 / v^2 - d / v)`.
    pub(crate) fn weigh(&mut self, weight: &[f64]) {
        if let Some((inverse, curvature)) = self.coupled.take() {
            for (mat, with) in [(&mut self.error, inverse), (&mut self.along, curvature)] {
                let mut mixed = Mat::product(with.view(), mat.cast::<f64>().view());
                for (row, weight) in weight.iter().enumerate() {
                    mixed.row_mut(row).iter_mut().for_each(|x| *x *= weight);
                }
                *mat = mixed.cast();
            }
            return;
        }
        for (row, weight) in weight.iter().enumerate() {
            let v = self.variance[row];
            scale(self.error.row_mut(row), weight / v);
            let pull = weight * (self.square[row] / v - self.outputs) / v;
            scale(self.along.row_mut(row), pull);
        }
    }

    /// What [`Panels::backward`] makes the gradient with respect to `z` of, after weighing.
    pub(crate) fn terms<'a>(
        &'a self,
        sheet: &Sheet<'a, T>,
    ) -> [Option<(&'a Mat<T>, Factor<'a, T>)>; 2] {
        let uncertain = self.along.cols > 0;
        [
            Some((&self.error, sheet.map)),
            uncertain.then_some((&self.along, sheet.factor)),
        ]
    }
}

fn scale<T: Real>(values: &mut [T], by: f64) {
    let by = T::of(by);
    values.iter_mut().for_each(|value| *value *= by);
}
