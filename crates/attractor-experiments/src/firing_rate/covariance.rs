//! The covariance rule of bits with a hard threshold: the Hopfield network of sparse 0 and 1.
//!
//! ```text
//! W = sum_mu (xi^mu - q)(xi^mu - q)^T, diagonal 0
//! x_i <- 1 if (W x)_i > (1/2 - q) q (1 - q) N, else 0, all units at once
//! ```
//!
//! The threshold lies halfway between the fields that a single memory gives its silent and its active
//! units.

/// Answers to cues `[b, dim]` of 0 and 1, by patterns of mean activity q; at most `sweeps` updates of all
/// units. Fields are computed from the patterns: `O(N P)` an update.
pub(super) fn recall(
    patterns: &[f32],
    cues: &[f32],
    dim: usize,
    q: f64,
    sweeps: usize,
) -> Vec<f32> {
    let threshold = (0.5 - q) * q * (1.0 - q) * dim as f64;
    let count = patterns.len() / dim;
    let own: Vec<f64> = (0..dim)
        .map(|i| {
            let centred = (0..count).map(|k| f64::from(patterns[k * dim + i]) - q);
            centred.map(|x| x * x).sum()
        })
        .collect();
    let mut answers = cues.to_vec();
    for state in answers.chunks_exact_mut(dim) {
        for _ in 0..sweeps {
            let total: f64 = state.iter().copied().map(f64::from).sum();
            let mut fields: Vec<f64> = state
                .iter()
                .zip(&own)
                .map(|(x, own)| -f64::from(*x) * own)
                .collect();
            for pattern in patterns.chunks_exact(dim) {
                let pairs = pattern.iter().zip(state.iter());
                let overlap: f64 = pairs.map(|(p, x)| f64::from(p * x)).sum();
                let projected = overlap - q * total;
                for (field, bit) in fields.iter_mut().zip(pattern) {
                    *field += projected * (f64::from(*bit) - q);
                }
            }
            let next: Vec<f32> = fields.iter().map(|h| f32::from(*h > threshold)).collect();
            if next == *state {
                break;
            }
            state.copy_from_slice(&next);
        }
    }
    answers
}
