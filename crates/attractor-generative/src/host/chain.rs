//! Layers one after the other, with what flows between them.

use attractor_core::rng::Rng;

use super::layer::{Backward, HostLayer, sized};
use super::slot::Slot;

/// Layers with their activations and derivatives.
#[derive(Debug)]
pub(crate) struct Chain {
    layers: Vec<Box<dyn HostLayer>>,
    /// Input of the first layer, then the output of each.
    values: Vec<Vec<f32>>,
    /// Derivatives with respect to `values`.
    derivatives: Vec<Vec<f32>>,
    input_dim: usize,
}

impl Chain {
    pub(crate) fn new(layers: Vec<Box<dyn HostLayer>>, input_dim: usize) -> Self {
        let buffers = || vec![Vec::new(); layers.len() + 1];
        let (values, derivatives) = (buffers(), buffers());
        Self {
            layers,
            values,
            derivatives,
            input_dim,
        }
    }

    pub(crate) fn slots(&self) -> impl Iterator<Item = &Slot> {
        self.layers.iter().flat_map(|layer| layer.slots())
    }

    pub(crate) fn slots_mut(&mut self) -> impl Iterator<Item = &mut Slot> {
        self.layers.iter_mut().flat_map(|layer| layer.slots_mut())
    }

    /// Draws what is random in the next pass, layer by layer.
    pub(crate) fn draw(&mut self, batch: usize, rng: &mut Rng) {
        self.layers
            .iter_mut()
            .for_each(|layer| layer.draw(batch, rng));
    }

    /// The input's buffer, to fill before [`Chain::forward`].
    pub(crate) fn input(&mut self, batch: usize) -> &mut [f32] {
        sized(&mut self.values[0], batch * self.input_dim)
    }

    pub(crate) fn forward(&mut self, batch: usize) {
        for (at, layer) in self.layers.iter_mut().enumerate() {
            let (before, after) = self.values.split_at_mut(at + 1);
            let output = sized(&mut after[0], batch * layer.output_dim());
            layer.forward(batch, &before[at], output);
        }
    }

    /// The last value and the buffer of its derivative.
    pub(crate) fn output(&mut self) -> (&[f32], &mut [f32]) {
        let last = self.layers.len();
        let value = &self.values[last];
        (value, sized(&mut self.derivatives[last], value.len()))
    }

    /// Parameter gradients, and the derivative with respect to the input if wanted.
    pub(crate) fn backward(&mut self, batch: usize, with_input: bool) -> &[f32] {
        for (at, layer) in self.layers.iter_mut().enumerate().rev() {
            let (before, after) = self.derivatives.split_at_mut(at + 1);
            let input = &self.values[at];
            let d_input = (at > 0 || with_input).then(|| sized(&mut before[at], input.len()));
            let (output, d_output) = (&self.values[at + 1], &mut after[0]);
            layer.backward(Backward {
                batch,
                input,
                output,
                d_output,
                d_input,
            });
        }
        &self.derivatives[0]
    }
}
