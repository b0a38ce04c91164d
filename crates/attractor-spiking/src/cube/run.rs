//! The exact engine of the hypercube: O(K) a spike.

use attractor_core::Result;

use super::CubeNetwork;
use super::network::side;
use crate::network::engine::{Engine, RENORMALISE, crossing};
use crate::network::starting_rates;

/// Units whose scores are compared side by side.
const LANES: usize = 8;

/// A hypercube network on its way. Neuron 2k is (k, +), neuron 2k + 1 is (k, -).
#[derive(Debug, Clone)]
pub struct CubeRun<'a> {
    network: &'a CubeNetwork,
    scale: f64,
    time: f64,
    /// All of these divided by the scale: r `[2 K]`, g, p `[K]`, R.
    rates: Vec<f64>,
    fields: Vec<f64>,
    pairs: Vec<f64>,
    total: f64,
    /// `r^T W r` divided by the scale's square, and `h^T r` by the scale.
    square: f64,
    linear: f64,
}

impl<'a> CubeRun<'a> {
    /// Starts from filtered spikes r `[2 K]`, with the voltages that belong to them.
    ///
    /// # Errors
    /// [`attractor_core::Error::Width`] unless there is one for each neuron; numbers that are negative or not finite.
    pub fn new(network: &'a CubeNetwork, rates: &[f64]) -> Result<Self> {
        starting_rates(rates, 2 * network.units())?;
        let difference: Vec<f64> = rates
            .chunks_exact(2)
            .map(|pair| pair[0] - pair[1])
            .collect();
        let pairs: Vec<f64> = rates
            .chunks_exact(2)
            .map(|pair| pair[0] + pair[1])
            .collect();
        let mut run = Self {
            network,
            scale: 1.0,
            time: 0.0,
            rates: rates.to_vec(),
            fields: network.coupling.times(&difference),
            total: pairs.iter().sum(),
            pairs,
            square: 0.0,
            linear: 0.0,
        };
        run.square = (0..rates.len()).map(|i| rates[i] * run.input(i)).sum();
        let linear = |(i, rate): (usize, &f64)| rate * run.drive(i);
        run.linear = rates.iter().enumerate().map(linear).sum();
        Ok(run)
    }

    /// The signed activity m `[K]`.
    pub fn signed(&self) -> Vec<f64> {
        let pairs = self.rates.chunks_exact(2);
        pairs.map(|pair| self.scale * (pair[0] - pair[1])).collect()
    }

    /// R, the filtered spikes of all neurons.
    pub fn total(&self) -> f64 {
        self.scale * self.total
    }

    /// `F(r) = -r^T W r / 2 - h^T r`.
    pub fn energy(&self) -> f64 {
        self.scale * (-0.5 * self.scale * self.square - self.linear)
    }

    /// [`Engine::step`], adding the integral of F over the time that passed to `integral`: exact, and O(1) for a
    /// symmetric coupling.
    pub fn step_with_energy(
        &mut self,
        until: f64,
        integral: &mut f64,
    ) -> Option<crate::network::engine::Spike> {
        // The state before the spike, its scale in terms of the present one.
        let (square, linear, before) = (self.square, self.linear, self.scale);
        let left = until - self.time;
        let start = self.time;
        let spike = self.step(until);
        let passed = match spike {
            Some(spike) => spike.time - start,
            None => left.max(0.0),
        };
        let after = before * (-passed).exp();
        let (sum, difference) = (before + after, before - after);
        *integral -= difference * (0.25 * sum * square + linear);
        spike
    }

    /// The recurrent input of neuron i, scaled.
    fn input(&self, i: usize) -> f64 {
        let k = i / 2;
        side(i) * self.fields[k]
            - self.network.pooled[k] * self.pairs[k]
            - self.network.inhibition * self.total
    }

    fn drive(&self, i: usize) -> f64 {
        self.network.drive + side(i) * self.network.bias(i / 2)
    }

