//! The control without a memory.

use attractor_core::file::Loading;
use attractor_core::kernel::PatternStore;
use attractor_core::weights::{Weights, modules};
use attractor_core::{
    AssociativeMemory, Forget, Identify, KeepsPatterns, Persist, Ranking, Recall, Restore, Result,
    spans,
};
use burn::tensor::{Device, Tensor};

use super::EncoderOnlyConfig;
use crate::input;
use crate::nearest::{Distance, ranked};
use crate::persist::CODES;

/// Answers every cue with itself; see the [module](super).
#[derive(Debug, Clone)]
pub struct EncoderOnly {
    store: PatternStore,
}

impl EncoderOnly {
    pub(super) fn new(config: EncoderOnlyConfig, device: &Device) -> Result<Self> {
        config.validate()?;
        Ok(Self {
            store: PatternStore::new(config.dim, device)?,
        })
    }
}

impl Persist for EncoderOnly {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn pack(&self) -> Result<Weights> {
        let mut file = Weights::new();
        file.insert_store(CODES, &self.store)?;
        Ok(file)
    }
}

impl Restore for EncoderOnly {
    const KIND: &'static str = "encoder_only";

    fn restore(file: &Weights, loading: &Loading<'_>) -> Result<Self> {
        let [_, dim] = modules::shape::<2>(file, CODES)?;
        let store = file.store(CODES, dim, loading.device())?;
        Ok(Self { store })
    }
}

impl AssociativeMemory for EncoderOnly {
    fn name(&self) -> &'static str {
        "identity"
    }

    fn write(&mut self, patterns: Tensor<2>) -> Result<()> {
        let _span = spans::write(self.name(), &patterns);
        self.store.push(patterns)
    }

    fn read(&self, cues: Tensor<2>) -> Result<Recall> {
        let _span = spans::read(self.name(), &cues);
        let (stored, dim) = (self.store.len(), self.store.dim());
        let cues = input::accept_cues(cues, stored, dim, self.store.device())?;
        Ok(Recall::single_pass(cues))
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

impl KeepsPatterns for EncoderOnly {
    fn patterns(&self) -> &PatternStore {
        &self.store
    }

    fn patterns_mut(&mut self) -> &mut PatternStore {
        &mut self.store
    }

    /// By the distance from the cue, which is the answer, with its sign changed.
    fn ranked(&self, cues: Tensor<2>, k: usize) -> Result<Vec<Ranking>> {
        let cues = self.read(cues)?.state;
        ranked(&self.store, cues, (Distance::Euclidean, k))
    }
}
