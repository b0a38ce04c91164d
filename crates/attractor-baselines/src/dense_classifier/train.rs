//! The loop over images.

use std::ops::ControlFlow;

use attractor_core::{Result, check, rng};
use burn::tensor::Tensor;
use faer::Mat;

use super::{DenseClassifier, DenseTrainingConfig};
use crate::input;

/// What the callback hears after every epoch.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct DenseProgress {
    /// Epoch, from 0.
    pub epoch: usize,
    /// Mean loss per image, each before its step.
    pub loss: f64,
    /// Share of images answered rightly, each before its step.
    pub accuracy: f64,
}

impl DenseClassifier {
    /// Trains on images `[n, N]` in [-1, 1] with their classes and returns the mean loss per image of
    /// each epoch. `progress` hears of every epoch, with the classifier as it stands, and may end the
    /// training early.
    ///
    /// # Errors
    /// A broken rule of the configuration; as [`Self::train_step`].
    pub fn train(
        &mut self,
        images: Tensor<2>,
        labels: &[usize],
        config: &DenseTrainingConfig,
        progress: &mut dyn FnMut(&Self, DenseProgress) -> ControlFlow<()>,
    ) -> Result<Vec<f64>> {
        config.validate()?;
        let dim = self.config().dim;
        let device = images.device();
        let images = input::accept("images", images, dim, &device)?;
        let count = images.dims()[0];
        self.check_labels(labels, count)?;
        let images = check::to_host(images)?;
        let mut losses = Vec::new();
        let mut rate = config.rate;
        for epoch in 0..config.epochs {
            let mut rng = rng::indexed_stream(config.seed, "image order", epoch as u64);
            let order = rng::permutation(&mut rng, count);
            let (mut loss, mut right) = (0.0, 0.0);
            for batch in order.chunks(config.batch) {
                let chosen: Vec<usize> = batch.iter().map(|&image| labels[image]).collect();
                let columns = Mat::from_fn(dim, batch.len(), |i, b| {
                    f64::from(images[batch[b] * dim + i])
                });
                let found = self.step(&columns, &chosen, (rate, config.momentum));
                loss += found.0 * batch.len() as f64;
                right += found.1 * batch.len() as f64;
            }
            rate *= config.decay;
            losses.push(loss / count as f64);
            let heard = DenseProgress {
                epoch,
                loss: loss / count as f64,
                accuracy: right / count as f64,
            };
            if progress(self, heard).is_break() {
                break;
            }
        }
        Ok(losses)
    }
}

/// Share of images `[b, N]` that are given another class than their label.
///
/// # Errors
/// As [`DenseClassifier::train_step`].
pub fn evaluate(classifier: &DenseClassifier, images: Tensor<2>, labels: &[usize]) -> Result<f64> {
    classifier.check_labels(labels, images.dims()[0])?;
    let answers = classifier.classify(images)?;
    let wrong = answers.iter().zip(labels).filter(|(a, b)| a != b).count();
    Ok(wrong as f64 / labels.len() as f64)
}
