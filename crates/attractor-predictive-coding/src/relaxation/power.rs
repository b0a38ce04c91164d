//! Largest singular values by power iteration.

use attractor_core::{Result, rng};
use burn::tensor::{Tensor, TensorData};

use super::rows::doubles;

/// Power iteration approaches from below.
const MARGIN: f64 = 1.01;
/// Iterations between two looks at the change, and looks at most, for weights that stay as they are.
const LOOK: usize = 5;
const LOOKS: usize = 40;
/// Relative change at which it has converged.
const TOLERANCE: f64 = 1e-3;

/// The largest singular value of a matrix, or a little more.
pub(crate) fn largest(weight: &Tensor<2>) -> Result<f64> {
    let mut probe = probe(weight, 0);
    let mut norm = advance(&mut probe, weight, LOOK)?;
    for _ in 0..LOOKS {
        let next = advance(&mut probe, weight, LOOK)?;
        let change = (next - norm).abs();
        norm = next;
        if change <= TOLERANCE * norm {
            break;
        }
    }
    Ok(norm)
}

/// Where the iteration starts for the matrix of that index.
pub(crate) fn probe(weight: &Tensor<2>, at: u64) -> Tensor<2> {
    let inputs = weight.dims()[1];
    let mut stream = rng::indexed_stream(0, "pcn/probe", at);
    let data = TensorData::new(rng::normal_vec(&mut stream, inputs), [1, inputs]);
    Tensor::from_data(data, (&weight.device(), weight.dtype()))
}

/// The norm after some power iterations more.
pub(crate) fn advance(probe: &mut Tensor<2>, weight: &Tensor<2>, iterations: usize) -> Result<f64> {
    let unit = |vector: Tensor<2>| {
        let length = vector.clone().square().sum_dim(1).sqrt().clamp_min(1e-30);
        vector / length
    };
    for _ in 0..iterations {
        probe.inplace(|probe| {
            let image = unit(probe).matmul(weight.clone().transpose());
            image.matmul(weight.clone())
        });
    }
    probe.inplace(unit);
    let image = probe.clone().matmul(weight.clone().transpose());
    let squared = doubles(&image.square().sum())?;
    Ok(squared.iter().sum::<f64>().sqrt() * MARGIN)
}
