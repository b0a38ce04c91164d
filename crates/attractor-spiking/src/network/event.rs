//! The exact engine of a network of any weights: O(n) a spike for dense ones, O(n k) at rank k.

use attractor_core::Result;

use super::Network;
use super::engine::{Engine, RENORMALISE, crossing};

/// A network on its way, from filtered spikes to start with.
#[derive(Debug, Clone)]
pub struct EventRun<'a> {
    network: &'a Network,
    /// `W r / S`.
    input: Vec<f64>,
    /// `r / S`.
    rates: Vec<f64>,
    scale: f64,
    time: f64,
}

impl<'a> EventRun<'a> {
    /// Starts from filtered spikes r `[n]`, with the voltages that belong to them.
    ///
    /// # Errors
    /// [`attractor_core::Error::Width`] unless there is one for each neuron; numbers that are negative or not finite.
    pub fn new(network: &'a Network, rates: &[f64]) -> Result<Self> {
        network.start(rates)?;
        Ok(Self {
            network,
            input: network.recurrent(rates),
            rates: rates.to_vec(),
            scale: 1.0,
            time: 0.0,
        })
    }

    /// The latent activity `y = D r`.
    pub fn latent(&self) -> Vec<f64> {
        self.network.latent(&self.rates())
    }
}

impl Engine for EventRun<'_> {
    fn len(&self) -> usize {
        self.rates.len()
    }

    fn time(&self) -> f64 {
        self.time
    }

    fn potential(&self, i: usize) -> f64 {
        self.network.drive[i] + self.scale * self.input[i]
    }

    fn rate(&self, i: usize) -> f64 {
        self.scale * self.rates[i]
    }

    fn self_weight(&self, i: usize) -> f64 {
        self.network.self_weight(i)
    }

    fn upcoming(&self) -> Option<(usize, f64)> {
        let mut best = (0, 0.0);
        for (i, (&drive, &input)) in self.network.drive.iter().zip(&self.input).enumerate() {
            let q = crossing(drive, self.scale * input);
            if q > best.1 {
                best = (i, q);
            }
        }
        (best.1 > 0.0).then_some(best)
    }

    fn decay(&mut self, factor: f64) {
        self.scale *= factor;
        self.time -= factor.ln();
        if self.scale < RENORMALISE {
            let scaled = self.input.iter_mut().chain(&mut self.rates);
            scaled.for_each(|value| *value *= self.scale);
            self.scale = 1.0;
        }
    }

    fn add(&mut self, i: usize, amount: f64) {
        let amount = amount / self.scale;
        self.rates[i] += amount;
        self.network.add_column(i, amount, &mut self.input);
    }
}
