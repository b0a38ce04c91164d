use std::sync::Arc;

use attractor_core::kernel::{PatternIds, Tags};
use attractor_core::{
    AssociativeMemory, Complete, Error, Forget, GenerativeModel, Identification, Identify,
    Inference, MemoryPrior, ObservationModel, Persist, Problem, Ranking, Recall, Recognise, Result,
    StoredCodes, Train, check, spans,
};
use burn::tensor::Tensor;

/// A memory composed of four parts. See the [module](super).
#[derive(Debug)]
pub struct VariationalMemory {
    pub(super) model: Arc<dyn GenerativeModel>,
    pub(super) observation: Box<dyn ObservationModel>,
    pub(super) prior: Box<dyn MemoryPrior>,
    pub(super) inference: Box<dyn Inference>,
}

impl VariationalMemory {
    /// Composes the four parts.
    ///
    /// # Errors
    /// [`Error::Mismatch`] if the prior's codes are not as wide as the model's; what the observation model
    /// refuses ([`ObservationModel::check`]).
    pub fn new(
        model: Arc<dyn GenerativeModel>,
        observation: Box<dyn ObservationModel>,
        prior: Box<dyn MemoryPrior>,
        inference: Box<dyn Inference>,
    ) -> Result<Self> {
        if prior.dim() != model.latent_dim() {
            return Err(Error::Mismatch {
                what: "the generative model",
                expected: format!("codes of {} entries", model.latent_dim()),
                part: "the prior",
                found: format!("{}", prior.dim()),
            });
        }
        observation.check(model.data_dim())?;
        Ok(Self {
            model,
            observation,
            prior,
            inference,
        })
    }

    /// The generative model.
    pub fn model(&self) -> &Arc<dyn GenerativeModel> {
        &self.model
    }

    /// The memory prior.
    pub fn prior(&self) -> &dyn MemoryPrior {
        &*self.prior
    }

    pub(super) fn prior_mut(&mut self) -> &mut dyn MemoryPrior {
        &mut *self.prior
    }

    /// Codes `[b, latent_dim]` of data `[b, data_dim]`: the encoder's means.
    ///
    /// # Errors
    /// A wrong width, no rows, NaN or infinite entries.
    pub fn encode(&self, data: Tensor<2>) -> Result<Tensor<2>> {
        check::batch("data", &data, self.dim())?;
        Ok(self.model.encode(data).mean)
    }

    fn recall(&self, cues: Tensor<2>, observation: &dyn ObservationModel) -> Result<Recall> {
        if self.is_empty() {
            return Err(Error::EmptyMemory);
        }
        check::batch("cues", &cues, self.dim())?;
        let prepared = observation.prepared(&cues);
        let observation = prepared.as_deref().unwrap_or(observation);
        let problem = Problem {
            model: &*self.model,
            observation,
            prior: &*self.prior,
            start: self.model.encode(cues.clone()).mean,
            cues,
        };
        let mut recall = self.inference.infer(&problem)?;
        // Predictive coding and amortised inference have decoded already.
        if recall.decoded.is_none() {
            recall.decoded = Some(self.model.decode(recall.state.clone()));
        }
        Ok(recall)
    }
}

impl AssociativeMemory for VariationalMemory {
    fn name(&self) -> &'static str {
        "variational"
    }

    fn write(&mut self, patterns: Tensor<2>) -> Result<()> {
        let _span = spans::write(self.name(), &patterns);
        check::batch("patterns", &patterns, self.dim())?;
        self.prior.store(self.model.encode(patterns).mean)
    }

    fn read(&self, cues: Tensor<2>) -> Result<Recall> {
        let _span = spans::read(self.name(), &cues);
        self.recall(cues, &*self.observation)
    }

    fn len(&self) -> usize {
        self.prior.len()
    }

    fn dim(&self) -> usize {
        self.model.data_dim()
    }

    fn stored_states(&self) -> Result<Tensor<2>> {
        self.prior.codes_for("VariationalMemory::stored_states")
    }

    /// Where the inference looks at the cue at all: the prior's own iteration does not.
    fn as_complete(&self) -> Option<&dyn Complete> {
        self.inference
            .uses_observation()
            .then_some(self as &dyn Complete)
    }

    fn as_recognise(&self) -> Option<&dyn Recognise> {
        Some(self)
    }

    /// Where the prior keeps its codes one by one, with ids.
    fn as_identify(&self) -> Option<&dyn Identify> {
        self.has_ids().then_some(self as &dyn Identify)
    }

    fn as_identify_mut(&mut self) -> Option<&mut dyn Identify> {
        self.has_ids().then_some(self as &mut dyn Identify)
    }

    fn as_forget(&mut self) -> Option<&mut dyn Forget> {
        Some(self)
    }

    /// The prior's, on codes.
    fn as_train(&mut self) -> Option<&mut dyn Train> {
        self.prior.as_train()
    }

    fn as_persist(&self) -> Option<&dyn Persist> {
        Some(self)
    }
}

