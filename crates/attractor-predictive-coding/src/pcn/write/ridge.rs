//! The weights of the data in closed form, with frozen hidden values.

use attractor_core::{Error, Result};
use burn::tensor::{Tensor, TensorData};

use super::config::Ridge;
use super::optimiser::AdamMoments;
use crate::linalg::{Mat, solve_spd};
use crate::pcn::Pcn;
use crate::pcn::model::Kept;
use crate::pcn::network::Network;
use crate::relaxation::{doubles, relax};

impl Pcn {
    /// In each round: hidden values of the kept patterns given the weights, then, with
    /// `Z = f(X_1) [n, h]`, `W_0^T = (Z^T Z + lambda I)^(-1) Z^T X`, which for fewer patterns than
    /// units is `Z^T (Z Z^T + lambda I)^(-1) X`. A bias is the weight of a constant input.
    pub(crate) fn solve(&mut self, ridge: &Ridge) -> Result<()> {
        for _ in 0..ridge.rounds {
            let Kept { patterns, codes } = self.kept("Pcn::write")?.clone();
            let network = Network {
                config: &self.config,
                parameters: &self.state.parameters,
            };
            let norm = self.state.probes.refresh(network, 10)?;
            let sensory = network.fresh(&patterns, &ridge.inference);
            let body = network.clamped(patterns.clone(), None, sensory);
            let descent = ridge.inference.descent(ridge.inference.rate(norm));
            let codes = relax(&body, codes, descent)?.state;
            let link = network.link(0);
            let lowest = codes[codes.len() - 1].clone();
            let inputs = link.before.apply(lowest);
            let solution = fit(&inputs, &patterns, ridge.lambda, link.bias.is_some())?;
            let width = inputs.dims()[1];
            let place = (&self.device, self.config.precision.dtype());
            let layer = &mut self.state.parameters.layers[0];
            layer.weight = tensor(&solution, 0..width, place).transpose();
            if layer.bias.is_some() {
                layer.bias = Some(tensor(&solution, width..width + 1, place));
            }
            if let Some(kept) = &mut self.state.kept {
                kept.codes = codes;
            }
        }
        // Moments of weights that are gone would push the new ones.
        self.state.moments = AdamMoments::default();
        Ok(())
    }
}

/// `[inputs, dim]`, with a last row for the bias.
fn fit(inputs: &Tensor<2>, patterns: &Tensor<2>, lambda: f64, bias: bool) -> Result<Mat> {
    let [rows, width] = inputs.dims();
    let columns = width + usize::from(bias);
    let mut z = Mat::filled(rows, columns, 1.0);
    for (row, values) in doubles(inputs)?.chunks(width).enumerate() {
        z.row_mut(row)[..width].copy_from_slice(values);
    }
    let x = Mat::new(rows, patterns.dims()[1], doubles(patterns)?);
    let (z, zt) = (z.view(), z.view().transpose());
    let dual = rows < columns;
    let mut system = Mat::scaled_identity(rows.min(columns), lambda);
    let solution = if dual {
        system.add_product(1.0, z, zt);
        solve_spd(&system, &x).map(|weights| Mat::product(zt, weights.view()))
    } else {
        system.add_product(1.0, zt, z);
        solve_spd(&system, &Mat::product(zt, x.view()))
    };
    solution.ok_or_else(|| {
        Error::config(
            "Ridge.lambda",
            "must be large enough for a positive definite system",
            lambda,
        )
    })
}

fn tensor(
    solution: &Mat,
    rows: std::ops::Range<usize>,
    place: (&burn::tensor::Device, burn::tensor::DType),
) -> Tensor<2> {
    let shape = [rows.len(), solution.cols];
    let values = solution.data[rows.start * solution.cols..rows.end * solution.cols].to_vec();
    Tensor::from_data(TensorData::new(values, shape), place)
}
