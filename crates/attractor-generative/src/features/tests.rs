use std::ops::ControlFlow;

use attractor_core::rng;
use attractor_testing::{device, host, tensor};

use super::{ClassAutoencoder, ClassAutoencoderConfig};

const DIM: usize = 12;

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
        hidden: 24,
        code: 8,
        classes: 3,
        epochs: 30,
        batch: 20,
        ..ClassAutoencoderConfig::new(DIM)
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
    assert!(losses[29] < 0.5 * losses[0], "{losses:?}");
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
    assert!(right.count() >= 86);
    let error: f32 = host(model.decode(features))
        .iter()
        .zip(&unseen)
        .map(|(a, b)| (a - b).powi(2))
        .sum();
    // The noise alone has variance 0.01.
    assert!(error / (unseen.len() as f32) < 0.02, "{error}");
}

/// The loss against its definition, on the host in double precision.
#[test]
fn the_loss_follows_its_definition() {
    let model = config().init(&device()).unwrap();
    let (images, labels) = problem(3, 6);
    let features = model.features(tensor(&images, DIM));
    let logits = host(model.logits(features.clone()));
    let drawn = host(model.decode(features));
    let mut expected = 0.0;
    for (row, &label) in logits.chunks_exact(3).zip(&labels) {
        let sum: f64 = row.iter().map(|&x| f64::from(x).exp()).sum();
        expected += (sum.ln() - f64::from(row[label as usize])) / 6.0;
    }
    let squares = images
        .iter()
        .zip(&drawn)
        .map(|(a, b)| f64::from(a - b).powi(2));
    expected += 4.0 * squares.sum::<f64>() / images.len() as f64;
    let mut targets = vec![0.0; 18];
    labels
        .iter()
        .enumerate()
        .for_each(|(at, &label)| targets[at * 3 + label as usize] = 1.0);
    let loss = super::model::loss(&model, tensor(&images, DIM), tensor(&targets, 3), 4.0);
    let found = f64::from(host(loss)[0]);
    assert!((found - expected).abs() < 1e-5, "{found} {expected}");
}

#[test]
fn training_repeats_itself_and_can_be_ended() {
    let (images, labels) = problem(1, 60);
    let short = ClassAutoencoderConfig {
        epochs: 2,
        ..config()
    };
    let train = |told: &mut dyn FnMut(super::Fit) -> ControlFlow<()>| {
        let model = ClassAutoencoder::train_on(&short, (&images, &labels), &device(), told);
        host(model.unwrap().features(tensor(&images, DIM)))
    };
    assert_eq!(train(&mut keep), train(&mut keep));
    assert_ne!(train(&mut keep), train(&mut |_| ControlFlow::Break(())));
}

#[test]
fn mistakes_are_named() {
    let message = |images: &[f32], labels: &[u32]| {
        let found = ClassAutoencoder::train_on(&config(), (images, labels), &device(), &mut keep);
        found.unwrap_err().to_string()
    };
    assert_eq!(
        message(&[0.0; 12], &[0, 1]),
        "labels: expected 1 rows, found 2"
    );
    assert_eq!(
        message(&[0.0; 12], &[3]),
        "labels: expected an index below 3, found 3"
    );
    assert!(message(&[f32::NAN; 12], &[0]).starts_with("images: expected finite numbers"));
    assert!(message(&[0.0; 7], &[0]).starts_with("images: expected shape"));
    let none = ClassAutoencoderConfig {
        classes: 0,
        ..config()
    };
    let message = none.init(&device()).unwrap_err().to_string();
    assert!(message.starts_with("ClassAutoencoderConfig.classes: must be at least 1"));
}
