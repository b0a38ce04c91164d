//! Against numbers worked out by hand and closed forms.

use attractor_core::{Activation, Outcome};
use burn::tensor::Tensor;

use super::support::*;
use crate::linalg::{Mat, solve_spd};
use crate::pcn::{
    InferenceConfig, Optimiser, Pcn, PcnConfig, PcnLayer, PcnParameters, Placement, StepSize,
    StopRule, WriteConfig,
};
use crate::testing::device;

/// Never stops before its last epoch.
const NEVER: StopRule = StopRule {
    energy: 0.0,
    error: 0.0,
    plateau: 0.0,
    patience: 0,
};

fn linear(dim: usize, hidden: &[usize]) -> PcnConfig {
    PcnConfig {
        activation: Activation::Identity,
        ..smooth(dim, hidden)
    }
}

/// One unit that predicts one number: `W = 2`, `b = 1`, `x_0 = 3`.
fn scalar() -> Pcn {
    let parameters = PcnParameters {
        layers: vec![PcnLayer {
            weight: rows(&[2.0], 1),
            bias: None,
        }],
        mean: Some(rows(&[1.0], 1)),
        recurrent: None,
    };
    Pcn::with_parameters(linear(1, &[1]), parameters, &device()).unwrap()
}

#[test]
fn the_scalar_example() {
    let near = |found: f64, expected: f64| {
        assert!((found - expected).abs() < 1e-12, "{found} {expected}");
    };
    let memory = scalar();
    let data = rows(&[3.0], 1);
    let step = InferenceConfig::plain(StepSize::Fixed(0.1), 1);
    let one = memory.infer(data.clone(), None, &step).unwrap();
    near(one.energy_first[0], 0.5);
    near(values(&one.hidden[0])[0], 1.2);
    near(3.0 - values(&one.data)[0], 0.6);
    near(one.energy[0], 0.2);
    let end = memory.infer(data.clone(), None, &exactly()).unwrap();
    near(values(&end.hidden[0])[0], 1.4);
    near(end.energy[0], 0.1);
    assert_eq!(end.outcomes, [Outcome::Converged]);

    let mut memory = memory;
    let config = WriteConfig {
        optimiser: Optimiser::Sgd { rate: 0.1 },
        epochs: 1,
        inference: InferenceConfig {
            momentum: false,
            ..exactly()
        },
        stop: NEVER,
        ..WriteConfig::default()
    };
    memory.write_with(data, &config, &mut go_on).unwrap();
    near(values(&memory.parameters().layers[0].weight)[0], 2.028);
    near(values(memory.parameters().mean.as_ref().unwrap())[0], 1.04);
}

#[test]
fn one_linear_layer_is_probabilistic_pca() {
    let (dim, width, count) = (7, 4, 3);
    let memory = with_weights(linear(dim, &[width]), 3, 2.0);
    let data = normal(1, count, dim);
    let found = memory.infer(data.clone(), None, &exactly()).unwrap();
    let weight = Mat::new(dim, width, values(&memory.parameters().layers[0].weight));
    let b = values(memory.parameters().mean.as_ref().unwrap());
    let (w, wt) = (weight.view(), weight.view().transpose());
    let mut small = Mat::scaled_identity(width, 1.0);
    small.add_product(1.0, wt, w);
    let mut large = Mat::scaled_identity(dim, 1.0);
    large.add_product(1.0, w, wt);
    for (row, x) in values(&data).chunks(dim).enumerate() {
        // x_1 = (x_0 W + b) (W^T W + I)^-1
        let mut right = Mat::new(width, 1, b.clone());
        right.add_product(1.0, wt, Mat::new(dim, 1, x.to_vec()).view());
        let code = solve_spd(&small, &right).unwrap();
        let ours = values(&found.hidden[0]);
        let gap = largest_difference(&code.data, &ours[row * width..(row + 1) * width]);
        assert!(gap < 1e-8, "{gap}");
        // F = 1/2 (x_0 - b W^T) (I + W W^T)^-1 (x_0 - b W^T)^T
        let mut away = Mat::new(dim, 1, x.to_vec());
        away.add_product(-1.0, w, Mat::new(width, 1, b.clone()).view());
        let weighted = solve_spd(&large, &away).unwrap();
        let energy = 0.5 * crate::linalg::dot(&away.data, &weighted.data);
        assert!((energy - found.energy[row]).abs() < 1e-8);
    }
}

