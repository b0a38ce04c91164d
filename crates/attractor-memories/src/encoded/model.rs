use std::sync::Arc;

use attractor_core::{
    AssociativeMemory, Complete, Error, Forget, GenerativeModel, Recall, Recognise, Result, Train,
    check,
};
use burn::tensor::Tensor;

/// A memory of codes behind a generative model. See the [module](super).
#[derive(Debug)]
pub struct EncodedMemory {
    model: Arc<dyn GenerativeModel>,
    inner: Box<dyn AssociativeMemory>,
}

impl EncodedMemory {
    /// Puts `inner`, a memory of codes, behind `model`.
    ///
    /// # Errors
    /// [`Error::Mismatch`] if the widths differ.
    pub fn new(model: Arc<dyn GenerativeModel>, inner: Box<dyn AssociativeMemory>) -> Result<Self> {
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

    /// The memory of codes.
    pub fn inner(&self) -> &dyn AssociativeMemory {
        &*self.inner
    }

    /// The codes of cues that may be read.
    fn encode(&self, cues: Tensor<2>) -> Result<Tensor<2>> {
        if self.is_empty() {
            return Err(Error::EmptyMemory);
        }
        check::batch("cues", &cues, self.dim())?;
        Ok(self.model.encode(cues).mean)
    }

    fn decoded(&self, mut recall: Recall) -> Recall {
        recall.decoded = Some(self.model.decode(recall.state.clone()));
        recall
    }
}

impl AssociativeMemory for EncodedMemory {
    /// That of the memory of codes.
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn write(&mut self, patterns: Tensor<2>) -> Result<()> {
        check::batch("patterns", &patterns, self.dim())?;
        self.inner.write(self.model.encode(patterns).mean)
    }

    fn read(&self, cues: Tensor<2>) -> Result<Recall> {
        Ok(self.decoded(self.inner.read(self.encode(cues)?)?))
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

    /// Only where a code is the data itself: otherwise known pixels are no known codes.
    fn as_complete(&self) -> Option<&dyn Complete> {
        let can = self.model.codes_are_data() && self.inner.as_complete().is_some();
        can.then_some(self as &dyn Complete)
    }

    fn as_recognise(&self) -> Option<&dyn Recognise> {
        let can = self.inner.as_recognise().is_some();
        can.then_some(self as &dyn Recognise)
    }

    /// What is removed is the same on both sides of the model.
    fn as_forget(&mut self) -> Option<&mut dyn Forget> {
        self.inner.as_forget()
    }

    /// On codes.
    fn as_train(&mut self) -> Option<&mut dyn Train> {
        self.inner.as_train()
    }
}

impl Complete for EncodedMemory {
    fn complete(&self, cues: Tensor<2>, known: Tensor<2>) -> Result<Recall> {
        let inner = self.inner.complete_for("EncodedMemory::complete")?;
        if !self.model.codes_are_data() {
            return Err(Error::unsupported(
                "EncodedMemory::complete",
                "codes that are the data",
                self.model.name(),
            ));
        }
        Ok(self.decoded(inner.complete(self.encode(cues)?, known)?))
    }
}

impl Recognise for EncodedMemory {
    fn familiarity(&self, cues: Tensor<2>) -> Result<Tensor<1>> {
        match self.inner.as_recognise() {
            Some(inner) => inner.familiarity(self.encode(cues)?),
            None => Err(Error::unsupported(
                "EncodedMemory::familiarity",
                "telling stored from novel",
                self.inner.name(),
            )),
        }
    }

    fn threshold(&self, false_accept: f64) -> Result<f64> {
        match self.inner.as_recognise() {
            Some(inner) => inner.threshold(false_accept),
            None => Err(Error::unsupported(
                "EncodedMemory::threshold",
                "telling stored from novel",
                self.inner.name(),
            )),
        }
    }
}
