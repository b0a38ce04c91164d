//! Trigonometric features of projections in host memory.

use attractor_core::backend::is_host_device;
use attractor_core::{Result, check, math};
use burn::tensor::{Tensor, TensorData};
use rayon::prelude::*;

/// Whether a tensor lies in host memory and needs no gradient.
pub(super) fn serves(tensor: &Tensor<2>) -> bool {
    let device = tensor.device();
    !device.is_autodiff() && is_host_device(&device)
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
