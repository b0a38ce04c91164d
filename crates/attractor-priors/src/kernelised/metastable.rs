//! How many codes a state mixes.

use attractor_core::{Result, check};
use burn::tensor::Tensor;

/// How many codes the weights of one state mix.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Metastable {
    /// Weights above the threshold. 0 is possible: a mixture so even that none exceeds it.
    pub count: usize,
    /// `exp(entropy)`: 1 for one code, n for an even mixture of n.
    pub effective: f64,
    /// The code of the largest weight.
    pub best: usize,
}

/// Size of the mixture of each row of weights `[b, n]`.
///
/// The papers count weights above 0.01 with softmax and above 0 with sparse separations; `effective`
/// needs no threshold.
///
/// # Errors
/// [`attractor_core::Error::Device`].
pub fn metastable(weights: Tensor<2>, threshold: f32) -> Result<Vec<Metastable>> {
    let [_, count] = weights.dims();
    let weights = check::to_host(weights)?;
    let rows = weights.chunks_exact(count.max(1)).map(|row| {
        let mut best = 0;
        let mut entropy = 0.0;
        for (k, &weight) in row.iter().enumerate() {
            if weight > row[best] {
                best = k;
            }
            if weight > 0.0 {
                entropy -= f64::from(weight) * f64::from(weight).ln();
            }
        }
        Metastable {
            count: row.iter().filter(|&&weight| weight > threshold).count(),
            effective: entropy.exp(),
            best,
        }
    });
    Ok(rows.collect())
}
