use std::sync::Arc;

use attractor_core::file::{self, Loading};
use attractor_core::kernel::{PatternIds, Tags};
use attractor_core::weights::Weights;
use attractor_core::{
    AssociativeMemory, Complete, Error, Forget, GenerativeModel, Identification, Identify, Persist,
    Recall, Recognise, Restore, Result, Train, check, spans,
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
        let _span = spans::write("encoded", &patterns);
        check::batch("patterns", &patterns, self.dim())?;
        self.inner.write(self.model.encode(patterns).mean)
    }

    fn read(&self, cues: Tensor<2>) -> Result<Recall> {
        let _span = spans::read("encoded", &cues);
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

    fn as_identify(&self) -> Option<&dyn Identify> {
        let can = self.inner.as_identify().is_some();
        can.then_some(self as &dyn Identify)
    }

    fn as_identify_mut(&mut self) -> Option<&mut dyn Identify> {
        let can = self.inner.as_identify().is_some();
        can.then_some(self as &mut dyn Identify)
    }

    /// What is removed is the same on both sides of the model.
    fn as_forget(&mut self) -> Option<&mut dyn Forget> {
        self.inner.as_forget()
    }

    /// On codes.
    fn as_train(&mut self) -> Option<&mut dyn Train> {
        self.inner.as_train()
    }

    fn as_persist(&self) -> Option<&dyn Persist> {
        Some(self)
    }
}

const MODEL: &str = "model";
const MEMORY: &str = "memory";

/// A section for the model and one for the memory of codes.
impl Persist for EncodedMemory {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn savable(&self) -> Result<()> {
        file::savable("the model", self.model.name(), self.model.as_persist())?;
        file::savable("the memory", self.inner.name(), self.inner.as_persist()).map(|_| ())
    }

    fn pack(&self) -> Result<Weights> {
        let (model, inner) = (&*self.model, &*self.inner);
        let mut whole = Weights::new();
        let section = file::section_of("the model", model.name(), model.as_persist())?;
        whole.insert_section(MODEL, section);
        let section = file::section_of("the memory", inner.name(), inner.as_persist())?;
        whole.insert_section(MEMORY, section);
        Ok(whole)
    }
}

impl Restore for EncodedMemory {
    const KIND: &'static str = "encoded";

    fn restore(file: &Weights, loading: &Loading<'_>) -> Result<Self> {
        let model = loading.model(&file.section(MODEL)?)?;
        let inner = loading.memory(&file.section(MEMORY)?)?;
        Self::new(model, inner).map_err(|error| file.refuse(error))
    }
}

impl Complete for EncodedMemory {
    fn complete(&self, cues: Tensor<2>, known: Tensor<2>) -> Result<Recall> {
        let _span = spans::complete("encoded", &cues);
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

/// That of the memory of codes.
impl Identify for EncodedMemory {
    fn pattern_ids(&self) -> Result<&PatternIds> {
        self.inner
            .identify_for("EncodedMemory::pattern_ids")?
            .pattern_ids()
    }

    fn nearest(&self, cues: Tensor<2>, k: usize) -> Result<Vec<Identification>> {
        let inner = self.inner.identify_for("EncodedMemory::nearest")?;
        inner.nearest(self.encode(cues)?, k)
    }

    fn write_as(&mut self, patterns: Tensor<2>, tags: &Tags) -> Result<()> {
        let _span = spans::write("encoded", &patterns);
        check::batch("patterns", &patterns, self.dim())?;
        let codes = self.model.encode(patterns).mean;
        let inner = self.inner.identify_mut_for("EncodedMemory::write_as")?;
        inner.write_as(codes, tags)
    }

    fn set_label(&mut self, id: u64, label: Option<String>) -> Result<()> {
        let inner = self.inner.identify_mut_for("EncodedMemory::set_label")?;
        inner.set_label(id, label)
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
