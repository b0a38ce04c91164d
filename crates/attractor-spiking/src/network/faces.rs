//! Which sets of neurons can be active for ever.
//!
//! For an active set A the flow on that face goes to `r_A = (-W_AA)^-1 h_A`. It stays there if
//!
//! - C1: `r_A > 0`;
//! - C2: `h_j + W_jA r_A < 0` for every other neuron j;
//! - C3: all eigenvalues of `-W_AA` have positive real parts: self-inhibition beats mutual inhibition.
//!
//! For symmetric W these are the strict local minima of `F(r) = -r^T W r / 2 - h^T r` over `r >= 0`.

use attractor_core::{Error, Result};

use super::Network;
use crate::algebra::{Matrix, dot, smallest_real_part, solve};

/// Neurons up to which all sets are visited.
pub const MOST_NEURONS: usize = 20;

/// A set of active neurons and how it fares.
#[derive(Debug, Clone, PartialEq)]
pub struct Face {
    /// The active neurons, ascending.
    pub active: Vec<usize>,
    /// Filtered spikes `[n]` of the fixed point; 0 outside the set.
    pub rates: Vec<f64>,
    /// C1: smallest rate in the set.
    pub smallest_rate: f64,
    /// C2: largest voltage outside the set, minus infinity if all are inside.
    pub largest_outside: f64,
    /// C3: smallest real part of the eigenvalues of `-W_AA`.
    pub smallest_eigenvalue: f64,
}

impl Face {
    /// The face of that set, ascending; `None` if `W_AA` is singular.
    ///
    /// # Errors
    /// [`Error::Index`] for a neuron that does not exist; [`Error::Config`] for an empty set, or one
    /// that is not ascending.
    pub fn of(network: &Network, active: &[usize]) -> Result<Option<Self>> {
        Self::with(&network.weights(), network.drive(), active)
    }

    fn with(weights: &Matrix, drive: &[f64], active: &[usize]) -> Result<Option<Self>> {
        if active.is_empty() || !active.is_sorted_by(|a, b| a < b) {
            let rule = "must name at least one neuron, in ascending order";
            return Err(Error::config("active set", rule, format!("{active:?}")));
        }
        if let Some(&index) = active.iter().find(|&&index| index >= drive.len()) {
            return Err(Error::Index {
                what: "active set",
                len: drive.len(),
                index,
            });
        }
        let count = active.len();
        let inner = Matrix::from_fn(count, count, |a, b| -weights.at(active[a], active[b]));
        let right: Vec<f64> = active.iter().map(|&i| drive[i]).collect();
        let Some(solution) = solve(&inner, &right) else {
            return Ok(None);
        };
        let mut rates = vec![0.0; drive.len()];
        for (&i, &rate) in active.iter().zip(&solution) {
            rates[i] = rate;
        }
        let outside = (0..drive.len()).filter(|i| !active.contains(i));
        let voltages = outside.map(|j| drive[j] + dot(weights.row(j), &rates));
        Ok(Some(Self {
            active: active.to_vec(),
            smallest_rate: solution.iter().copied().fold(f64::INFINITY, f64::min),
            largest_outside: voltages.fold(f64::NEG_INFINITY, f64::max),
            smallest_eigenvalue: smallest_real_part(&inner)?,
            rates,
        }))
    }

    /// C1 and C2: the activity stays there if nothing disturbs it.
    pub fn is_equilibrium(&self) -> bool {
        self.smallest_rate > 0.0 && self.largest_outside < 0.0
    }

    /// C1 to C3: it comes back.
    pub fn is_stable(&self) -> bool {
        self.is_equilibrium() && self.smallest_eigenvalue > 0.0
    }
}

/// Every set of active neurons whose `W_AA` can be inverted, in the order of the binary numbers whose bits
/// name the neurons.
///
/// # Errors
/// [`Error::Config`] beyond [`MOST_NEURONS`].
pub fn faces(network: &Network) -> Result<Vec<Face>> {
    if network.len() > MOST_NEURONS {
        let rule = "must have at most 20 neurons for a visit to all active sets";
        return Err(Error::config("network", rule, network.len()));
    }
    let (weights, neurons) = (network.weights(), network.len());
    let sets = (1usize..1 << neurons).map(|bits| {
        let active: Vec<usize> = (0..neurons).filter(|i| bits >> i & 1 == 1).collect();
        Face::with(&weights, network.drive(), &active).transpose()
    });
    sets.flatten().collect()
}
