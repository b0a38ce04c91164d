//! From a layer's values to the inputs of the layer below: activation, normalisation, constant.

use super::BayesPcnConfig;
use super::linalg::{Mat, dot};

/// Added to the variance of a layer before it is normalised.
const EPSILON: f64 = 1e-5;

/// Inputs of the layer below, with what is needed to pull gradients back.
pub(crate) struct Lifted {
    /// `[b, inputs]`.
    pub(crate) z: Mat,
    /// After the activation alone, if that is not `z`.
    active: Option<Mat>,
    slope: Mat,
    /// `1 / standard deviation` of each row, if normalised.
    scale: Vec<f64>,
}

/// `z` for hidden values `x [b, hidden]`.
pub(crate) fn lift(config: &BayesPcnConfig, x: &Mat) -> Lifted {
    let width = config.activation.width(x.cols);
    let mut active = Mat::zeros(x.rows, width);
    let mut slope = Mat::zeros(x.rows, x.cols);
    for row in 0..x.rows {
        let (z, slope) = (active.row_mut(row), slope.row_mut(row));
        config.activation.apply(x.row(row), z, slope);
    }
    if !config.normalise && !config.bias {
        return Lifted {
            z: active,
            active: None,
            slope,
            scale: Vec::new(),
        };
    }
    let mut z = Mat::filled(x.rows, width + usize::from(config.bias), 1.0);
    let mut scales = Vec::new();
    for row in 0..x.rows {
        let active = active.row(row);
        let (mut mean, mut scale) = (0.0, 1.0);
        if config.normalise {
            mean = active.iter().sum::<f64>() / width as f64;
            let variance = active.iter().map(|a| (a - mean).powi(2)).sum::<f64>() / width as f64;
            scale = (variance + EPSILON).sqrt().recip();
            scales.push(scale);
        }
        for (z, a) in z.row_mut(row).iter_mut().zip(active) {
            *z = (a - mean) * scale;
        }
    }
    Lifted {
        z,
        active: Some(active),
        slope,
        scale: scales,
    }
}

impl Lifted {
    /// The constant input 1 of the top layer.
    pub(crate) fn top(rows: usize) -> Self {
        Self {
            z: Mat::filled(rows, 1, 1.0),
            active: None,
            slope: Mat::zeros(0, 0),
            scale: Vec::new(),
        }
    }

    /// Adds to `dx` the gradient that `dz [b, inputs]` means for `x`.
    pub(crate) fn pull_back(&self, config: &BayesPcnConfig, x: &Mat, dz: &mut Mat, dx: &mut Mat) {
        let active = self.active.as_ref().unwrap_or(&self.z);
        let width = active.cols;
        for row in 0..x.rows {
            let dz = &mut dz.row_mut(row)[..width];
            if let Some(scale) = self.scale.get(row) {
                let z = &self.z.row(row)[..width];
                let mean = dz.iter().sum::<f64>() / width as f64;
                let along = dot(dz, z) / width as f64;
                for (dz, z) in dz.iter_mut().zip(z) {
                    *dz = scale * (*dz - mean - z * along);
                }
            }
            let (active, slope) = (active.row(row), self.slope.row(row));
            config
                .activation
                .pull_back(x.row(row), active, slope, dz, dx.row_mut(row));
        }
    }
}
