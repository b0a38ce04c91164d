//! Fully connected layers on the few rows of one image.

use super::direct::{Sizes, Start, Strides, product};

const fn rows_of(width: usize, term: usize) -> Strides {
    Strides {
        line: 0,
        segment: 0,
        row: width,
        term,
    }
}

/// `output [n, out] = input [n, in] weight + bias`, then ReLU if asked.
pub(crate) fn forward(input: &[f32], weight: &[f32], bias: &[f32], relu: bool, output: &mut [f32]) {
    let outputs = bias.len();
    let inputs = weight.len() / outputs;
    let sizes = Sizes {
        lines: 1,
        rows: input.len() / inputs,
        segments: 1,
        terms: inputs,
        columns: outputs,
    };
    product(
        sizes,
        (input, rows_of(inputs, 1)),
        (weight, rows_of(outputs, 0)),
        (output, 0, outputs),
        Start::Bias(bias),
        relu,
    );
}

/// Adds the gradients of weight and bias.
pub(crate) fn add_gradients(
    input: &[f32],
    d_output: &[f32],
    d_weight: &mut [f32],
    d_bias: &mut [f32],
) {
    let outputs = d_bias.len();
    let inputs = d_weight.len() / outputs;
    for row in d_output.chunks_exact(outputs) {
        for (sum, d) in d_bias.iter_mut().zip(row) {
            *sum += d;
        }
    }
    let sizes = Sizes {
        lines: 1,
        rows: inputs,
        segments: 1,
        terms: d_output.len() / outputs,
        columns: outputs,
    };
    product(
        sizes,
        (input, rows_of(1, inputs)),
        (d_output, rows_of(outputs, 0)),
        (d_weight, 0, outputs),
        Start::Current,
        false,
    );
}

/// `d_input [n, in] = d_output [n, out] transposed`, `transposed [out, in]`.
pub(crate) fn input_gradient(
    d_output: &[f32],
    outputs: usize,
    transposed: &[f32],
    d_input: &mut [f32],
) {
    input_gradient_padded(d_output, (outputs, outputs), transposed, d_input);
}

/// As [`input_gradient`], of rows of `width` entries, the first `outputs` of which count.
pub(crate) fn input_gradient_padded(
    d_output: &[f32],
    (outputs, width): (usize, usize),
    transposed: &[f32],
    d_input: &mut [f32],
) {
    let inputs = transposed.len() / outputs;
    let sizes = Sizes {
        lines: 1,
        rows: d_output.len() / width,
        segments: 1,
        terms: outputs,
        columns: inputs,
    };
    product(
        sizes,
        (d_output, rows_of(width, 1)),
        (transposed, rows_of(inputs, 0)),
        (d_input, 0, inputs),
        Start::Zero,
        false,
    );
}

/// Zeroes the derivative where the ReLU's result is 0.
pub(crate) fn mask(value: &[f32], derivative: &mut [f32]) {
    for (d, value) in derivative.iter_mut().zip(value) {
        *d = if *value > 0.0 { *d } else { 0.0 };
    }
}
