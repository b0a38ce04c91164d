//! Means and covariances of everything that was written.

use crate::linalg::{Mat, axpy};

/// Of patterns `x` and their activations `z = f(x)`, which are the same thing if f is the identity.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Moments {
    pub(crate) count: usize,
    pub(crate) mean_x: Vec<f64>,
    pub(crate) mean_z: Vec<f64>,
    pub(crate) variance_x: Vec<f64>,
    /// Mean products of deviations `z z`, `[d, d]`.
    pub(crate) zz: Mat,
    /// Of `x z`, `[d, d]`; none where it is `zz`.
    pub(crate) xz: Option<Mat>,
}

impl Moments {
    pub(crate) fn empty(dim: usize, linear: bool) -> Self {
        Self {
            count: 0,
            mean_x: vec![0.0; dim],
            mean_z: vec![0.0; dim],
            variance_x: vec![0.0; dim],
            zz: Mat::zeros(dim, dim),
            xz: (!linear).then(|| Mat::zeros(dim, dim)),
        }
    }

    pub(crate) fn xz(&self) -> &Mat {
        self.xz.as_ref().unwrap_or(&self.zz)
    }

    /// Adds rows: with shares `a` and `b` of old and new patterns and the difference `d` of their
    /// means, `C = a C_old + b C_new + a b d d^T`.
    pub(crate) fn add(&mut self, x: &Mat, z: &Mat) {
        let total = (self.count + x.rows) as f64;
        let (a, b) = (self.count as f64 / total, x.rows as f64 / total);
        let (mean_x, mean_z) = (mean(x), mean(z));
        let (dx, dz) = (minus(&mean_x, &self.mean_x), minus(&mean_z, &self.mean_z));
        let (x, z) = (centred(x, &mean_x), centred(z, &mean_z));
        for (column, variance) in self.variance_x.iter_mut().enumerate() {
            let square = (0..x.rows).map(|row| x.row(row)[column].powi(2));
            let new = square.sum::<f64>() / x.rows as f64;
            *variance = a * *variance + b * new + a * b * dx[column].powi(2);
        }
        let scale = b / z.rows as f64;
        let join = |matrix: &mut Mat, left: &Mat, difference: &[f64]| {
            matrix.data.iter_mut().for_each(|value| *value *= a);
            matrix.add_product(scale, left.view().transpose(), z.view());
            for (row, &difference) in difference.iter().enumerate() {
                axpy(matrix.row_mut(row), a * b * difference, &dz);
            }
        };
        join(&mut self.zz, &z, &dz);
        if let Some(xz) = &mut self.xz {
            join(xz, &x, &dx);
        }
        self.zz.symmetrise();
        axpy(&mut self.mean_x, b, &dx);
        axpy(&mut self.mean_z, b, &dz);
        self.count += x.rows;
    }
}

fn mean(rows: &Mat) -> Vec<f64> {
    let mut mean = vec![0.0; rows.cols];
    for row in 0..rows.rows {
        axpy(&mut mean, 1.0 / rows.rows as f64, rows.row(row));
    }
    mean
}

fn minus(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a - b).collect()
}

fn centred(rows: &Mat, mean: &[f64]) -> Mat {
    let mut centred = rows.clone();
    for row in 0..rows.rows {
        axpy(centred.row_mut(row), -1.0, mean);
    }
    centred
}
