//! From where a descent ended to what a memory answers.

use attractor_core::recall::TraceTerm;
use attractor_core::{Recall, Trace};
use burn::tensor::Tensor;

use super::descent::Relaxed;

/// A recall from where a descent ended.
pub(crate) fn recall(state: Tensor<2>, relaxed: Relaxed) -> Recall {
    Recall {
        state,
        decoded: None,
        outcomes: relaxed.outcomes,
        steps: relaxed.steps,
        energy_first: narrow(&relaxed.first),
        energy_last: narrow(&relaxed.last),
        trace: energies(relaxed.trace.iter().map(|look| narrow(look)).collect()),
        recalled: Vec::new(),
    }
}

pub(crate) fn energies(values: Vec<Vec<f32>>) -> Trace {
    let name = "energy".to_owned();
    Trace {
        terms: vec![TraceTerm { name, values }],
    }
}

pub(crate) fn narrow(values: &[f64]) -> Vec<f32> {
    values.iter().map(|&value| value as f32).collect()
}
