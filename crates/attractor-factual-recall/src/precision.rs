//! What weights of fewer bits, or with noise, still read.

use attractor_core::error::require_non_negative;
use attractor_core::rng::{self, Rng};
use attractor_core::{Error, Result};

use crate::{Matrix, Real};

/// Standard deviations beyond which a quantiser cuts off.
const CLIP: f64 = 3.0;

/// Weights rounded to `2^bits` levels: one bit keeps the sign at the mean absolute weight; more bits are
/// the centres of `2^bits` equal intervals from -3 to 3 standard deviations, beyond which weights are cut
/// off.
///
/// # Errors
/// [`Error::Config`] unless `bits` is from 1 to 16; [`Error::NonFinite`].
pub fn quantised<T: Real>(weights: &Matrix<T>, bits: u32) -> Result<Matrix<T>> {
    if !(1..=16).contains(&bits) {
        return Err(Error::config(
            "quantised.bits",
            "must be from 1 to 16",
            bits,
        ));
    }
    weights.check_finite("weights")?;
    let mut out = weights.clone();
    let deviation = deviation(weights);
    if deviation == 0.0 {
        return Ok(out);
    }
    let count = weights.data().len() as f64;
    let size = weights
        .data()
        .iter()
        .map(|value| value.wide().abs())
        .sum::<f64>()
        / count;
    let levels = f64::from(1u32 << bits);
    let width = 2.0 * CLIP * deviation / levels;
    for value in out.data_mut() {
        let x = value.wide();
        *value = T::of(match bits {
            1 => size.copysign(x),
            _ => {
                let interval = ((x / width) + 0.5 * levels)
                    .floor()
                    .clamp(0.0, levels - 1.0);
                (interval + 0.5 - 0.5 * levels) * width
            }
        });
    }
    Ok(out)
}

/// Weights with independent normal noise, whose standard deviation is `factor` times that of the weights.
///
/// # Errors
/// [`Error::Config`] if `factor` is no number of at least 0; [`Error::NonFinite`].
pub fn noisy<T: Real>(weights: &Matrix<T>, factor: f64, rng: &mut Rng) -> Result<Matrix<T>> {
    require_non_negative("noisy.factor", factor)?;
    weights.check_finite("weights")?;
    let scale = factor * deviation(weights);
    let mut out = weights.clone();
    let noise = rng::normal_vec(rng, out.data().len());
    for (value, noise) in out.data_mut().iter_mut().zip(noise) {
        *value += T::of(scale * f64::from(noise));
    }
    Ok(out)
}

/// Standard deviation about the mean.
fn deviation<T: Real>(weights: &Matrix<T>) -> f64 {
    let count = weights.data().len().max(1) as f64;
    let mean = weights.data().iter().map(|value| value.wide()).sum::<f64>() / count;
    (weights.mean_square() - mean * mean).max(0.0).sqrt()
}
