//! What a layer of the host network offers, and how batches are divided.

use attractor_core::rng::Rng;

use super::slot::Slot;

/// A layer with its parameters, gradients and buffers. Rows are images or vectors; `batch` of them
/// lie one after the other.
pub(crate) trait HostLayer: Send + std::fmt::Debug {
    /// Entries of an output row.
    fn output_dim(&self) -> usize;

    /// Draws what is random in the next pass.
    fn draw(&mut self, _batch: usize, _rng: &mut Rng) {}

    /// Fills `output [batch, output_dim]`.
    fn forward(&mut self, batch: usize, input: &[f32], output: &mut [f32]);

    /// Takes the derivative with respect to the output of the last `forward`, which it may
    /// overwrite; fills the gradients of the parameters and, if wanted, the derivative with respect
    /// to the input.
    fn backward(&mut self, pass: Backward<'_>);

    /// Arrays that are kept.
    fn slots(&self) -> Vec<&Slot> {
        Vec::new()
    }

    /// The same, to change.
    fn slots_mut(&mut self) -> Vec<&mut Slot> {
        Vec::new()
    }
}

/// Arguments of [`HostLayer::backward`].
pub(crate) struct Backward<'a> {
    pub(crate) batch: usize,
    /// Input of the last forward pass.
    pub(crate) input: &'a [f32],
    /// Its output.
    pub(crate) output: &'a [f32],
    /// Derivative with respect to the output.
    pub(crate) d_output: &'a mut [f32],
    /// Derivative with respect to the input, to be filled.
    pub(crate) d_input: Option<&'a mut [f32]>,
}

/// Rows in each part of a batch. Depends on the batch alone, so that sums over parts are the same
/// on every machine; eight parts at most bound the memory for partial gradients.
pub(crate) fn rows_per_part(batch: usize) -> usize {
    batch.div_ceil(if batch >= 64 { 8 } else { 4 }).max(1)
}

/// Parts of a batch.
pub(crate) fn parts(batch: usize) -> usize {
    batch.div_ceil(rows_per_part(batch))
}

/// Grows a buffer that is reused from step to step.
pub(crate) fn sized(buffer: &mut Vec<f32>, len: usize) -> &mut [f32] {
    buffer.resize(len, 0.0);
    buffer
}

/// Sums the parts of `partial`, each as long as `out`, in order.
pub(crate) fn sum_parts(partial: &[f32], out: &mut [f32]) {
    let mut parts = partial.chunks_exact(out.len());
    if let Some(first) = parts.next() {
        out.copy_from_slice(first);
    }
    for part in parts {
        for (sum, value) in out.iter_mut().zip(part) {
            *sum += value;
        }
    }
}

/// Adds `bias` to every row.
pub(crate) fn add_bias(rows: &mut [f32], bias: &[f32]) {
    for row in rows.chunks_exact_mut(bias.len()) {
        for (value, bias) in row.iter_mut().zip(bias) {
            *value += bias;
        }
    }
}

/// Sums of the columns.
pub(crate) fn sum_rows(rows: &[f32], out: &mut [f32]) {
    out.fill(0.0);
    for row in rows.chunks_exact(out.len()) {
        for (sum, value) in out.iter_mut().zip(row) {
            *sum += value;
        }
    }
}

/// ReLU.
#[derive(Debug)]
pub(crate) struct Relu {
    pub(crate) dim: usize,
}

impl HostLayer for Relu {
    fn output_dim(&self) -> usize {
        self.dim
    }

    fn forward(&mut self, _batch: usize, input: &[f32], output: &mut [f32]) {
        for (out, value) in output.iter_mut().zip(input) {
            *out = value.max(0.0);
        }
    }

    fn backward(&mut self, pass: Backward<'_>) {
        if let Some(d_input) = pass.d_input {
            for ((d_in, d_out), out) in d_input.iter_mut().zip(&*pass.d_output).zip(pass.output) {
                *d_in = if *out > 0.0 { *d_out } else { 0.0 };
            }
        }
    }
}
