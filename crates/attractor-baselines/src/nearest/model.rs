//! The nearest-pattern memory.

use attractor_core::kernel::{self, PatternStore};
use attractor_core::{
    AssociativeMemory, Complete, Forget, Identify, KeepsPatterns, Outcome, Persist, Ranking,
    Recall, Recognise, Result, check, spans,
};
use burn::tensor::{Device, Tensor, TensorData};

use super::{Distance, NearestConfig, scan};
use crate::input;
use crate::persist::persists_patterns;

/// A stored pattern and how far it is.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Neighbour {
    /// Index of the pattern, in the order of writing.
    pub index: usize,
    /// Its distance from the cue.
    pub distance: f64,
}

/// Answers with the nearest stored pattern; see the [module](super) for the distances.
#[derive(Debug, Clone)]
pub struct Nearest {
    config: NearestConfig,
    store: PatternStore,
}

impl Nearest {
    pub(super) fn new(config: NearestConfig, device: &Device) -> Result<Self> {
        config.validate()?;
        Ok(Self {
            store: PatternStore::new(config.dim, device)?,
            config,
        })
    }

    /// The configuration.
    pub fn config(&self) -> &NearestConfig {
        &self.config
    }

    /// The nearest pattern of each cue `[b, d]`.
    ///
    /// # Errors
    /// As [`AssociativeMemory::read`].
    pub fn nearest(&self, cues: Tensor<2>) -> Result<Vec<Neighbour>> {
        self.find(self.accept(cues)?, None)
    }

    fn accept(&self, cues: Tensor<2>) -> Result<Tensor<2>> {
        input::accept_cues(cues, self.store.len(), self.config.dim, self.store.device())
    }

    fn find(&self, cues: Tensor<2>, known: Option<&[f32]>) -> Result<Vec<Neighbour>> {
        if self.config.distance != Distance::Euclidean || known.is_some() {
            let values = check::to_host(cues)?;
            return scan::nearest(&self.store, &values, known, self.config.distance);
        }
        let (indices, distances) = kernel::nearest(&self.store, cues)?;
        let pairs = indices.into_iter().zip(distances);
        Ok(pairs
            .map(|(index, distance)| Neighbour { index, distance })
            .collect())
    }

    /// The patterns of some neighbours, in their order.
    fn recall(&self, neighbours: &[Neighbour]) -> Result<Recall> {
        let indices: Vec<usize> = neighbours.iter().map(|near| near.index).collect();
        let state = self.store.select(&indices)?;
        Ok(Recall::single_pass(state).of_patterns(&indices, self.store.ids()))
    }
}

persists_patterns!(Nearest, NearestConfig, "nearest");

impl AssociativeMemory for Nearest {
    fn name(&self) -> &'static str {
        "nearest"
    }

    fn write(&mut self, patterns: Tensor<2>) -> Result<()> {
        let _span = spans::write(self.name(), &patterns);
        self.store.push(patterns)
    }

    fn read(&self, cues: Tensor<2>) -> Result<Recall> {
        let _span = spans::read(self.name(), &cues);
        self.recall(&self.nearest(cues)?)
    }

    fn len(&self) -> usize {
        self.store.len()
    }

    fn dim(&self) -> usize {
        self.config.dim
    }

    fn stored_states(&self) -> Result<Tensor<2>> {
        self.store.to_tensor()
    }

    fn as_complete(&self) -> Option<&dyn Complete> {
        Some(self)
    }

    fn as_recognise(&self) -> Option<&dyn Recognise> {
        Some(self)
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

impl KeepsPatterns for Nearest {
    fn patterns(&self) -> &PatternStore {
        &self.store
    }

    fn patterns_mut(&mut self) -> &mut PatternStore {
        &mut self.store
    }

    /// By distance, whose sign is changed for a score. Distances are no probabilities.
    fn ranked(&self, cues: Tensor<2>, k: usize) -> Result<Vec<Ranking>> {
        scan::ranked(&self.store, self.accept(cues)?, (self.config.distance, k))
    }
}

impl Complete for Nearest {
    /// Distances count the known entries alone. A row without any has the outcome
    /// [`Outcome::Rejected`] and the first pattern as its state.
    ///
    /// # Errors
    /// As [`AssociativeMemory::read`]; as [`check::known`] unless
    /// `known` has the shape of `cues` and holds 0 and 1 alone.
    fn complete(&self, cues: Tensor<2>, known: Tensor<2>) -> Result<Recall> {
        let _span = spans::complete(self.name(), &cues);
        let dim = self.config.dim;
        let cues = self.accept(cues)?;
        let known = check::known(&known, cues.dims())?;
        let neighbours = self.find(cues, Some(&known))?;
        let mut recall = self.recall(&neighbours)?;
        for (outcome, known) in recall.outcomes.iter_mut().zip(known.chunks_exact(dim)) {
            if known.iter().all(|&value| value == 0.0) {
                *outcome = Outcome::Rejected;
            }
        }
        let rejected = recall.outcomes.iter().zip(&mut recall.recalled);
        rejected
            .filter(|(outcome, _)| **outcome == Outcome::Rejected)
            .for_each(|(_, recalled)| *recalled = None);
        Ok(recall)
    }
}

impl Recognise for Nearest {
    /// Minus the distance of the nearest pattern: 0 for a stored one, below 0 for all others.
    fn familiarity(&self, cues: Tensor<2>) -> Result<Tensor<1>> {
        let scores: Vec<f32> = self
            .nearest(cues)?
            .iter()
            .map(|neighbour| (-neighbour.distance).max(f32::MIN.into()) as f32)
            .collect();
        let rows = scores.len();
        Ok(Tensor::from_data(
            TensorData::new(scores, [rows]),
            self.store.device(),
        ))
    }
}