    /// The largest `|g_k| - a_k p_k`, the first of equals.
    fn top(&self) -> Option<(usize, f64)> {
        let score = |(field, (pair, pooled)): (&f64, (&f64, &f64))| field.abs() - pooled * pair;
        let all = || {
            let second = self.pairs.iter().zip(&self.network.pooled);
            self.fields.iter().zip(second).map(score)
        };
        // Lanes, so that the compiler compares several units with one instruction.
        let mut lanes = [f64::NEG_INFINITY; LANES];
        let chunks = (self.fields.chunks_exact(LANES))
            .zip(self.pairs.chunks_exact(LANES))
            .zip(self.network.pooled.chunks_exact(LANES));
        for ((fields, pairs), pooled) in chunks {
            for lane in 0..LANES {
                let score = fields[lane].abs() - pooled[lane] * pairs[lane];
                lanes[lane] = if score > lanes[lane] {
                    score
                } else {
                    lanes[lane]
                };
            }
        }
        let rest = all().skip(self.fields.len() / LANES * LANES);
        let top = lanes
            .into_iter()
            .chain(rest)
            .fold(f64::NEG_INFINITY, f64::max);
        all().position(|score| score == top).map(|k| (k, top))
    }
}

impl Engine for CubeRun<'_> {
    fn len(&self) -> usize {
        self.rates.len()
    }

    fn time(&self) -> f64 {
        self.time
    }

    fn potential(&self, i: usize) -> f64 {
        self.drive(i) + self.scale * self.input(i)
    }

    fn rate(&self, i: usize) -> f64 {
        self.scale * self.rates[i]
    }

    fn self_weight(&self, i: usize) -> f64 {
        let k = i / 2;
        self.network.coupling.at(k, k) - self.network.pooled[k] - self.network.inhibition
    }

    fn upcoming(&self) -> Option<(usize, f64)> {
        if self.network.bias.is_empty() {
            let (k, score) = self.top()?;
            let input = self.scale * (score - self.network.inhibition * self.total);
            let q = crossing(self.network.drive, input);
            return (q > 0.0).then_some((2 * k + usize::from(self.fields[k] < 0.0), q));
        }
        let mut best = (0, 0.0);
        for i in 0..self.rates.len() {
            let q = crossing(self.drive(i), self.scale * self.input(i));
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
            let scale = self.scale;
            let state = self.rates.iter_mut().chain(&mut self.fields);
            state
                .chain(&mut self.pairs)
                .for_each(|value| *value *= scale);
            self.total *= scale;
            self.linear *= scale;
            self.square *= scale * scale;
            self.scale = 1.0;
        }
    }

    fn add(&mut self, i: usize, amount: f64) {
        let (k, sign) = (i / 2, side(i));
        let amount = amount / self.scale;
        // r^T W r grows by the row and the column of i.
        let (row, column) = (
            self.input(i),
            match self.network.is_symmetric() {
                true => self.input(i),
                false => self.input_transposed(i),
            },
        );
        self.square += amount * (row + column + amount * self.self_weight(i));
        self.linear += amount * self.drive(i);
        self.rates[i] += amount;
        self.pairs[k] += amount;
        self.total += amount;
        let signed = sign * amount;
        for (field, weight) in self.fields.iter_mut().zip(self.network.column(k)) {
            *field += signed * weight;
        }
    }
}

impl CubeRun<'_> {
    /// `(W^T r)_i`, scaled.
    fn input_transposed(&self, i: usize) -> f64 {
        let k = i / 2;
        let pairs = self.rates.chunks_exact(2).zip(self.network.column(k));
        let field: f64 = pairs
            .map(|(pair, weight)| weight * (pair[0] - pair[1]))
            .sum();
        side(i) * field
            - self.network.pooled[k] * self.pairs[k]
            - self.network.inhibition * self.total
    }
}
