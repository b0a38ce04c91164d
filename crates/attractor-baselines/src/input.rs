//! Checks that every memory of this crate makes before it touches its input.

use attractor_core::{Error, Result, check};
use burn::tensor::{Device, Tensor};

/// A checked batch `[n, dim]`, free of gradients, on the memory's device.
pub(crate) fn accept(
    what: &'static str,
    batch: Tensor<2>,
    dim: usize,
    device: &Device,
) -> Result<Tensor<2>> {
    let batch = batch.without_autodiff();
    check::batch(what, &batch, dim)?;
    Ok(batch.to_device(device))
}

/// [`accept`] for the cues of a memory of `stored` patterns.
pub(crate) fn accept_cues(
    cues: Tensor<2>,
    stored: usize,
    dim: usize,
    device: &Device,
) -> Result<Tensor<2>> {
    if stored == 0 {
        return Err(Error::EmptyMemory);
    }
    accept("cues", cues, dim, device)
}

/// One training episode: patterns `[n, d]`, cues `[b, d]`, targets `[b, d]`.
pub(crate) fn accept_episode(
    (patterns, cues, targets): (Tensor<2>, Tensor<2>, Tensor<2>),
    dim: usize,
    device: &Device,
) -> Result<(Tensor<2>, Tensor<2>, Tensor<2>)> {
    let parts = [patterns, cues, targets].map(|part| part.without_autodiff());
    check::episode(&parts[0], &parts[1], &parts[2], dim)?;
    let [patterns, cues, targets] = parts.map(|part| part.to_device(device));
    Ok((patterns, cues, targets))
}

/// Refuses a loss that is no number, before it reaches the weights.
pub(crate) fn finite_loss(loss: f32) -> Result<f32> {
    check::finite("training loss", &[loss], 1)?;
    Ok(loss)
}
