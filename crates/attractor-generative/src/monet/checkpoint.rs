//! A MONet trainer on disk: weights, moments, counters and configurations in one safetensors file.

use std::path::Path;

use attractor_core::Result;
use attractor_core::weights::Weights;

use super::trainer::KIND;
use super::{Monet, MonetTrainer, MonetTrainerConfig};
use crate::train::{counter, expect};

impl MonetTrainer {
    /// Writes the state, meant for epoch boundaries. The weights of [`MonetTrainer::model`] keep
    /// their published names, so that a checkpoint can be read as a model.
    ///
    /// # Errors
    /// [`attractor_core::Error::Weights`] if the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        let mut weights = self.network.export();
        self.network.export_state(&mut weights);
        weights.set_metadata("kind", KIND);
        weights.set_metadata("model", describe(&self.template.config()));
        weights.set_metadata("trainer", describe(&self.config));
        weights.set_metadata("epoch", self.epoch.to_string());
        weights.set_metadata("step", self.step.to_string());
        weights.write(path)
    }

    /// Continues from a checkpoint; `model` gives the architecture, `config` must be the one that
    /// was saved.
    ///
    /// # Errors
    /// [`attractor_core::Error::Weights`] if the file is missing, corrupt, of another kind or size of model, or was
    /// made with another configuration.
    pub fn load(path: &Path, model: Monet, config: MonetTrainerConfig) -> Result<Self> {
        let weights = Weights::read(path)?;
        expect(&weights, "kind", KIND)?;
        expect(&weights, "model", &describe(&model.config()))?;
        expect(&weights, "trainer", &describe(&config))?;
        let mut trainer = Self::new(model, config)?;
        trainer.epoch = counter(&weights, "epoch")?;
        trainer.step = counter(&weights, "step")?;
        // Before the first step there is nothing to average.
        let averaged = config.averaging.is_some() && trainer.step > 0;
        trainer.network.import(&weights, averaged)?;
        Ok(trainer)
    }
}

/// A configuration as one line.
fn describe(config: &(impl serde::Serialize + std::fmt::Debug)) -> String {
    // A struct of numbers always serialises; should that change, the debug form serves as well.
    serde_json::to_string(config).unwrap_or_else(|_| format!("{config:?}"))
}
