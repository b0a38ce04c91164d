use std::ops::ControlFlow;

use attractor_core::{Error, Persist, Restore, rng};
use burn::tensor::Tensor;
use faer::Mat;
use proptest::prelude::*;

use super::gradient::{answers, overlaps, slope};
use super::{DenseClassifier, DenseClassifierConfig, DenseTrainingConfig, evaluate};
use crate::testing::{device, host, tensor};

/// A small classifier whose sums lie where tanh is not flat.
fn small(seed: u64, power: u32, loss_power: u32) -> DenseClassifierConfig {
    DenseClassifierConfig {
        memories: 4,
        power,
        loss_power,
        temperature: 4.0,
        start_mean: 0.1,
        start_deviation: 0.5,
        seed,
        ..DenseClassifierConfig::new(7, 3)
    }
}

fn matrix(seed: u64, rows: usize, columns: usize) -> Mat<f64> {
    let values = rng::normal_vec(&mut rng::stream(seed, "matrix"), rows * columns);
    Mat::from_fn(rows, columns, |i, j| f64::from(values[i * columns + j]))
}

/// Answers by the definition: every class unit set to +1 and to -1 in turn, no shortcut.
fn by_definition(
    config: &DenseClassifierConfig,
    memories: &Mat<f64>,
    image: &[f64],
    class: usize,
) -> f64 {
    let energy = |own: f64| -> f64 {
        let overlap = |k: usize| -> f64 {
            let visible = (0..config.dim).map(|i| memories[(k, i)] * image[i]);
            let units = (0..config.classes).map(|c| {
                let unit = if c == class { own } else { -1.0 };
                memories[(k, config.dim + c)] * unit
            });
            visible.sum::<f64>() + units.sum::<f64>()
        };
        let parts = (0..config.memories).map(|k| {
            let base = overlap(k).max(0.0) / config.temperature;
            base.powi(config.power as i32)
        });
        parts.sum()
    };
    (energy(1.0) - energy(-1.0)).tanh()
}

#[test]
fn answers_follow_their_definition() {
    for power in [2, 3, 8] {
        let config = small(power.into(), power, 2);
        let memories = matrix(1, 4, 10);
        let images = matrix(2, 7, 5);
        let found = answers(
            &config,
            &memories,
            &overlaps(&config, &memories, images.as_ref()),
        );
        for image in 0..5 {
            for class in 0..3 {
                let expected = by_definition(&config, &memories, images.col_as_slice(image), class);
                let ours = found[(class, image)];
                assert!(
                    (ours - expected).abs() < 1e-12,
                    "{power}: {ours} {expected}"
                );
            }
        }
    }
}

/// Bars of light, one for each class, on noise.
fn bars(seed: u64, count: usize) -> (Tensor<2>, Vec<usize>) {
    let mut values = rng::uniform_vec(&mut rng::stream(seed, "bars"), count * 24, -1.0, -0.4);
    let labels: Vec<usize> = (0..count).map(|image| image % 4).collect();
    for (image, &label) in values.chunks_exact_mut(24).zip(&labels) {
        image[6 * label..6 * label + 6]
            .iter_mut()
            .for_each(|value| *value += 1.2);
    }
    (tensor(&values, 24), labels)
}

fn of_bars() -> DenseClassifierConfig {
    DenseClassifierConfig {
        memories: 8,
        power: 4,
        loss_power: 2,
        temperature: 14.0,
        ..DenseClassifierConfig::new(24, 4)
    }
}

