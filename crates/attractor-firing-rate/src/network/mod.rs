//! The network in double precision on the host: its connectivity, its dynamics, its energy.
//!
//! ```text
//! tau dx/dt = -x + Phi(W x + u)
//! E(x) = -1/2 x^T W x - u^T x + sum_i int_0^(x_i) Phi^-1(s) ds
//! ```
//!
//! W is symmetric and Phi non-decreasing, so that E falls along every trajectory. The tensors of
//! [`crate::FiringRate`] compute the same equations in single precision.

mod energy;
mod integrate;
mod synapses;

pub use integrate::{Integrator, Trajectory};
pub use synapses::Synapses;

use crate::{Activation, Levels};

/// Connectivity and activation function.
#[derive(Debug, Clone)]
pub struct Network {
    /// Phi.
    pub activation: Activation,
    /// W.
    pub synapses: Synapses,
    /// Rates of silent and active units in a memory.
    pub levels: Levels,
}

impl Network {
    /// `W x + u` for rates x `[N]`; `input` is u `[N]`, 0 if `None`.
    pub fn currents(&self, rates: &[f64], input: Option<&[f64]>) -> Vec<f64> {
        let mut currents = self.synapses.currents(rates);
        if let Some(input) = input {
            for (current, &input) in currents.iter_mut().zip(input) {
                *current += input;
            }
        }
        currents
    }

    /// `max_i |Phi((W x + u)_i) - x_i|`: 0 at an equilibrium.
    pub fn residual(&self, rates: &[f64], input: Option<&[f64]>) -> f64 {
        let currents = self.currents(rates, input).into_iter();
        let differences = currents.zip(rates).map(|(current, rate)| {
            let target = self.activation.rate(current);
            (target - rate).abs()
        });
        differences.fold(0.0, f64::max)
    }

    /// The re-scaled memory `Phi0 + (Phi1 - Phi0) xi^mu`, `[N]`.
    pub fn memory(&self, index: usize) -> Vec<f64> {
        let patterns = self.synapses.patterns();
        let mut rates = vec![self.levels.low; patterns.dim()];
        for i in patterns.active(index) {
            rates[i] = self.levels.high;
        }
        rates
    }

    /// Bits of rates: whether each is above `(Phi0 + Phi1) / 2`.
    pub fn bits(&self, rates: &[f64]) -> Vec<bool> {
        let threshold = self.levels.threshold();
        rates.iter().map(|&rate| rate > threshold).collect()
    }

    /// `x . xi^mu / |xi^mu|` for every memory: the mean rate of its active units.
    pub fn overlaps(&self, rates: &[f64]) -> Vec<f64> {
        let patterns = self.synapses.patterns();
        let mean = |index| {
            let rates = patterns.active(index).map(|i| rates[i]);
            rates.sum::<f64>() / patterns.count(index) as f64
        };
        (0..patterns.len()).map(mean).collect()
    }

    /// How much of every memory a state holds: with q_mu the share of active units in memory mu
    ///
    /// ```text
    /// c_mu = sum_i (xi_i^mu - q_mu) x_i / (N q_mu (1 - q_mu) (Phi1 - Phi0))
    /// ```
    ///
    /// 1 at the memory, 0 in any homogeneous state, 1 - q in the union of two independent memories.
    pub fn contents(&self, rates: &[f64]) -> Vec<f64> {
        let patterns = self.synapses.patterns();
        let dim = patterns.dim() as f64;
        let total: f64 = rates.iter().sum();
        let content = |index| {
            let active = patterns.count(index) as f64;
            let own: f64 = patterns.active(index).map(|i| rates[i]).sum();
            let share = active / dim;
            (own - share * total) / (active * (1.0 - share) * self.levels.range())
        };
        (0..patterns.len()).map(content).collect()
    }
}
