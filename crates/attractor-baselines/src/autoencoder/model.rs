//! Recall by iterated reconstruction.

use std::sync::Arc;

use attractor_core::file::{self, Loading};
use attractor_core::kernel::PatternStore;
use attractor_core::weights::Weights;
use attractor_core::{
    AssociativeMemory, Forget, GenerativeModel, Identify, KeepsPatterns, Outcome, Persist, Ranking,
    Recall, Restore, Result, check, spans,
};
use burn::tensor::{Device, Tensor};

use super::AutoencoderConfig;
use crate::input;
use crate::nearest::{Distance, ranked};
use crate::persist::{self, CODES};

/// Iterates the reconstruction of a trained autoencoder; see the [module](super).
#[derive(Debug, Clone)]
pub struct AutoencoderRecall {
    config: AutoencoderConfig,
    model: Arc<dyn GenerativeModel>,
    store: PatternStore,
}

impl AutoencoderRecall {
    pub(super) fn new(
        config: AutoencoderConfig,
        model: Arc<dyn GenerativeModel>,
        device: &Device,
    ) -> Result<Self> {
        config.validate()?;
        Ok(Self {
            store: PatternStore::new(model.data_dim(), device)?,
            config,
            model,
        })
    }

    /// The configuration.
    pub fn config(&self) -> &AutoencoderConfig {
        &self.config
    }

    /// The autoencoder.
    pub fn model(&self) -> &dyn GenerativeModel {
        self.model.as_ref()
    }

    /// How a row that moved from `before` to `after` ended, if it did.
    fn ended(&self, before: &[f32], after: &[f32]) -> Option<Outcome> {
        if after.iter().any(|value| !value.is_finite()) {
            return Some(Outcome::Diverged);
        }
        let tolerance = self.config.tolerance;
        let still = |(before, after): (&f32, &f32)| {
            (after - before).abs() <= tolerance * before.abs().max(1.0)
        };
        (self.config.iterations > 1 && tolerance > 0.0 && before.iter().zip(after).all(still))
            .then_some(Outcome::Converged)
    }
}

const MODEL: &str = "model";

/// The autoencoder in a section.
impl Persist for AutoencoderRecall {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn savable(&self) -> Result<()> {
        file::savable("the model", self.model.name(), self.model.as_persist()).map(|_| ())
    }

    fn pack(&self) -> Result<Weights> {
        let mut whole = Weights::new();
        persist::describe_config(&mut whole, &self.config)?;
        whole.insert_store(CODES, &self.store)?;
        let model = &self.model;
        let section = file::section_of("the model", model.name(), model.as_persist())?;
        whole.insert_section(MODEL, section);
        Ok(whole)
    }
}

impl Restore for AutoencoderRecall {
    const KIND: &'static str = "autoencoder";

    fn restore(file: &Weights, loading: &Loading<'_>) -> Result<Self> {
        let config: AutoencoderConfig = persist::config(file, Self::KIND)?;
        let model = loading.model(&file.section(MODEL)?)?;
        let made = config.init(model, loading.device());
        let mut memory = made.map_err(|error| file.refuse(error))?;
        memory.store = file.store(CODES, memory.store.dim(), loading.device())?;
        Ok(memory)
    }
}

impl AssociativeMemory for AutoencoderRecall {
    fn name(&self) -> &'static str {
        "autoencoder"
    }

    /// Keeps the patterns for comparison; the answers do not depend on them.
    fn write(&mut self, patterns: Tensor<2>) -> Result<()> {
        let _span = spans::write(self.name(), &patterns);
        self.store.push(patterns)
    }

    fn read(&self, cues: Tensor<2>) -> Result<Recall> {
        let _span = spans::read(self.name(), &cues);
        let (dim, device) = (self.store.dim(), self.store.device());
        let mut states = input::accept_cues(cues, self.store.len(), dim, device)?;
        let mut values = check::to_host(states.clone())?;
        let rows = values.len() / dim;
        let limit = match self.config.iterations {
            1 => Outcome::SinglePass,
            _ => Outcome::MaxSteps,
        };
        let (mut outcomes, mut steps) = (vec![limit; rows], vec![0; rows]);
        let mut active = vec![true; rows];
        for _ in 0..self.config.iterations {
            let next = self
                .model
                .decode(self.model.encode(states).mean)
                .without_autodiff();
            let next = check::to_host(next)?;
            for (row, (now, next)) in values
                .chunks_exact_mut(dim)
                .zip(next.chunks_exact(dim))
                .enumerate()
            {
                if !active[row] {
                    continue;
                }
                steps[row] += 1;
                if let Some(outcome) = self.ended(now, next) {
                    (outcomes[row], active[row]) = (outcome, false);
                }
                if outcomes[row] != Outcome::Diverged {
                    now.copy_from_slice(next);
                }
            }
            states = check::from_host("states", values.clone(), dim, device)?;
            if !active.contains(&true) {
                break;
            }
        }
        Ok(Recall {
            decoded: Some(states.clone()),
            outcomes,
            steps,
            ..Recall::single_pass(states)
        })
    }

    fn len(&self) -> usize {
        self.store.len()
    }

    fn dim(&self) -> usize {
        self.store.dim()
    }

    fn stored_states(&self) -> Result<Tensor<2>> {
        self.store.to_tensor()
    }

    fn as_identify(&self) -> Option<&dyn Identify> {
        Some(self)
    }

    fn as_identify_mut(&mut self) -> Option<&mut dyn Identify> {
        Some(self)
    }

    fn as_forget(&mut self) -> Option<&mut dyn Forget> {
        Some(self)
    }

    fn as_persist(&self) -> Option<&dyn Persist> {
        Some(self)
    }
}

impl KeepsPatterns for AutoencoderRecall {
    fn patterns(&self) -> &PatternStore {
        &self.store
    }

    fn patterns_mut(&mut self) -> &mut PatternStore {
        &mut self.store
    }

    /// By the distance from the answer, with its sign changed.
    fn ranked(&self, cues: Tensor<2>, k: usize) -> Result<Vec<Ranking>> {
        let answers = self.read(cues)?.state;
        ranked(&self.store, answers, (Distance::Euclidean, k))
    }
}
