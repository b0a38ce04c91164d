//! A MONet trainer on disk: weights, moments, counters and configurations in one safetensors file.

use std::path::Path;

use attractor_core::Result;

use super::trainer::KIND;
use super::{Monet, MonetTrainer, MonetTrainerConfig};
use crate::train::checkpoint::{Facts, describe, read, write};

fn facts(model: &Monet, config: &MonetTrainerConfig) -> Facts {
    vec![
        ("kind", KIND.into()),
        ("model", describe(&model.config())),
        ("trainer", describe(config)),
    ]
}

impl MonetTrainer {
    /// Writes the state, meant for epoch boundaries. The weights of [`MonetTrainer::model`] keep
    /// their published names, so that a checkpoint can be read as a model.
    ///
    /// # Errors
    /// [`attractor_core::Error::Weights`] if the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        let mut weights = self.network.export();
        self.network.export_state(&mut weights);
        let facts = facts(&self.template, &self.config);
        write(weights, path, facts, self.counters)
    }

    /// Continues from a checkpoint; `model` gives the architecture, `config` must be the one that
    /// was saved.
    ///
    /// # Errors
    /// [`attractor_core::Error::Weights`] if the file is missing, corrupt, of another kind or size
    /// of model, or was made with another configuration.
    pub fn load(path: &Path, model: Monet, config: MonetTrainerConfig) -> Result<Self> {
        let (weights, counters) = read(path, facts(&model, &config))?;
        let mut trainer = Self::new(model, config)?;
        trainer.counters = counters;
        // Before the first step there is nothing to average.
        let averaged = config.averaging.is_some() && counters.step > 0;
        trainer.network.import(&weights, averaged)?;
        Ok(trainer)
    }
}
