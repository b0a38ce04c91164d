//! Learns to read digits, or whatever images with labels are found, and prints the test error.
//!
//! ```sh
//! ATTRACTOR_DATA=... cargo run --example dense_classifier -- mnist 60
//! ```
//!
//! The data set (default `mnist`), the number of epochs (default 60), n (default 20), T (default 540)
//! and the seed (default 0).

use std::ops::ControlFlow;
use std::time::Instant;

use attractor_baselines::dense_classifier::evaluate;
use attractor_baselines::{DenseClassifierConfig, DenseTrainingConfig};
use attractor_core::burn::tensor::{Device, Tensor};
use attractor_core::failure::number;
use attractor_core::{Backend, Failure};
use attractor_datasets::{DataRoot, Split, load};

/// Images in [-1, 1] and their classes.
fn digits(name: &str, split: Split, device: &Device) -> Result<(Tensor<2>, Vec<usize>), Failure> {
    let set = load(name, split, &DataRoot::from_environment(None))?;
    let images = set
        .tensor(&set.all(), device)?
        .mul_scalar(2.0)
        .sub_scalar(1.0);
    let labels = set.labels.iter().map(|&label| label as usize);
    Ok((images, labels.collect()))
}

fn main() -> Result<(), Failure> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let word = |at: usize, default: &str| words.get(at).cloned().unwrap_or(default.into());
    let device = Backend::available()[0].open()?;
    let name = word(0, "mnist");
    let (images, labels) = digits(&name, Split::Train, &device)?;
    let (test, test_labels) = digits(&name, Split::Test, &device)?;
    let classes = 1 + labels.iter().copied().max().unwrap_or(0);
    let config = DenseClassifierConfig {
        power: number("n", &word(2, "20"))?,
        temperature: number("T", &word(3, "540"))?,
        seed: number("seed", &word(4, "0"))?,
        ..DenseClassifierConfig::new(images.dims()[1], classes)
    };
    let mut classifier = config.init(&device)?;
    let training = DenseTrainingConfig {
        epochs: number("epochs", &word(1, "60"))?,
        seed: config.seed,
        ..DenseTrainingConfig::default()
    };
    println!(
        "{} images, {classes} classes, {config:?}, {training:?}",
        labels.len()
    );
    let start = Instant::now();
    let mut failure = None;
    classifier.train(images, &labels, &training, &mut |classifier, heard| {
        if (heard.epoch + 1) % 10 != 0 {
            return ControlFlow::Continue(());
        }
        match evaluate(classifier, test.clone(), &test_labels) {
            Ok(error) => println!(
                "epoch {:>3}: loss {:.4}, training error {:.2} %, test error {:.2} %, {:.0} s",
                heard.epoch + 1,
                heard.loss,
                100.0 * (1.0 - heard.accuracy),
                100.0 * error,
                start.elapsed().as_secs_f64()
            ),
            Err(error) => {
                failure = Some(error);
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    })?;
    match failure {
        Some(error) => Err(error.into()),
        None => Ok(()),
    }
}
