//! What trains, seen alike: one epoch after the other, saved after each.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use crate::Result;
use attractor::core::GenerativeModel;
use attractor::core::burn::tensor::Device;
use attractor::generative::train::{Batches, Trainer};
use attractor::generative::{MonetTrainer, Vae};

/// Steps between two looks at the losses.
const LOOK_EVERY: usize = 20;

/// Hears of steps done in the epoch and of the loss per image so far.
pub(super) type Hear<'a> = &'a mut dyn FnMut(usize, f64) -> ControlFlow<()>;

/// A model in training.
pub(super) trait Trainee {
    /// Epochs finished.
    fn epoch(&self) -> usize;

    /// One epoch: the loss per image and whether it was not broken off.
    fn run_epoch(&mut self, data: &mut dyn Batches, hear: Hear<'_>) -> Result<(f64, bool)>;

    /// Writes what a later run continues from.
    fn save(&self, path: &Path) -> Result<()>;

    /// The model as trained so far, for inference.
    fn freeze(&self, device: &Device) -> Result<Arc<dyn GenerativeModel>>;
}

impl<V: Vae> Trainee for Trainer<V> {
    fn epoch(&self) -> usize {
        self.epoch()
    }

    fn run_epoch(&mut self, data: &mut dyn Batches, hear: Hear<'_>) -> Result<(f64, bool)> {
        let report = self.run_epoch(data, LOOK_EVERY, &mut |progress| {
            hear(progress.step, progress.loss)
        })?;
        Ok((report.loss, report.finished))
    }

    fn save(&self, path: &Path) -> Result<()> {
        Ok(self.save(path)?)
    }

    fn freeze(&self, _: &Device) -> Result<Arc<dyn GenerativeModel>> {
        Ok(Arc::new(Vae::freeze(&self.model()?)?))
    }
}

impl Trainee for MonetTrainer {
    fn epoch(&self) -> usize {
        self.epoch()
    }

    fn run_epoch(&mut self, data: &mut dyn Batches, hear: Hear<'_>) -> Result<(f64, bool)> {
        let mut sum = 0.0;
        let report = self.run_epoch(data, &mut |progress| {
            sum += progress.loss.total;
            if progress.step.is_multiple_of(LOOK_EVERY) || progress.step == progress.steps {
                return hear(progress.step, sum / progress.step as f64);
            }
            ControlFlow::Continue(())
        })?;
        Ok((report.loss.total, report.finished))
    }

    fn save(&self, path: &Path) -> Result<()> {
        Ok(self.save(path)?)
    }

    fn freeze(&self, device: &Device) -> Result<Arc<dyn GenerativeModel>> {
        Ok(Arc::new(self.model(device)?.freeze()?))
    }
}
