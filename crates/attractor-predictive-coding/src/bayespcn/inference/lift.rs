//! From a layer's values to the inputs of the layer below: activation, normalisation, constant.

use rayon::prelude::*;

use crate::bayespcn::BayesPcnConfig;
use crate::linalg::{Mat, Real, dot};

/// Added to the variance of a layer before it is normalised.
const EPSILON: f64 = 1e-5;
/// Rows of one task.
const BAND: usize = 16;

/// Inputs of the layer below, with what is needed to pull gradients back.
#[derive(Debug)]
pub(crate) struct Lifted<T = f64> {
    /// `[b, inputs]`.
    pub(crate) z: Mat<T>,
    /// What the activation needs to pull a gradient back.
    slope: Mat<T>,
}

/// `z` for hidden values `x [b, hidden]`.
pub(crate) fn lift<T: Real>(config: &BayesPcnConfig, x: &Mat<T>) -> Lifted<T> {
    let mut lifted = Lifted::empty();
    lifted.fill(config, x);
    lifted
}

/// Room for one row in `f64`.
struct Scratch {
    x: Vec<f64>,
    active: Vec<f64>,
    slope: Vec<f64>,
    dz: Vec<f64>,
    dx: Vec<f64>,
}

impl Scratch {
    fn new(config: &BayesPcnConfig, hidden: usize) -> Self {
        let width = config.activation.width(hidden);
        Self {
            x: vec![0.0; hidden],
            active: vec![0.0; width],
            slope: vec![0.0; hidden],
            dz: vec![0.0; width],
            dx: vec![0.0; hidden],
        }
    }

    /// Activates `x`; returns the mean and `1 / standard deviation` of the result.
    fn activate<T: Real>(&mut self, config: &BayesPcnConfig, x: &[T]) -> (f64, f64) {
        widen(&mut self.x, x);
        config
            .activation
            .apply(&self.x, &mut self.active, &mut self.slope);
        if !config.normalise {
            return (0.0, 1.0);
        }
        let width = self.active.len() as f64;
        let mean = self.active.iter().sum::<f64>() / width;
        let squares = self.active.iter().map(|a| (a - mean).powi(2));
        let variance = squares.sum::<f64>() / width;
        (mean, (variance + EPSILON).sqrt().recip())
    }
}

fn widen<T: Real>(to: &mut [f64], from: &[T]) {
    to.iter_mut()
        .zip(from)
        .for_each(|(to, from)| *to = from.wide());
}

impl<T: Real> Lifted<T> {
    pub(crate) fn empty() -> Self {
        Self {
            z: Mat::zeros(0, 0),
            slope: Mat::zeros(0, 0),
        }
    }

    /// The constant input 1 of the top layer.
    pub(crate) fn top(rows: usize) -> Self {
        Self {
            z: Mat::filled(rows, 1, T::of(1.0)),
            slope: Mat::zeros(0, 0),
        }
    }

    /// Replaces what it holds by [`lift`] of `x`.
    pub(crate) fn fill(&mut self, config: &BayesPcnConfig, x: &Mat<T>) {
        let width = config.activation.width(x.cols) + usize::from(config.bias);
        self.z.reshape(x.rows, width);
        self.slope.reshape(x.rows, x.cols);
        let bands = self.z.data.par_chunks_mut(BAND * width);
        let slopes = self.slope.data.par_chunks_mut(BAND * x.cols);
        let rows = x.data.par_chunks(BAND * x.cols);
        bands.zip(slopes).zip(rows).for_each(|((z, slope), x)| {
            let cols = slope.len() / (z.len() / width);
            let mut scratch = Scratch::new(config, cols);
            let each = z.chunks_mut(width).zip(slope.chunks_mut(cols));
            for ((z, slope), x) in each.zip(x.chunks(cols)) {
                let (mean, scale) = scratch.activate(config, x);
                for (z, active) in z.iter_mut().zip(&scratch.active) {
                    *z = T::of((active - mean) * scale);
                }
                if config.bias {
                    z[width - 1] = T::of(1.0);
                }
                for (to, from) in slope.iter_mut().zip(&scratch.slope) {
                    *to = T::of(*from);
                }
            }
        });
    }

    /// Adds to `dx` the gradient that `dz [b, inputs]` means for `x`.
    pub(crate) fn pull_back(
        &self,
        config: &BayesPcnConfig,
        x: &Mat<T>,
        dz: &Mat<T>,
        dx: &mut Mat<T>,
    ) {
        let (cols, width) = (x.cols, config.activation.width(x.cols));
        let bands = dx.data.par_chunks_mut(BAND * cols).enumerate();
        bands.for_each(|(band, rows)| {
            let mut scratch = Scratch::new(config, cols);
            for (row, dx) in rows.chunks_mut(cols).enumerate() {
                let row = band * BAND + row;
                let (dz, slope) = (&dz.row(row)[..width], self.slope.row(row));
                if config.activation.by_element() && !config.normalise {
                    for ((dx, dz), slope) in dx.iter_mut().zip(dz).zip(slope) {
                        *dx += *dz * *slope;
                    }
                } else {
                    pull_row(config, &mut scratch, x.row(row), dz, dx);
                }
            }
        });
    }
}

/// The general case, which activates the row once more.
fn pull_row<T: Real>(
    config: &BayesPcnConfig,
    scratch: &mut Scratch,
    x: &[T],
    dz: &[T],
    dx: &mut [T],
) {
    let (mean, scale) = scratch.activate(config, x);
    widen(&mut scratch.dz, dz);
    if config.normalise {
        let width = scratch.dz.len() as f64;
        let z: Vec<f64> = scratch.active.iter().map(|a| (a - mean) * scale).collect();
        let centre = scratch.dz.iter().sum::<f64>() / width;
        let along = dot(&scratch.dz, &z) / width;
        for (dz, z) in scratch.dz.iter_mut().zip(&z) {
            *dz = scale * (*dz - centre - z * along);
        }
    }
    let Scratch {
        x,
        active,
        slope,
        dz,
        dx: change,
    } = scratch;
    change.fill(0.0);
    config.activation.pull_back(x, active, slope, dz, change);
    for (dx, change) in dx.iter_mut().zip(change) {
        *dx += T::of(*change);
    }
}
