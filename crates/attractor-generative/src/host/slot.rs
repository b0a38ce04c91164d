//! A parameter array with its gradient and optimiser moments.

use attractor_core::Result;
use attractor_core::adam::AdamStep;
use attractor_core::weights::Weights;

use crate::train::{AdamConfig, FIRST, RmsPropConfig, SECOND};

/// Prefix of the last step's values in a checkpoint whose named arrays are averages.
pub(crate) const LAST: &str = "last/";

/// An array in the layer's own order of entries.
#[derive(Debug, Clone)]
pub(crate) struct Slot {
    /// Named arrays of the module whose concatenation this is, with their shapes.
    parts: Vec<(String, Vec<usize>)>,
    /// Position in that concatenation of each own entry.
    order: Vec<usize>,
    /// Else it is kept, but has no gradient.
    trained: bool,
    pub(crate) value: Vec<f32>,
    pub(crate) gradient: Vec<f32>,
    first: Vec<f32>,
    second: Vec<f32>,
    /// Mean of the values over past steps; empty before [`Slot::average`] is first called.
    average: Vec<f32>,
}

impl Slot {
    /// A slot of zeros.
    pub(crate) fn new(parts: Vec<(String, Vec<usize>)>, order: Vec<usize>) -> Self {
        let n = order.len();
        debug_assert_eq!(
            n,
            parts
                .iter()
                .map(|(_, s)| s.iter().product::<usize>())
                .sum::<usize>()
        );
        let zeros = || vec![0.0; n];
        Self {
            parts,
            order,
            trained: true,
            value: zeros(),
            gradient: zeros(),
            first: zeros(),
            second: zeros(),
            average: Vec::new(),
        }
    }

    /// A vector in the module's own order.
    pub(crate) fn vector(name: String, n: usize) -> Self {
        Self::new(vec![(name, vec![n])], (0..n).collect())
    }

    /// The same array, set by its layer and not by an optimiser.
    pub(crate) fn untrained(self) -> Self {
        Self {
            trained: false,
            ..self
        }
    }

    pub(crate) fn import(&mut self, weights: &Weights) -> Result<()> {
        self.value = self.gather(weights, "", false)?;
        Ok(())
    }

    pub(crate) fn import_moments(&mut self, weights: &Weights) -> Result<()> {
        if self.trained {
            self.first = self.gather(weights, FIRST, true)?;
            self.second = self.gather(weights, SECOND, true)?;
        }
        Ok(())
    }

    pub(crate) fn export(&self, weights: &mut Weights) {
        self.scatter(weights, "", &self.value, false);
    }

    /// The average where there is one, else the values.
    pub(crate) fn export_average(&self, weights: &mut Weights) {
        let own = if self.average.is_empty() {
            &self.value
        } else {
            &self.average
        };
        self.scatter(weights, "", own, false);
    }

    /// Adds what [`Slot::export_average`] leaves out.
    pub(crate) fn export_last(&self, weights: &mut Weights) {
        if !self.average.is_empty() {
            self.scatter(weights, LAST, &self.value, false);
        }
    }

    /// Takes values and average as [`Slot::export_average`] and [`Slot::export_last`] leave them.
    pub(crate) fn import_average(&mut self, weights: &Weights) -> Result<()> {
        self.average = self.gather(weights, "", false)?;
        self.value = self.gather(weights, LAST, false)?;
        Ok(())
    }

    /// Moves the average towards the values: `average = decay * average + (1 - decay) * value`.
    pub(crate) fn average(&mut self, decay: f64) {
        if self.average.is_empty() {
            self.average = self.value.clone();
        }
        let rest = (1.0 - decay) as f32;
        for (average, value) in self.average.iter_mut().zip(&self.value) {
            *average += rest * (value - *average);
        }
    }

    pub(crate) fn export_moments(&self, weights: &mut Weights) {
        if self.trained {
            self.scatter(weights, FIRST, &self.first, true);
            self.scatter(weights, SECOND, &self.second, true);
        }
    }

    #[cfg(test)]
    pub(crate) fn export_gradient(&self, weights: &mut Weights) {
        if self.trained {
            self.scatter(weights, "", &self.gradient, false);
        }
    }

    /// The named arrays in own order; moments are stored flat.
    fn gather(&self, weights: &Weights, prefix: &str, flat: bool) -> Result<Vec<f32>> {
        let mut joined = Vec::with_capacity(self.order.len());
        for (name, shape) in &self.parts {
            let name = format!("{prefix}{name}");
            let flat_shape = [shape.iter().product()];
            if flat && !weights.contains(&name) {
                // Automatic differentiation keeps no moments of what the objective does not use.
                joined.resize(joined.len() + flat_shape[0], 0.0);
                continue;
            }
            let expected = if flat { &flat_shape } else { shape.as_slice() };
            weights.check(&name, expected)?;
            joined.extend_from_slice(weights.values(&name)?);
        }
        Ok(self.order.iter().map(|&at| joined[at]).collect())
    }

    fn scatter(&self, weights: &mut Weights, prefix: &str, own: &[f32], flat: bool) {
        let mut joined = vec![0.0; own.len()];
        for (&at, &value) in self.order.iter().zip(own) {
            joined[at] = value;
        }
        let mut rest = joined.as_slice();
        for (name, shape) in &self.parts {
            let (part, after) = rest.split_at(shape.iter().product());
            let flat_shape = [part.len()];
            let shape = if flat { &flat_shape } else { shape.as_slice() };
            weights.insert(format!("{prefix}{name}"), shape, part.to_vec());
            rest = after;
        }
    }

    /// One Adam step; `step` counts from 1.
    pub(crate) fn update(&mut self, config: &AdamConfig, step: u64) {
        if !self.trained {
            return;
        }
        let decay = (config.beta1, config.beta2);
        let step = AdamStep::new(config.learning_rate, decay, config.epsilon, step);
        let moments = (&mut self.first, &mut self.second);
        step.apply(&mut self.value, &self.gradient, moments.0, moments.1);
    }

    /// One RMSProp step.
    pub(crate) fn update_rms_prop(&mut self, config: &RmsPropConfig) {
        let (rate, epsilon) = (config.learning_rate as f32, config.epsilon as f32);
        let (decay, rest) = (config.decay as f32, (1.0 - config.decay) as f32);
        let terms = self.gradient.iter().zip(&mut self.second);
        for (value, (&g, second)) in self.value.iter_mut().zip(terms) {
            *second = decay * *second + rest * g * g;
            *value -= rate * g / (second.sqrt() + epsilon);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_rms_prop_steps_of_pytorch() {
        let mut slot = Slot::vector("w".into(), 3);
        slot.value = vec![0.5, -1.0, 2.0];
        let config = RmsPropConfig {
            learning_rate: 0.1,
            decay: 0.9,
            epsilon: 1e-3,
        };
        for step in 1..=3 {
            slot.gradient = [1.0, -0.2, 0.0].map(|g| g * step as f32).to_vec();
            slot.update_rms_prop(&config);
        }
        for (found, expected) in slot.value.iter().zip([-0.359_378, -0.147_056_34, 2.0]) {
            assert!((found - expected).abs() < 1e-6, "{found} {expected}");
        }
    }
}