/// Three linear layers: the normal equations of all values at once.
#[test]
fn deep_linear_values_solve_the_normal_equations() {
    let widths = [5, 4, 3, 2];
    let memory = with_weights(linear(widths[0], &widths[1..]), 5, 1.2);
    let data = normal(2, 1, widths[0]);
    let found = memory.infer(data.clone(), None, &exactly()).unwrap();
    // Errors are J x + r for the hidden values x (memory layer first): e_L = x_3 - b,
    // e_2 = x_2 - x_3 W_2^T, e_1 = x_1 - x_2 W_1^T, e_0 = x_0 - x_1 W_0^T.
    let starts = [0, 2, 5];
    let unknowns = 2 + 3 + 4;
    let mut jacobian = Mat::zeros(unknowns + widths[0], unknowns);
    let mut constant = vec![0.0; unknowns + widths[0]];
    for at in 0..unknowns {
        jacobian.row_mut(at)[at] = 1.0;
    }
    for (row, b) in values(memory.parameters().mean.as_ref().unwrap())
        .into_iter()
        .enumerate()
    {
        constant[row] = -b;
    }
    for (row, x) in values(&data).into_iter().enumerate() {
        constant[unknowns + row] = x;
    }
    for l in 0..3 {
        let above = 3 - 1 - l;
        let first = starts.get(above + 1).copied().unwrap_or(unknowns);
        let (below, inputs) = (widths[l], widths[l + 1]);
        let weight = values(&memory.parameters().layers[l].weight);
        for row in 0..below {
            for column in 0..inputs {
                jacobian.row_mut(first + row)[starts[above] + column] =
                    -weight[row * inputs + column];
            }
        }
    }
    let (j, jt) = (jacobian.view(), jacobian.view().transpose());
    let right = Mat::new(constant.len(), 1, constant.iter().map(|c| -c).collect());
    let expected = solve_spd(&Mat::product(jt, j), &Mat::product(jt, right.view())).unwrap();
    let ours: Vec<f64> = found.hidden.iter().flat_map(values).collect();
    let gap = largest_difference(&ours, &expected.data);
    assert!(gap < 1e-6, "{gap}");
}

#[test]
fn linear_networks_are_the_same_in_both_conventions() {
    let pre = linear(6, &[5, 4]);
    let post = PcnConfig {
        placement: Placement::Post,
        ..pre.clone()
    };
    let patterns = normal(3, 4, 6);
    let config = WriteConfig {
        epochs: 20,
        stop: NEVER,
        ..WriteConfig::default()
    };
    let [a, b] = [pre, post].map(|config_of| {
        let mut memory = config_of.init(&device()).unwrap();
        let report = memory
            .write_with(patterns.clone(), &config, &mut go_on)
            .unwrap();
        let recall = memory
            .recall_noisy(normal(4, 2, 6), &Default::default())
            .unwrap();
        (report.energy, values(&recall.state))
    });
    assert!(largest_difference(&a.0, &b.0) < 1e-12);
    assert!(largest_difference(&a.1, &b.1) < 1e-12);
}

#[test]
fn independent_patterns_lose_their_energy() {
    let mut memory = linear(8, &[6]).init(&device()).unwrap();
    let config = WriteConfig {
        optimiser: Optimiser::Adam { rate: 0.3 },
        epochs: 3000,
        inference: InferenceConfig {
            momentum: true,
            ..InferenceConfig::plain(StepSize::Auto, 30)
        },
        stop: NEVER,
        ..WriteConfig::default()
    };
    let report = memory
        .write_with(normal(5, 4, 8), &config, &mut go_on)
        .unwrap();
    let first = report.history[0].energy;
    // The largest weights that are worth it grow without end, and the energy falls with them.
    assert!(
        report.mean_energy() < 1e-3 * first,
        "{} {first}",
        report.mean_energy()
    );
}

/// Patterns that predictions from the frozen codes reproduce.
#[test]
fn the_ridge_write_is_exact_for_few_patterns() {
    use crate::pcn::Ridge;
    for (bias, hidden) in [(false, 8), (true, 8), (false, 3)] {
        let config = PcnConfig {
            bias,
            ..smooth(12, &[hidden, 4])
        };
        let mut memory = config.init(&device()).unwrap();
        let patterns = uniform(6, 5, 12);
        let ridge = Ridge {
            lambda: 1e-10,
            ..Ridge::default()
        };
        memory.write_ridge(patterns.clone(), &ridge).unwrap();
        // Solve the same with the codes that were frozen: inference of an untrained twin.
        let mut twin = memory.config().clone().init(&device()).unwrap();
        twin.admit(patterns.clone());
        let codes = twin
            .infer(patterns.clone(), None, &ridge.inference)
            .unwrap()
            .hidden;
        let predicted = memory.network().data(&codes);
        let error = errors(&predicted, &patterns)
            .into_iter()
            .fold(0.0, f64::max);
        if hidden >= 5 {
            assert!(error < 1e-10, "{error}");
        } else {
            // Least squares: the residual is orthogonal to what predicts.
            assert!(error > 1e-4);
            let inputs = memory.network().link(0).before.apply(codes[1].clone());
            let residual: Tensor<2> = patterns - predicted;
            let projected = values(&inputs.transpose().matmul(residual));
            assert!(projected.iter().all(|value| value.abs() < 1e-6));
        }
    }
}
