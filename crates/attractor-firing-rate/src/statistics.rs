//! How active patterns are, and how much they have in common.

use attractor_core::Error;
use serde::{Deserialize, Serialize};

use crate::Patterns;

/// The two numbers that a synaptic design needs, and how far single patterns are from them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Statistics {
    /// q: mean share of active units.
    pub activity: f64,
    /// r: units that two patterns share, of the active ones of one, as a mean over all pairs. For
    /// independent patterns r = q, which is also taken where there is a single pattern.
    pub overlap: f64,
    /// Largest difference of a pattern's activity from q, relative to q.
    pub activity_spread: f64,
    /// Largest difference of a pair's overlap from r, relative to r; 0 for a single pattern.
    pub overlap_spread: f64,
}

/// Relative spread above which the design is told to be out of its assumptions.
pub(crate) const SPREAD: f64 = 0.05;

impl Statistics {
    /// Those of the patterns; `O(N P^2 / 64)`.
    ///
    /// # Errors
    /// [`Error::EmptyMemory`] without patterns.
    pub fn of(patterns: &Patterns) -> Result<Self, Error> {
        let (count, dim) = (patterns.len(), patterns.dim() as f64);
        if count == 0 {
            return Err(Error::EmptyMemory);
        }
        let active: Vec<f64> = (0..count).map(|k| patterns.count(k) as f64).collect();
        let mean = active.iter().sum::<f64>() / count as f64;
        let shared: Vec<f64> = (0..count)
            .flat_map(|a| (0..a).map(move |b| (a, b)))
            .map(|(a, b)| patterns.overlap(a, b) as f64)
            .collect();
        let pairs = match shared.is_empty() {
            true => mean * mean / dim,
            false => shared.iter().sum::<f64>() / shared.len() as f64,
        };
        let spread = |values: &[f64], mean: f64| {
            let differences = values.iter().map(|value| (value - mean).abs());
            let largest = differences.fold(0.0, f64::max);
            // Patterns without a unit in common have an overlap of 0, all of them.
            if largest > 0.0 { largest / mean } else { 0.0 }
        };
        Ok(Self {
            activity: mean / dim,
            overlap: pairs / mean,
            activity_spread: spread(&active, mean),
            overlap_spread: spread(&shared, pairs),
        })
    }
}
