//! Trigonometric features of projections in host memory.

use attractor_core::backend::is_host_device;
use attractor_core::{Result, check, math};
use burn::tensor::{Tensor, TensorData};
use rayon::prelude::*;

/// Projections below which threads cost more than they bring.
const SERIAL_BELOW: usize = 1 << 14;

/// Whether the projections `h` lie in host memory and need no gradient.
pub(super) fn serves(h: &Tensor<2>) -> bool {
    let device = h.device();
    !device.is_autodiff() && is_host_device(&device)
}

/// Sums of features along the directions of one block, and what the gradient multiplies them with.
pub(super) struct Sums {
    /// `sum_i cos(h_i) C_i + sin(h_i) S_i` of each row.
    pub(super) estimate: Vec<f64>,
    /// `cos(h_i) S_i - sin(h_i) C_i`, `[b, y]`.
    pub(super) residual: Vec<f32>,
}

/// Both sums of projections `h` `[b, y]` with the parts C and, for pairs, S of T at these directions.
pub(super) fn sums(h: Tensor<2>, first: &[f32], second: Option<&[f32]>) -> Result<Sums> {
    let count = first.len();
    let mut residual = check::to_host(h)?;
    let least = match residual.len() < SERIAL_BELOW {
        true => usize::MAX,
        false => 1,
    };
    let estimate = residual
        .par_chunks_exact_mut(count)
        .with_min_len(least)
        .map_init(
            || vec![0.0f32; count],
            |sines, row| {
                math::sin_cos(row, sines);
                match second {
                    Some(second) => pairs(row, sines, first, second),
                    None => cosines(row, sines, first),
                }
            },
        )
        .collect();
    Ok(Sums { estimate, residual })
}

/// Width of the partial sums: more of them than a row has vectors keep rounding small.
const LANES: usize = 16;

/// Turns cosines into the residual; returns the sum.
fn pairs(cosines: &mut [f32], sines: &[f32], first: &[f32], second: &[f32]) -> f64 {
    let mut sums = [0.0f32; LANES];
    let blocks = cosines.chunks_mut(LANES).zip(sines.chunks(LANES));
    let parts = first.chunks(LANES).zip(second.chunks(LANES));
    let mut total = 0.0f64;
    for (at, ((cosines, sines), (first, second))) in blocks.zip(parts).enumerate() {
        for i in 0..cosines.len() {
            let (c, s) = (cosines[i], sines[i]);
            sums[i] += c * first[i] + s * second[i];
            cosines[i] = c * second[i] - s * first[i];
        }
        if at % LANES == LANES - 1 {
            total += drain(&mut sums);
        }
    }
    total + drain(&mut sums)
}

/// As [`pairs`] without sines in T.
fn cosines(cosines: &mut [f32], sines: &[f32], first: &[f32]) -> f64 {
    let mut sums = [0.0f32; LANES];
    let mut total = 0.0f64;
    let blocks = cosines.chunks_mut(LANES).zip(sines.chunks(LANES));
    for (at, ((cosines, sines), first)) in blocks.zip(first.chunks(LANES)).enumerate() {
        for i in 0..cosines.len() {
            sums[i] += cosines[i] * first[i];
            cosines[i] = -sines[i] * first[i];
        }
        if at % LANES == LANES - 1 {
            total += drain(&mut sums);
        }
    }
    total + drain(&mut sums)
}

fn drain(sums: &mut [f32; LANES]) -> f64 {
    let total = sums.iter().map(|&sum| f64::from(sum)).sum();
    *sums = [0.0; LANES];
    total
}

/// Cosines and sines of projections `[b, y]`.
pub(super) fn cos_sin(h: Tensor<2>) -> Result<(Tensor<2>, Tensor<2>)> {
    if !serves(&h) {
        return Ok((h.clone().cos(), h.sin()));
    }
    let (shape, device) = (h.dims(), h.device());
    let mut cosines = check::to_host(h)?;
    let mut sines = vec![0.0; cosines.len()];
    let width = shape[1].max(1);
    cosines
        .par_chunks_mut(width)
        .zip(sines.par_chunks_mut(width))
        .for_each(|(cosines, sines)| math::sin_cos(cosines, sines));
    let upload = |values| Tensor::from_data(TensorData::new(values, shape), &device);
    Ok((upload(cosines), upload(sines)))
}
