//! Activation functions between layers, and the derivative of each.

use serde::{Deserialize, Serialize};

use super::gelu::gelu;

/// What is done to a layer's values before they predict the layer below: `z = f(x)`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Activation {
    /// `x`.
    Identity,
    /// `max(x, 0)`. A code may die: where all of `z` is 0 there is no gradient left.
    Relu,
    /// `x Phi(x)` with the normal distribution function `Phi`.
    #[default]
    Gelu,
    /// Scaled exponential linear unit.
    Selu,
    /// Softmax over the layer.
    Softmax,
    /// Softmax of `8 x` in 16 groups of `h / 16`: soft local winner-take-all.
    SparseWinners,
    /// Softmax of `8 x` in groups of 2.
    DenseWinners,
    /// With `y = (relu(x), relu(-x))`: `y_i y_(i-1)`, cyclic. Twice as wide as `x`.
    Dpfp,
}

const SELU_SCALE: f64 = 1.050_700_987_355_480_5;
const SELU_ALPHA: f64 = 1.673_263_242_354_377_2;
/// Inverse temperature of the winner-take-all groups.
const SHARPNESS: f64 = 8.0;

impl Activation {
    /// Width of `f(x)` for `x` of `hidden` entries.
    pub(crate) fn width(self, hidden: usize) -> usize {
        match self {
            Self::Dpfp => 2 * hidden,
            _ => hidden,
        }
    }

    /// The number that `hidden` must be a multiple of.
    pub(crate) fn divisor(self) -> usize {
        match self {
            Self::SparseWinners => 16,
            Self::DenseWinners => 2,
            _ => 1,
        }
    }

    /// Whether every entry of `f(x)` depends on the same entry of `x` alone, with the derivative in
    /// the slope of [`Self::apply`].
    pub(crate) fn by_element(self) -> bool {
        matches!(self, Self::Identity | Self::Relu | Self::Gelu | Self::Selu)
    }

    /// `f(x)` into `z`, and what [`Self::pull_back`] needs into `slope` (as wide as `x`).
    pub(crate) fn apply(self, x: &[f64], z: &mut [f64], slope: &mut [f64]) {
        let each = x.iter().zip(z.iter_mut()).zip(slope.iter_mut());
        match self {
            Self::Identity => each.for_each(|((&x, z), slope)| (*z, *slope) = (x, 1.0)),
            Self::Relu => each.for_each(|((&x, z), slope)| {
                (*z, *slope) = if x > 0.0 { (x, 1.0) } else { (0.0, 0.0) };
            }),
            Self::Gelu => gelu(x, z, slope),
            Self::Selu => each.for_each(|((&x, z), slope)| {
                (*z, *slope) = if x > 0.0 {
                    (SELU_SCALE * x, SELU_SCALE)
                } else {
                    let scale = SELU_SCALE * SELU_ALPHA;
                    (scale * x.exp_m1(), scale * x.exp())
                };
            }),
            Self::Softmax => softmax(x, z, 1.0),
            Self::SparseWinners => groups(x.len() / 16, x, z),
            Self::DenseWinners => groups(2, x, z),
            Self::Dpfp => {
                let h = x.len();
                let half = |i: usize| if i < h { x[i] } else { -x[i - h] }.max(0.0);
                for (i, z) in z.iter_mut().enumerate() {
                    *z = half(i) * half((i + 2 * h - 1) % (2 * h));
                }
            }
        }
    }

    /// The gradient with respect to `x` from the one with respect to `z`, added to `dx`.
    pub(crate) fn pull_back(self, x: &[f64], z: &[f64], slope: &[f64], dz: &[f64], dx: &mut [f64]) {
        match self {
            Self::Identity | Self::Relu | Self::Gelu | Self::Selu => {
                for ((dx, dz), slope) in dx.iter_mut().zip(dz).zip(slope) {
                    *dx += dz * slope;
                }
            }
            Self::Softmax => softmax_back(z, dz, dx, 1.0),
            Self::SparseWinners => groups_back(x.len() / 16, z, dz, dx),
            Self::DenseWinners => groups_back(2, z, dz, dx),
            Self::Dpfp => {
                let (h, width) = (x.len(), 2 * x.len());
                let half = |i: usize| if i < h { x[i] } else { -x[i - h] }.max(0.0);
                for i in 0..width {
                    let (before, after) = ((i + width - 1) % width, (i + 1) % width);
                    let dy = dz[i] * half(before) + dz[after] * half(after);
                    if half(i) > 0.0 {
                        if i < h {
                            dx[i] += dy;
                        } else {
                            dx[i - h] -= dy;
                        }
                    }
                }
            }
        }
    }
}

fn softmax(x: &[f64], z: &mut [f64], sharpness: f64) {
    let top = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    for (z, x) in z.iter_mut().zip(x) {
        *z = (sharpness * (x - top)).exp();
    }
    let total: f64 = z.iter().sum();
    z.iter_mut().for_each(|z| *z /= total);
}

fn softmax_back(z: &[f64], dz: &[f64], dx: &mut [f64], sharpness: f64) {
    let mean: f64 = z.iter().zip(dz).map(|(z, dz)| z * dz).sum();
    for ((dx, z), dz) in dx.iter_mut().zip(z).zip(dz) {
        *dx += sharpness * z * (dz - mean);
    }
}

fn groups(size: usize, x: &[f64], z: &mut [f64]) {
    for (x, z) in x.chunks(size).zip(z.chunks_mut(size)) {
        softmax(x, z, SHARPNESS);
    }
}

fn groups_back(size: usize, z: &[f64], dz: &[f64], dx: &mut [f64]) {
    let each = z.chunks(size).zip(dz.chunks(size)).zip(dx.chunks_mut(size));
    each.for_each(|((z, dz), dx)| softmax_back(z, dz, dx, SHARPNESS));
}
