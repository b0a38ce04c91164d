//! A trainer on disk: weights, moments, counters and configuration in one safetensors file.
//!
//! The weights keep their own names, so that a checkpoint can be imported as a model.

use std::path::Path;
use std::str::FromStr;

use attractor_core::weights::Weights;
use attractor_core::{Error, Result};
use burn::tensor::Device;

use super::adam::FIRST;
use super::{Engine, Trainer, TrainerConfig};
use crate::nn::weights as nn;
use crate::vae::Vae;

impl<V: Vae> Trainer<V> {
    /// Writes the state, meant for epoch boundaries.
    ///
    /// # Errors
    /// [`Error::Weights`] if the file cannot be written, [`Error::Device`] if the device fails.
    pub fn save(&self, path: &Path) -> Result<()> {
        let model = self.model()?;
        let mut weights = nn::export(&model)?;
        self.engine.export_moments(&mut weights)?;
        weights.set_metadata("kind", model.kind());
        weights.set_metadata("epoch", self.epoch.to_string());
        weights.set_metadata("step", self.step.to_string());
        weights.set_metadata("trainer", describe(&self.config));
        weights.write(path)
    }

    /// Continues from a checkpoint; `model` gives the architecture, `config` must be the one that
    /// was saved.
    ///
    /// # Errors
    /// [`Error::Weights`] if the file is missing, corrupt, of another kind or shape of model, or
    /// was made with another configuration.
    pub fn load(path: &Path, model: V, config: TrainerConfig, device: &Device) -> Result<Self> {
        let weights = Weights::read(path)?;
        expect(&weights, "kind", model.kind())?;
        expect(&weights, "trainer", &describe(&config))?;
        let mut trainer = Self::new(model, config, device)?;
        trainer.epoch = counter(&weights, "epoch")?;
        trainer.step = counter(&weights, "step")?;
        if !weights.names().any(|name| name.starts_with(FIRST)) {
            let reason = format!("expected optimiser moments named `{FIRST}...`, found none");
            return Err(Error::Weights {
                path: weights.path.clone(),
                reason,
            });
        }
        trainer.engine.import(&weights, &trainer.device)?;
        Ok(trainer)
    }
}

/// The configuration as one line, without the engine: a run may move to another device.
fn describe(config: &TrainerConfig) -> String {
    let config = &TrainerConfig {
        engine: Engine::Auto,
        ..*config
    };
    // A struct of numbers always serialises; should that change, the debug form serves as well.
    serde_json::to_string(config).unwrap_or_else(|_| format!("{config:?}"))
}

fn metadata<'a>(weights: &'a Weights, key: &str) -> Result<&'a str> {
    weights.metadata(key).ok_or_else(|| Error::Weights {
        path: weights.path.clone(),
        reason: format!("expected a training checkpoint with metadata `{key}`, found none"),
    })
}

/// Checks a metadata entry.
pub(crate) fn expect(weights: &Weights, key: &str, expected: &str) -> Result<()> {
    let found = metadata(weights, key)?;
    if found == expected {
        return Ok(());
    }
    Err(Error::Weights {
        path: weights.path.clone(),
        reason: format!("`{key}`: expected {expected}, found {found}"),
    })
}

/// A number from the metadata.
pub(crate) fn counter<T: FromStr>(weights: &Weights, key: &str) -> Result<T> {
    let found = metadata(weights, key)?;
    found.parse().map_err(|_| Error::Weights {
        path: weights.path.clone(),
        reason: format!("`{key}`: expected a count, found `{found}`"),
    })
}
