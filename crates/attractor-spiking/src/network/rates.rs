//! The end state without spikes.
//!
//! In the limit of many small spikes the network goes to a point with `r >= 0`, `U = h + W r <= 0` and
//! `r_i U_i = 0`: for symmetric W a local minimum of `F(r) = -r^T W r / 2 - h^T r` over `r >= 0`. Setting one
//! rate after the other to its best, `r_i += max(-r_i, U_i / -W_ii)`, never raises F and ends in such a
//! point. It is the asynchronous update of a Hopfield network, with rates that may take any value from 0.

use attractor_core::{Error, Result, error::require_positive};

use super::engine::Engine;

/// Where the rates ended.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct EndState {
    /// Filtered spikes of every neuron.
    pub rates: Vec<f64>,
    /// Passes over all neurons.
    pub sweeps: usize,
    /// Largest change of a rate in the last pass.
    pub change: f64,
    /// Whether that was within the tolerance.
    pub converged: bool,
}

/// Relaxes rates from the state where `engine` stands, until no rate changes by more than `tolerance` in a
/// pass, or for `max_sweeps`.
///
/// # Errors
/// [`Error::Config`] unless the tolerance is above 0 and every neuron inhibits itself.
pub fn end_state(mut engine: impl Engine, tolerance: f64, max_sweeps: usize) -> Result<EndState> {
    require_positive("tolerance", tolerance)?;
    if let Some(weight) = (0..engine.len())
        .map(|i| engine.self_weight(i))
        .find(|weight| weight.is_nan() || *weight >= 0.0)
    {
        let rule = "every neuron must inhibit itself";
        return Err(Error::config("weights", rule, weight));
    }
    let (mut change, mut sweeps) = (f64::INFINITY, 0);
    while change > tolerance && sweeps < max_sweeps {
        change = 0.0;
        for i in 0..engine.len() {
            let best = engine.potential(i) / -engine.self_weight(i);
            let amount = best.max(-engine.rate(i));
            if amount != 0.0 {
                engine.add(i, amount);
                change = change.max(amount.abs());
            }
        }
        sweeps += 1;
    }
    Ok(EndState {
        rates: engine.rates(),
        sweeps,
        change,
        converged: change <= tolerance,
    })
}
