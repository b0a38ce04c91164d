//! Log density of one layer's values given the inputs, and its gradients.

use faer::Accum;

use super::view::Sheet;
use crate::linalg::{Factor, Mat, Panels, Real, Sweeps, axpy, inverse_spd, wide_dot};

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
    /// What a sweep has made of both already: `E R^T` and `Z U`.
    swept: Option<[Mat<T>; 2]>,
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
            swept: None,
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
        self.start(seen, z, density);
        let (one, sheet) = (T::of(1.0), &seen.sheet);
        panels.forward(&mut self.error, Accum::Add, -one, z, sheet.map);
        if density != Density::Mean {
            panels.forward(&mut self.along, Accum::Replace, one, z, sheet.factor);
        }
    }

    /// The same, together with the products that the gradient takes.
    pub(crate) fn sweep<'a>(
        &'a mut self,
        seen: &Seen<'a, T>,
        z: &'a Mat<T>,
        density: Density,
        sweeps: &mut Sweeps<'a, T>,
    ) {
        self.start(seen, z, density);
        let Sheet { map, factor, .. } = seen.sheet;
        let (Some(map_rows), Some(factor_rows)) = (map.stored, factor.stored) else {
            unreachable!("sheets that are not stored by rows are not swept");
        };
        let one = T::of(1.0);
        let empty = || [Mat::zeros(0, 0), Mat::zeros(0, 0)];
        let [pull, spread] = self.swept.get_or_insert_with(empty);
        pull.reshape(z.rows, z.cols);
        let rows = self.error.data.chunks_mut(seen.x.cols);
        let rows = rows.zip(pull.data.chunks_mut(z.cols)).enumerate();
        for (row, (error, pull)) in rows {
            let mask = seen.mask.map(|mask| mask.row(row));
            let matrix = (map_rows, map.lower);
            sweeps.add(matrix, z.row(row), -one, mask, error, pull);
        }
        if density == Density::Mean {
            return;
        }
        spread.reshape(z.rows, z.cols);
        self.along.data.fill(T::default());
        let rows = self.along.data.chunks_mut(z.cols);
        let rows = rows.zip(spread.data.chunks_mut(z.cols)).enumerate();
        for (row, (along, spread)) in rows {
            let matrix = (factor_rows, factor.lower);
            sweeps.add(matrix, z.row(row), one, None, along, spread);
        }
    }

    fn start(&mut self, seen: &Seen<'_, T>, z: &Mat<T>, density: Density) {
        self.outputs = seen.sheet.outputs as f64;
        self.error.reshape(z.rows, seen.x.cols);
        self.error.data.copy_from_slice(&seen.x.data);
        let certain = density == Density::Mean;
        self.along.reshape(z.rows, if certain { 0 } else { z.cols });
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
    ///
    /// After a sweep the gradient with respect to the inputs is added to `dz`.
    pub(crate) fn weigh(&mut self, weight: &[f64], mut dz: Option<&mut Mat<T>>) {
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
            match (&self.swept, &mut dz) {
                (Some([back, spread]), Some(dz)) => {
                    axpy(dz.row_mut(row), T::of(weight / v), back.row(row));
                    if self.along.cols > 0 {
                        axpy(dz.row_mut(row), T::of(pull), spread.row(row));
                    }
                }
                _ => scale(self.along.row_mut(row), pull),
            }
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