#[test]
fn a_separable_set_is_learned() {
    let (images, labels) = bars(1, 200);
    let mut classifier = of_bars().init(&device()).unwrap();
    let before = evaluate(&classifier, images.clone(), &labels).unwrap();
    let config = DenseTrainingConfig {
        epochs: 20,
        batch: 20,
        ..DenseTrainingConfig::default()
    };
    let mut epochs = Vec::new();
    let losses = classifier
        .train(images.clone(), &labels, &config, &mut |_, heard| {
            epochs.push(heard.epoch);
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(epochs, (0..20).collect::<Vec<_>>());
    assert!(losses[19] < 0.1 * losses[0], "{losses:?}");
    let (fresh, fresh_labels) = bars(2, 200);
    let error = evaluate(&classifier, fresh, &fresh_labels).unwrap();
    assert!(before > 0.3 && error < 0.01, "{before} {error}");
    // Answers in (-1, 1), above 0 for the right class alone.
    let scores = host(classifier.scores(images.clone()).unwrap());
    let row = &scores[..4];
    assert!(row[labels[0]] > 0.0 && row.iter().filter(|c| **c > 0.0).count() == 1);
    let memories = host(classifier.memories());
    assert!(memories.iter().all(|entry| entry.abs() <= 1.0));

    // A file gives the same answers.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("classifier.safetensors");
    classifier.save(&path).unwrap();
    let loaded = DenseClassifier::load(&path, &device()).unwrap();
    assert_eq!(loaded.config(), classifier.config());
    assert_eq!(
        loaded.classify(images.clone()).unwrap(),
        classifier.classify(images).unwrap()
    );
}

#[test]
fn training_can_be_stopped() {
    let (images, labels) = bars(3, 40);
    let mut classifier = of_bars().init(&device()).unwrap();
    let config = DenseTrainingConfig {
        epochs: 50,
        batch: 40,
        ..DenseTrainingConfig::default()
    };
    let losses = classifier.train(
        images,
        &labels,
        &config,
        &mut |_, heard| match heard.epoch == 2 {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        },
    );
    assert_eq!(losses.unwrap().len(), 3);
}

#[test]
fn wrong_input_is_an_error() {
    let message = |config: DenseClassifierConfig| config.init(&device()).unwrap_err().to_string();
    assert_eq!(
        message(DenseClassifierConfig::new(0, 2)),
        "DenseClassifierConfig.dim: must be at least 1, found 0"
    );
    assert_eq!(
        message(DenseClassifierConfig::new(3, 1)),
        "DenseClassifierConfig.classes: must be at least 2, found 1"
    );
    let mut linear = DenseClassifierConfig::new(3, 2);
    linear.power = 1;
    assert_eq!(
        message(linear),
        "DenseClassifierConfig.power: must be at least 2, found 1"
    );
    let mut classifier = DenseClassifierConfig::new(3, 2).init(&device()).unwrap();
    let images = tensor(&[0.0; 6], 3);
    let step = |classifier: &mut DenseClassifier, images, labels: &[usize], rate, momentum| {
        classifier
            .train_step(images, labels, (rate, momentum))
            .unwrap_err()
    };
    assert!(matches!(
        step(&mut classifier, images.clone(), &[0], 0.1, 0.0),
        Error::Rows {
            expected: 2,
            found: 1,
            ..
        }
    ));
    assert!(matches!(
        step(&mut classifier, images.clone(), &[0, 2], 0.1, 0.0),
        Error::Index {
            len: 2,
            index: 2,
            ..
        }
    ));
    assert!(matches!(
        step(&mut classifier, tensor(&[0.0; 4], 2), &[0, 1], 0.1, 0.0),
        Error::Width {
            expected: 3,
            found: 2,
            ..
        }
    ));
    assert!(matches!(
        step(&mut classifier, images.clone(), &[0, 1], 0.0, 0.0),
        Error::Config { .. }
    ));
    assert!(matches!(
        step(&mut classifier, images, &[0, 1], 0.1, 1.0),
        Error::Config { .. }
    ));
    let training = DenseTrainingConfig {
        batch: 0,
        ..DenseTrainingConfig::default()
    };
    assert_eq!(
        training.validate().unwrap_err().to_string(),
        "DenseTrainingConfig.batch: must be at least 1, found 0"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// In f64, every entry, by central differences.
    #[test]
    fn gradients_are_slopes_of_the_loss(seed in 0u64..1000, power in 2u32..7, loss_power in 1u32..4) {
        let config = small(seed, power, loss_power);
        let memories = matrix(seed, 4, 10);
        let images = matrix(seed + 1, 7, 6);
        let labels = [0, 1, 2, 0, 1, 2];
        let loss = |memories: &Mat<f64>| slope(&config, memories, images.as_ref(), &labels).loss;
        let found = slope(&config, &memories, images.as_ref(), &labels);
        let h = 1e-5;
        for k in 0..4 {
            for i in 0..10 {
                let shifted = |by: f64| {
                    let mut memories = memories.clone();
                    memories[(k, i)] += by;
                    loss(&memories)
                };
                let expected = (shifted(h) - shifted(-h)) / (2.0 * h);
                let ours = found.gradient[(k, i)];
                // The second derivative of max(x, 0)^2 jumps at 0: differences across it err by h.
                let tolerance = if power == 2 { 1e-3 } else { 1e-6 };
                let scale = expected.abs().max(1.0);
                prop_assert!((ours - expected).abs() <= tolerance * scale, "{} {}: {} {}", k, i, ours, expected);
            }
        }
    }

    /// Images one by one add up to the batch.
    #[test]
    fn gradients_add_up(seed in 0u64..1000) {
        let config = small(seed, 3, 2);
        let memories = matrix(seed, 4, 10);
        let images = matrix(seed + 1, 7, 4);
        let labels = [2, 1, 0, 1];
        let all = slope(&config, &memories, images.as_ref(), &labels);
        let mut sum = Mat::<f64>::zeros(4, 10);
        let mut loss = 0.0;
        for b in 0..4 {
            let one = slope(&config, &memories, images.subcols(b, 1), &labels[b..b + 1]);
            sum += one.gradient;
            loss += one.loss;
        }
        prop_assert!((sum - &all.gradient).norm_max() < 1e-10 * all.gradient.norm_max().max(1.0));
        prop_assert!((loss - all.loss).abs() < 1e-10 * loss.max(1.0));
    }
}
