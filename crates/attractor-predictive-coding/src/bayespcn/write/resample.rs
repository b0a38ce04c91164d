//! Weights of the particles, and which of them go on.

use attractor_core::rng;
use rand::RngExt;

use crate::bayespcn::BayesPcn;
use crate::linalg::log_sum_exp;

impl BayesPcn {
    /// Multinomial resampling if few particles are left that count.
    pub(super) fn resample(&mut self) {
        let count = self.state.particles.len();
        if self.effective_particles() >= self.config.resample_below * count as f64 {
            return;
        }
        let state = &mut self.state;
        let mut stream = rng::indexed_stream(self.config.seed, "bayespcn/resample", state.written);
        let ancestors: Vec<usize> = (0..count)
            .map(|_| choose(&state.log_weights, stream.random()))
            .collect();
        state.particles = ancestors
            .iter()
            .map(|&from| state.particles[from].clone())
            .collect();
        for record in &mut state.records {
            record.hidden = ancestors
                .iter()
                .map(|&from| record.hidden[from].clone())
                .collect();
        }
        state.log_weights = vec![-(count as f64).ln(); count];
        state.generation += 1;
    }
}

/// Scales the weights to the sum 1.
pub(super) fn normalise(log_weights: &mut [f64]) {
    let total = log_sum_exp(log_weights.iter().copied());
    log_weights.iter_mut().for_each(|weight| *weight -= total);
}

/// The index where the running sum of the weights passes `uniform` in `[0, 1)`.
pub(crate) fn choose(log_weights: &[f64], uniform: f64) -> usize {
    let mut sum = 0.0;
    let passed = log_weights.iter().position(|weight| {
        sum += weight.exp();
        uniform < sum
    });
    passed.unwrap_or(log_weights.len() - 1)
}
