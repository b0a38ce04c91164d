//! The host network against automatic differentiation and against PyTorch.

use attractor_core::weights::Weights;
use attractor_core::{check, rng};
use burn::tensor::{Device, Tensor};

use super::{Network, Rows};
use crate::nn::weights::{export, import};
use crate::testing::{golden, scattered, smooth_images};
use crate::train::{AdamConfig, Objective, gradients_by_autodiff};
use crate::vae::Vae;
use crate::{CifarVae, CifarVaeConfig, MnistVaeConfig};

/// Largest difference of two lists relative to the largest entry.
pub(crate) fn relative_gap(found: &[f32], expected: &[f32]) -> f32 {
    assert_eq!(found.len(), expected.len());
    let size = expected.iter().fold(1e-12_f32, |m, v| m.max(v.abs()));
    found
        .iter()
        .zip(expected)
        .fold(0.0_f32, |m, (a, b)| m.max((a - b).abs()))
        / size
}

/// Loss, gradients and running statistics agree with those of automatic differentiation.
fn compare<V: Vae>(mut model: V, image: [usize; 3], batch: usize, objective: Objective) {
    let device = Device::default();
    let mut stream = rng::stream(9, "host");
    let weights = scattered(&export(&model).unwrap(), &mut stream);
    model = import(model, &weights, &device).unwrap();

    let input = smooth_images(4, batch, image);
    let target = smooth_images(5, batch, image);
    let noise = rng::normal_vec(&mut stream, batch * model.latent_dim());
    let noise = matches!(objective, Objective::Variational { .. }).then_some(noise);
    let mut network = Network::new(&model.plan().unwrap(), &weights).unwrap();
    assert_eq!(network.export(), export(&model).unwrap());
    let rows = Rows {
        batch,
        input: &input,
        target: &target,
        noise: noise.as_deref(),
    };
    let loss = network.loss_and_gradients(rows, objective);

    let tensor = |values: &[f32]| -> Tensor<2> {
        check::from_host("rows", values.to_vec(), values.len() / batch, &device).unwrap()
    };
    let noise = noise.as_deref().map(tensor);
    let (model, expected_loss, expected) =
        gradients_by_autodiff(model, tensor(&input), tensor(&target), noise, objective);
    assert!(
        (loss - expected_loss).abs() < 1e-5 * expected_loss,
        "{loss} {expected_loss}"
    );
    let gradients = network.export_gradients();
    for name in gradients.names().filter(|name| !expected.contains(name)) {
        // Nothing depends on it under this objective.
        assert!(
            gradients
                .values(name)
                .unwrap()
                .iter()
                .all(|value| *value == 0.0),
            "{name}"
        );
    }
    for name in expected.names() {
        let gap = relative_gap(
            gradients.values(name).unwrap(),
            expected.values(name).unwrap(),
        );
        assert!(
            gap < 1e-4 || is_inert(name),
            "{name}: {gap} at batch {batch}"
        );
    }
    let (found, expected) = (network.export(), export(&model).unwrap());
    for name in expected.names().filter(|name| name.contains("running")) {
        let gap = relative_gap(found.values(name).unwrap(), expected.values(name).unwrap());
        assert!(gap < 1e-5, "{name}: {gap}");
    }
}

/// A bias in front of a batch normalisation has no effect; its gradient is rounding error.
fn is_inert(name: &str) -> bool {
    ["decoder.conv3.conv.bias", "decoder.conv2.conv.bias"].contains(&name)
}

/// Such a bias, or the running mean that contains it.
fn follows_inert_bias(name: &str) -> bool {
    is_inert(name) || ["decoder.bn3.running_mean", "decoder.bn2.running_mean"].contains(&name)
}

const VARIATIONAL: Objective = Objective::Variational { beta: 30.0 };

#[test]
fn cifar_gradients_equal_automatic_ones() {
    for (features, batch, objective) in [
        (3, 1, VARIATIONAL),
        (4, 7, VARIATIONAL),
        (8, 20, Objective::Reconstruction),
    ] {
        let model = CifarVaeConfig { features, code: 5 }
            .init(2, &Device::default())
            .unwrap();
        compare(model, [3, 32, 32], batch, objective);
    }
}

#[test]
fn mnist_gradients_equal_automatic_ones() {
    for (features, batch, objective) in [
        (5, 1, VARIATIONAL),
        (4, 7, VARIATIONAL),
        (2, 70, Objective::Reconstruction),
    ] {
        let model = MnistVaeConfig { features, code: 5 }
            .init(2, &Device::default())
            .unwrap();
        compare(model, [1, 28, 28], batch, objective);
    }
}

/// Entries of `file` below `prefix`.
fn below(file: &Weights, prefix: &str) -> Weights {
    let mut weights = Weights::new();
    for name in file.names().filter(|name| name.starts_with(prefix)) {
        let values = file.values(name).unwrap().to_vec();
        weights.insert(&name[prefix.len()..], file.shape(name).unwrap(), values);
    }
    weights
}

#[test]
fn five_steps_of_pytorch() {
    let file = golden("vae_training");
    let before = below(&file, "before/");
    let model = CifarVae::from_weights(&before, &Device::default()).unwrap();
    let mut network = Network::new(&model.plan().unwrap(), &before).unwrap();
    let adam = AdamConfig {
        learning_rate: 1e-3,
        ..AdamConfig::default()
    };
    let images = file.values("x").unwrap();
    let noise = file.values("noise").unwrap();
    for (step, loss) in file.values("losses").unwrap().iter().enumerate() {
        let noise = Some(&noise[step * 24..][..24]);
        let rows = Rows {
            batch: 4,
            input: images,
            target: images,
            noise,
        };
        let found = network.step(
            rows,
            Objective::Variational { beta: 0.1 },
            &adam,
            step as u64 + 1,
        );
        assert!(
            (found - loss).abs() < 1e-4 * loss,
            "step {step}: {found} {loss}"
        );
    }
    // Adam divides by the gradient's size, so rounding errors in gradients near 0 move a weight by
    // up to the learning rate in each step: compare sizes of changes, and leave out the biases that
    // a batch normalisation cancels, which only ever see rounding errors, and the means they shift.
    let (found, after) = (network.export(), below(&file, "after/"));
    for name in after.names().filter(|name| !follows_inert_bias(name)) {
        let [found, after, before] =
            [&found, &after, &before].map(|weights| weights.values(name).unwrap());
        let norm = |a: &[f32], b: &[f32]| -> f64 {
            a.iter()
                .zip(b)
                .map(|(a, b)| f64::from(a - b).powi(2))
                .sum::<f64>()
                .sqrt()
        };
        let (error, change) = (norm(found, after), norm(before, after));
        assert!(error < 1e-2 * change, "{name}: {error} of {change}");
    }
}