impl VariationalMemory {
    fn has_ids(&self) -> bool {
        let stored = self.prior.stored();
        stored.is_some_and(|stored| stored.ids().is_some())
    }

    fn stored_mut(&mut self, what: &'static str) -> Result<&mut dyn StoredCodes> {
        let name = self.prior.name();
        self.prior.stored_mut().ok_or_else(|| Error::Unsupported {
            what,
            capability: "codes that are kept one by one",
            part: format!("the prior `{name}`"),
        })
    }
}

impl Forget for VariationalMemory {
    fn clear(&mut self) {
        self.prior.clear();
    }

    fn remove(&mut self, index: usize) -> Result<()> {
        self.stored_mut("VariationalMemory::remove")?.remove(index)
    }

    fn remove_id(&mut self, id: u64) -> Result<()> {
        let index = self.pattern_ids()?.index_of(id)?;
        self.stored_mut("VariationalMemory::remove_id")?
            .remove(index)
    }
}

impl Identify for VariationalMemory {
    fn pattern_ids(&self) -> Result<&PatternIds> {
        let what = "VariationalMemory::pattern_ids";
        let ids = self.prior.stored_for(what)?.ids();
        ids.ok_or_else(|| Error::unsupported(what, "codes that have ids", self.prior.name()))
    }

    /// The prior's weights of its codes at the code of the cue, before any inference: what the prior alone takes the cue for. Which
    /// pattern an inference ends at is [`Recall::recalled`], where it ends at one.
    fn nearest(&self, cues: Tensor<2>, k: usize) -> Result<Vec<Identification>> {
        if self.is_empty() {
            return Err(Error::EmptyMemory);
        }
        check::batch("cues", &cues, self.dim())?;
        let codes = self.model.encode(cues).mean;
        let stored = self.prior.stored_for("VariationalMemory::nearest")?;
        let (found, ids) = (stored.nearest(codes, k)?, self.pattern_ids()?);
        let named = found.into_iter().map(|row| Ranking::of(row).named(ids));
        named.collect()
    }

    fn write_as(&mut self, patterns: Tensor<2>, tags: &Tags) -> Result<()> {
        let _span = spans::write(self.name(), &patterns);
        check::batch("patterns", &patterns, self.dim())?;
        let codes = self.model.encode(patterns).mean;
        let stored = self.stored_mut("VariationalMemory::write_as")?;
        stored.store_as(codes, tags)
    }

    fn set_label(&mut self, id: u64, label: Option<String>) -> Result<()> {
        let stored = self.stored_mut("VariationalMemory::set_label")?;
        stored.set_label(id, label)
    }
}

impl Complete for VariationalMemory {
    /// Only known entries are compared with what the state decodes to. The start is still the
    /// encoder's answer to the whole cue, so unknown entries should hold something neutral.
    fn complete(&self, cues: Tensor<2>, known: Tensor<2>) -> Result<Recall> {
        let _span = spans::complete(self.name(), &cues);
        let shape = [cues.dims()[0], self.dim()];
        let restricted = self.observation.restricted(known, shape)?;
        self.recall(cues, &*restricted)
    }
}

impl Recognise for VariationalMemory {
    /// Minus the prior's energy of the cue's code.
    fn familiarity(&self, cues: Tensor<2>) -> Result<Tensor<1>> {
        Ok(self.prior.energy(self.encode(cues)?)?.neg())
    }
}
