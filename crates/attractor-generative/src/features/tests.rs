use std::ops::ControlFlow;

use attractor_core::rng;
use attractor_testing::{device, host, tensor};
use burn::module::Module;

use super::host::HostNetwork;
use super::train::targets;
use super::{ClassAutoencoder, ClassAutoencoderConfig};
use crate::host::tests::relative_gap;
use crate::layers::ImageShape;
use crate::nn::weights::{export, export_gradients, import};
use crate::testing::{scattered, smooth_images};
use crate::train::Engine;

const SHAPE: ImageShape = [1, 8, 8];
const DIM: usize = 64;

/// Three classes of noisy prototypes in `[0, 1]`.
fn problem(seed: u64, count: usize) -> (Vec<f32>, Vec<u32>) {
    let prototypes = rng::uniform_vec(&mut rng::stream(0, "prototypes"), 3 * DIM, 0.0, 1.0);
    let noise = rng::normal_vec(&mut rng::stream(seed, "noise"), count * DIM);
    let labels: Vec<u32> = (0..count as u32).map(|at| at % 3).collect();
    let pixel = |(at, noise): (usize, f32)| {
        let class = labels[at / DIM] as usize;
        (prototypes[class * DIM + at % DIM] + 0.1 * noise).clamp(0.0, 1.0)
    };
    let images = noise.into_iter().enumerate().map(pixel).collect();
    (images, labels)
}

fn config() -> ClassAutoencoderConfig {
    ClassAutoencoderConfig {
        code: 8,
        classes: 3,
        dropout: 0.0,
        epochs: 30,
        batch: 20,
        ..ClassAutoencoderConfig::new(SHAPE)
    }
}

fn keep(_: super::Fit) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// Unseen images are named and drawn; features have mean 0 and variance 1; the loss falls.
#[test]
fn classes_are_named_and_images_drawn() {
    let (images, labels) = problem(1, 240);
    let mut losses = Vec::new();
    let mut told = |fit: super::Fit| {
        losses.push(fit.loss);
        ControlFlow::Continue(())
    };
    let model =
        ClassAutoencoder::train_on(&config(), (&images, &labels), &device(), &mut told).unwrap();
    assert_eq!(losses.len(), 30);
    assert!(losses[29] < 0.65 * losses[0], "{losses:?}");
    let (unseen, labels) = problem(2, 90);
    let features = model.features(tensor(&unseen, DIM));
    for row in host(features.clone()).chunks_exact(8) {
        let mean = row.iter().sum::<f32>() / 8.0;
        let variance = row.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / 8.0;
        assert!(
            mean.abs() < 1e-5 && (variance - 1.0).abs() < 1e-2,
            "{row:?}"
        );
    }
    let named = model.classify(features.clone()).unwrap();
    let right = named
        .iter()
        .zip(&labels)
        .filter(|(a, b)| **a == **b as usize);
    let right = right.count();
    assert!(right >= 86, "{right} {losses:?}");
    let error: f32 = host(model.decode(features))
        .iter()
        .zip(&unseen)
        .map(|(a, b)| (a - b).powi(2))
        .sum();
    // The noise alone has variance 0.01.
    assert!(error / (unseen.len() as f32) < 0.02, "{error}");
}

/// Loss, gradients and running statistics of the host's step equal those of automatic differentiation, with the
/// same entries dropped; and the loss follows its definition.
#[test]
fn a_step_on_the_host_equals_automatic_differentiation() {
    for (image, code, batch, dropout) in [
        ([1, 28, 28], 16, 3, 1.0),
        ([3, 8, 12], 8, 7, 0.5),
        ([1, 4, 4], 5, 1, 0.0),
        // The last block sees more than one window.
        ([2, 68, 4], 6, 2, 0.25),
    ] {
        let config = ClassAutoencoderConfig {
            code,
            classes: 3,
            dropout,
            ..ClassAutoencoderConfig::new(image)
        };
        let stream = &mut rng::stream(4, "weights");
        let model = config.init(&device()).unwrap();
        let weights = scattered(&export(&model).unwrap(), stream);
        let model = import(model, &weights, &device()).unwrap();
        let mut network = HostNetwork::new(&config.plans(), &weights).unwrap();
        assert_eq!(network.export(), export(&model).unwrap());

        let images = smooth_images(5, batch, image);
        let labels: Vec<u32> = (0..batch as u32).map(|at| at % 3).collect();
        let found = {
            let rng = &mut rng::stream(6, "dropout");
            network.loss_and_gradients(&images, &labels, 4.0, rng)
        };
        let mut trained = model.train();
        let rng = &mut rng::stream(6, "dropout");
        let targets = targets(&labels, 3, &device());
        let loss = trained.loss(tensor(&images, config.dim()), targets, 4.0, rng);
        let gradients = loss.backward();
        let expected: f32 = loss.without_autodiff().into_scalar();
        let apart = (found - f64::from(expected)).abs();
        assert!(apart < 1e-4 * found, "{found} {expected}");

        let found = network.export_gradients();
        let expected = export_gradients(&trained, &gradients).unwrap();
        assert!(found.names().eq(expected.names()));
        for name in expected.names() {
            let [found, expected] = [&found, &expected].map(|all| all.values(name).unwrap());
            // What lies in front of a standardised row of one pixel has gradients that cancel.
            let size = expected.iter().fold(0.0f32, |most, x| most.max(x.abs()));
            let gap = relative_gap(found, expected);
            assert!(
                gap < 1e-3 || size * gap < 1e-6,
                "{name} of {image:?}: {gap} of {size}"
            );
        }
        let (found, expected) = (network.export(), export(&trained.valid()).unwrap());
        for name in expected.names() {
            let gap = relative_gap(found.values(name).unwrap(), expected.values(name).unwrap());
            assert!(gap < 1e-5, "{name}: {gap}");
        }
    }
}

