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

/// Epochs and steps behind a trainer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counters {
    pub(crate) epoch: usize,
    pub(crate) step: u64,
}

/// What must be the same when a run continues, by its name in the file.
pub(crate) type Facts = Vec<(&'static str, String)>;

/// Writes `weights` with all that a run continues from.
pub(crate) fn write(
    mut weights: Weights,
    path: &Path,
    facts: Facts,
    counters: Counters,
) -> Result<()> {
    for (key, fact) in facts {
        weights.set_metadata(key, fact);
    }
    weights.set_metadata("epoch", counters.epoch.to_string());
    weights.set_metadata("step", counters.step.to_string());
    weights.write(path)
}

/// Reads what [`write`] wrote and checks its facts.
pub(crate) fn read(path: &Path, facts: Facts) -> Result<(Weights, Counters)> {
    let weights = Weights::read(path)?;
    for (key, expected) in facts {
        let found = metadata(&weights, key)?;
        if found != expected {
            let reason = format!("`{key}`: expected {expected}, found {found}");
            return Err(fail(&weights, reason));
        }
    }
    let counters = Counters {
        epoch: counter(&weights, "epoch")?,
        step: counter(&weights, "step")?,
    };
    Ok((weights, counters))
}

/// A configuration as one line.
pub(crate) fn describe(config: &(impl serde::Serialize + std::fmt::Debug)) -> String {
    // A struct of numbers always serialises; should that change, the debug form serves as well.
    serde_json::to_string(config).unwrap_or_else(|_| format!("{config:?}"))
}

fn fail(weights: &Weights, reason: String) -> Error {
    let path = weights.path.clone();
    Error::Weights { path, reason }
}

fn metadata<'a>(weights: &'a Weights, key: &str) -> Result<&'a str> {
    weights.metadata(key).ok_or_else(|| {
        let reason = format!("expected a training checkpoint with metadata `{key}`, found none");
        fail(weights, reason)
    })
}

fn counter<T: FromStr>(weights: &Weights, key: &str) -> Result<T> {
    let found = metadata(weights, key)?;
    found.parse().map_err(|_| {
        let reason = format!("`{key}`: expected a count, found `{found}`");
        fail(weights, reason)
    })
}

/// The configuration without the engine: a run may move to another device.
fn facts(model: &impl Vae, config: &TrainerConfig) -> Facts {
    let config = TrainerConfig {
        engine: Engine::Auto,
        ..*config
    };
    let kind = model.kind().to_owned();
    vec![("kind", kind), ("trainer", describe(&config))]
}

impl<V: Vae> Trainer<V> {
    /// Writes the state, meant for epoch boundaries.
    ///
    /// # Errors
    /// [`Error::Weights`] if the file cannot be written, [`Error::Device`] if the device fails.
    pub fn save(&self, path: &Path) -> Result<()> {
        let model = self.model()?;
        let mut weights = nn::export(&model)?;
        self.engine.export_moments(&mut weights)?;
        write(weights, path, facts(&model, &self.config), self.counters)
    }

    /// Continues from a checkpoint; `model` gives the architecture, `config` must be the one that
    /// was saved.
    ///
    /// # Errors
    /// [`Error::Weights`] if the file is missing, corrupt, of another kind or shape of model, or
    /// was made with another configuration.
    pub fn load(path: &Path, model: V, config: TrainerConfig, device: &Device) -> Result<Self> {
        let (weights, counters) = read(path, facts(&model, &config))?;
        let mut trainer = Self::new(model, config, device)?;
        trainer.counters = counters;
        if !weights.names().any(|name| name.starts_with(FIRST)) {
            let reason = format!("expected optimiser moments named `{FIRST}...`, found none");
            return Err(fail(&weights, reason));
        }
        trainer.engine.import(&weights, &trainer.device)?;
        Ok(trainer)
    }
}
