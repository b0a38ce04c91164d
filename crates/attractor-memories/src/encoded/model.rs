use std::sync::Arc;

use attractor_core::{AssociativeMemory, Error, Forget, GenerativeModel, Recall, Result, check};
use burn::tensor::Tensor;

/// A memory of codes behind a generative model. See the [module](super).
pub struct EncodedMemory {
    model: Arc<dyn GenerativeModel>,
    inner: Box<dyn Forget>,
}

impl std::fmt::Debug for EncodedMemory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EncodedMemory")
            .field("model", &self.model)
            .field("len", &self.inner.len())
            .finish_non_exhaustive()
    }
}

impl EncodedMemory {
    /// Puts `inner`, a memory of codes, behind `model`.
    ///
    /// # Errors
    /// [`Error::Mismatch`] if the widths differ.
    pub fn new(model: Arc<dyn GenerativeModel>, inner: Box<dyn Forget>) -> Result<Self> {
        if inner.dim() != model.latent_dim() {
            return Err(Error::Mismatch {
                what: "the generative model",
                expected: format!("codes of {} entries", model.latent_dim()),
                part: "the memory",
                found: format!("{}", inner.dim()),
            });
        }
        Ok(Self { model, inner })
    }
}

impl AssociativeMemory for EncodedMemory {
    fn write(&mut self, patterns: Tensor<2>) -> Result<()> {
        check::batch("patterns", &patterns, self.dim())?;
        self.inner.write(self.model.encode(patterns).mean)
    }

    fn read(&self, cues: Tensor<2>) -> Result<Recall> {
        if self.is_empty() {
            return Err(Error::EmptyMemory);
        }
        check::batch("cues", &cues, self.dim())?;
        let mut recall = self.inner.read(self.model.encode(cues).mean)?;
        recall.decoded = Some(self.model.decode(recall.state.clone()));
        Ok(recall)
    }

    fn len(&self) -> usize {
        self.inner.len()
    }

    fn dim(&self) -> usize {
        self.model.data_dim()
    }

    fn stored_states(&self) -> Result<Tensor<2>> {
        self.inner.stored_states()
    }
}

impl Forget for EncodedMemory {
    fn clear(&mut self) {
        self.inner.clear();
    }

    fn remove(&mut self, index: usize) -> Result<()> {
        self.inner.remove(index)
    }
}
