//! The control without a memory.

use attractor_core::kernel::PatternStore;
use attractor_core::{AssociativeMemory, Forget, Recall, Result};
use burn::tensor::{Device, Tensor};

use super::EncoderOnlyConfig;
use crate::input;

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

impl AssociativeMemory for EncoderOnly {
    fn name(&self) -> &'static str {
        "identity"
    }

    fn write(&mut self, patterns: Tensor<2>) -> Result<()> {
        self.store.push(patterns)
    }

    fn read(&self, cues: Tensor<2>) -> Result<Recall> {
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

    fn as_forget(&mut self) -> Option<&mut dyn Forget> {
        Some(self)
    }
}

impl Forget for EncoderOnly {
    fn clear(&mut self) {
        self.store.clear();
    }

    fn remove(&mut self, index: usize) -> Result<()> {
        self.store.remove(index)
    }
}
