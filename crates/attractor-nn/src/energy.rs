//! Energies of states.

use crate::config::Separation;

/// `max over the simplex of <p, z> + H(p)` for the entropy `H` that belongs to a separation, in `f64`; minus
/// infinity where every entry is.
///
/// Softmax: `ln sum exp z`. Sparsemax and entmax-1.5: Tsallis' entropies of order 2 and 1.5,
/// `sum(p - p^a) / (a (a - 1))`.
pub(crate) fn psi(z: &[f64], separation: Separation) -> f64 {
    let max = z.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if max == f64::NEG_INFINITY {
        return max;
    }
    match separation {
        Separation::Softmax => max + z.iter().map(|z| (z - max).exp()).sum::<f64>().ln(),
        _ => {
            let mut p = z.to_vec();
            crate::host::separate_row(&mut p, separation);
            let order = if separation == Separation::Sparsemax {
                2.0
            } else {
                1.5
            };
            let terms = p.iter().zip(z).filter(|(p, _)| **p > 0.0);
            terms
                .map(|(&p, &z)| p * z + (p - p.powf(order)) / (order * (order - 1.0)))
                .sum()
        }
    }
}
