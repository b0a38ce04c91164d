//! Predictive coding memory against what can be worked out by hand: one step and the optimum of a
//! network of two numbers, the optimum of a linear layer, weights after one step. 1e-6, what is left of
//! `f64` in a table of `f32`.

use std::ops::ControlFlow;

use anyhow::Result;
use attractor::core::Activation;
use attractor::core::burn::tensor::{Tensor, TensorData};
use attractor::core::check::to_host;
use attractor::predictive_coding::pcn::{
    InferenceConfig, Optimiser, PcnLayer, PcnParameters, Precision, StepSize, WriteConfig,
};
use attractor::predictive_coding::{Pcn, PcnConfig};

use super::{Golden, System};

const TOLERANCE: f64 = 1e-6;
const NAME: &str = "PCN";

pub(super) const SYSTEM: System = System {
    name: NAME,
    files: &[],
    check,
};

fn check(golden: &mut Golden) -> Result<()> {
    scalar(golden)?;
    linear(golden)
}

/// One linear layer.
fn network(golden: &Golden, dim: usize, weight: &[f32], mean: &[f32]) -> Result<Pcn> {
    let tensor = |values: &[f32], width: usize| {
        let data = TensorData::new(values.to_vec(), [values.len() / width, width]);
        Tensor::<2>::from_data(data, &golden.device)
    };
    let width = mean.len();
    let parameters = PcnParameters {
        layers: vec![PcnLayer {
            weight: tensor(weight, width),
            bias: None,
        }],
        mean: Some(tensor(mean, width)),
        recurrent: None,
    };
    let config = PcnConfig {
        hidden: vec![width],
        activation: Activation::Identity,
        precision: precision(golden),
        ..PcnConfig::new(dim)
    };
    Ok(Pcn::with_parameters(config, parameters, &golden.device)?)
}

/// Double where the backend has it.
fn precision(golden: &Golden) -> Precision {
    use attractor::core::burn::tensor::DType;
    match golden.device.supports_dtype(DType::F64) {
        true => Precision::F64,
        false => Precision::F32,
    }
}

fn optimum() -> InferenceConfig {
    InferenceConfig {
        tolerance: 1e-7,
        max_steps: 10_000,
        momentum: false,
        ..InferenceConfig::default()
    }
}

/// `W = 2`, `b = 1`, `x_0 = 3`, started at `x_1 = 1`.
fn scalar(golden: &mut Golden) -> Result<()> {
    let mut memory = network(golden, 1, &[2.0], &[1.0])?;
    let data = Tensor::<2>::from_data([[3.0f32]], &golden.device);
    let step = InferenceConfig::plain(StepSize::Fixed(0.1), 1);
    let one = memory.infer(data.clone(), None, &step)?;
    let hidden = to_host(one.hidden[0].clone())?[0];
    let error = 3.0 - to_host(one.data)?[0];
    let ours = [
        one.energy_first[0] as f32,
        hidden,
        error,
        one.energy[0] as f32,
    ];
    golden.compare_values(NAME, "one step", &ours, &[0.5, 1.2, 0.6, 0.2], TOLERANCE)?;
    let end = memory.infer(data.clone(), None, &optimum())?;
    let ours = [to_host(end.hidden[0].clone())?[0], end.energy[0] as f32];
    golden.compare_values(NAME, "optimum", &ours, &[1.4, 0.1], TOLERANCE)?;
    let config = WriteConfig {
        optimiser: Optimiser::Sgd { rate: 0.1 },
        epochs: 1,
        inference: optimum(),
        ..WriteConfig::default()
    };
    memory.write_with(data, &config, &mut |_| ControlFlow::Continue(()))?;
    let parameters = memory.parameters();
    let mean = parameters.mean.clone().into_iter().map(to_host);
    let mut ours = to_host(parameters.layers[0].weight.clone())?;
    for mean in mean {
        ours.extend(mean?);
    }
    golden.compare_values(NAME, "one weight step", &ours, &[2.028, 1.04], TOLERANCE)
}

/// `x_1 = (x_0 W + b) (W^T W + I)^-1`, with the inverse of a 2 x 2 matrix written out.
fn linear(golden: &mut Golden) -> Result<()> {
    let w = [[0.5f32, -1.0], [1.5, 0.25], [-0.75, 2.0]];
    let (b, x) = ([0.4f32, -0.2], [1.0f32, -0.5, 0.75]);
    let memory = network(golden, 3, w.as_flattened(), &b)?;
    let data = Tensor::<2>::from_data([x], &golden.device);
    let found = memory.infer(data, None, &optimum())?;
    let column = |j: usize| w.map(|row| f64::from(row[j]));
    let dot = |a: [f64; 3], b: [f64; 3]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let x = x.map(f64::from);
    let right = [0, 1].map(|j| dot(x, column(j)) + f64::from(b[j]));
    let (p, q, r) = (
        1.0 + dot(column(0), column(0)),
        dot(column(0), column(1)),
        1.0 + dot(column(1), column(1)),
    );
    let determinant = p * r - q * q;
    let code = [
        (r * right[0] - q * right[1]) / determinant,
        (p * right[1] - q * right[0]) / determinant,
    ];
    let top = [0, 1].map(|j| (code[j] - f64::from(b[j])).powi(2));
    let data = [0, 1, 2].map(|i| {
        let predicted: f64 = (0..2).map(|j| code[j] * f64::from(w[i][j])).sum();
        (x[i] - predicted).powi(2)
    });
    let energy = 0.5 * top.iter().chain(&data).sum::<f64>();
    let mut ours = to_host(found.hidden[0].clone())?;
    ours.push(found.energy[0] as f32);
    let expected = [code[0] as f32, code[1] as f32, energy as f32];
    golden.compare_values(NAME, "linear layer", &ours, &expected, TOLERANCE)
}