/// The loss against its definition, on the host in double precision, where nothing is dropped and the statistics
/// of the batch are those of inference.
#[test]
fn the_loss_follows_its_definition() {
    let (images, labels) = problem(3, 6);
    let plain = config();
    let mut model = plain.init(&device()).unwrap();
    let rng = &mut rng::stream(0, "dropout");
    let targets = targets(&labels, 3, &device());
    // The running statistics move by a tenth towards those of the batch, until they are those.
    for _ in 0..200 {
        model.loss(tensor(&images, DIM), targets.clone(), 4.0, rng);
    }
    let found = model.loss(tensor(&images, DIM), targets, 4.0, rng);
    let features = model.features(tensor(&images, DIM));
    let logits = host(model.logits(features.clone()));
    let drawn = host(model.decode(features));
    let mut expected = 0.0;
    for (row, &label) in logits.chunks_exact(3).zip(&labels) {
        let sum: f64 = row.iter().map(|&x| f64::from(x).exp()).sum();
        expected += (sum.ln() - f64::from(row[label as usize])) / 6.0;
    }
    let pixels = images.iter().zip(&drawn).map(|(&x, &p)| {
        let (x, p) = (f64::from(x), f64::from(p));
        -x * p.ln() - (1.0 - x) * (1.0 - p).ln()
    });
    expected += 4.0 * pixels.sum::<f64>() / images.len() as f64;
    let found = f64::from(host(found)[0]);
    // Running variances are unbiased ones, over 6 to 384 pixels.
    assert!(
        (found - expected).abs() < 0.1 * expected,
        "{found} {expected}"
    );
}

#[test]
fn training_repeats_itself_and_can_be_ended() {
    let (images, labels) = problem(1, 60);
    let short = ClassAutoencoderConfig {
        epochs: 2,
        dropout: 1.0,
        ..config()
    };
    let train = |told: &mut dyn FnMut(super::Fit) -> ControlFlow<()>| {
        let model = ClassAutoencoder::train_on(&short, (&images, &labels), &device(), told);
        host(model.unwrap().features(tensor(&images, DIM)))
    };
    assert_eq!(train(&mut keep), train(&mut keep));
    assert_ne!(train(&mut keep), train(&mut |_| ControlFlow::Break(())));
}

/// Both engines take the same steps, up to rounding, which Adam's division blows up.
#[test]
fn engines_train_alike() {
    let (images, labels) = problem(1, 40);
    let losses = |engine| {
        let config = ClassAutoencoderConfig {
            epochs: 3,
            engine,
            ..config()
        };
        let mut losses = Vec::new();
        let mut told = |fit: super::Fit| {
            losses.push(fit.loss);
            ControlFlow::Continue(())
        };
        ClassAutoencoder::train_on(&config, (&images, &labels), &device(), &mut told).unwrap();
        losses
    };
    let (host, tensor) = (losses(Engine::Host), losses(Engine::Tensor));
    for (a, b) in host.iter().zip(&tensor) {
        assert!((a - b).abs() < 0.02 * b, "{host:?} {tensor:?}");
    }
}

#[test]
fn mistakes_are_named() {
    let message = |images: &[f32], labels: &[u32]| {
        let found = ClassAutoencoder::train_on(&config(), (images, labels), &device(), &mut keep);
        found.unwrap_err().to_string()
    };
    assert_eq!(
        message(&[0.0; DIM], &[0, 1]),
        "labels: expected 1 rows, found 2"
    );
    assert_eq!(
        message(&[0.0; DIM], &[3]),
        "labels: expected an index below 3, found 3"
    );
    assert!(message(&[f32::NAN; DIM], &[0]).starts_with("images: expected finite numbers"));
    assert!(message(&[0.0; 7], &[0]).starts_with("images: expected shape"));
    let none = ClassAutoencoderConfig {
        classes: 0,
        ..config()
    };
    let message = none.init(&device()).unwrap_err().to_string();
    assert!(message.starts_with("ClassAutoencoderConfig.classes: must be at least 1"));
}
