//! The traits of every memory, and what this one can do besides.

use attractor_core::kernel::{PatternIds, Tags, TopK};
use attractor_core::{
    AssociativeMemory, Complete, Error, Forget, Identification, Identify, Merge, Persist, Ranking,
    Recall, Recognise, Result, check, spans,
};
use burn::tensor::Tensor;
use rayon::prelude::*;

use super::FiringRate;
use super::model::wide;
use super::relax::Start;

impl AssociativeMemory for FiringRate {
    fn name(&self) -> &'static str {
        "firing-rate"
    }

    /// Patterns of 0 and 1. See [`FiringRate::store`] for the same with a report.
    fn write(&mut self, patterns: Tensor<2>) -> Result<()> {
        self.add(patterns, &Tags::default())
    }

    /// Integrates from rates between 0 and 1, such as a damaged pattern. The state is rates, the data are
    /// bits.
    ///
    /// A settled row is [`Converged`](attractor_core::Outcome::Converged) at a memory,
    /// [`Rejected`](attractor_core::Outcome::Rejected) if no unit stayed active, and
    /// [`Collapsed`](attractor_core::Outcome::Collapsed) in any other state.
    fn read(&self, cues: Tensor<2>) -> Result<Recall> {
        let _span = spans::read(self.name(), &cues);
        let rates = self.cues(cues)?;
        self.recall(Start {
            rates,
            input: None,
            free: None,
        })
    }

    fn len(&self) -> usize {
        self.patterns.len()
    }

    fn dim(&self) -> usize {
        self.config.dim
    }

    /// The re-scaled memories, `Phi0 + (Phi1 - Phi0) xi`.
    fn stored_states(&self) -> Result<Tensor<2>> {
        if self.patterns.is_empty() {
            return Err(Error::EmptyMemory);
        }
        let levels = self.levels();
        let rows = self.patterns.singles(levels.low, levels.high);
        check::from_host("stored", rows, self.config.dim, &self.device)
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

impl Complete for FiringRate {
    /// Known units are clamped at the cue's rates; the others start silent, at Phi(I0).
    fn complete(&self, cues: Tensor<2>, known: Tensor<2>) -> Result<Recall> {
        let _span = spans::complete(self.name(), &cues);
        let cues = self.cues(cues)?;
        let known = check::known(&known, cues.dims())?;
        let free = known.into_iter().map(|known| 1.0 - known).collect();
        let free = check::from_host("known", free, self.config.dim, &self.device)?;
        let silent = cues.full_like(self.levels().low);
        let rates = cues.mask_where(free.clone().greater_elem(0.5), silent);
        self.recall(Start {
            rates,
            input: None,
            free: Some(free),
        })
    }
}

impl Recognise for FiringRate {
    /// The largest share of a memory that the state holds once the network has settled
    /// ([`Network::contents`](crate::Network::contents)): 1 for what is stored, 0 for what dies away.
    fn familiarity(&self, cues: Tensor<2>) -> Result<Tensor<1>> {
        let states = check::to_host(self.read(cues)?.state)?;
        let network = self.network()?;
        let best = |rates: &[f32]| {
            let contents = network.contents(&wide(rates)).into_iter();
            contents.fold(0.0, f64::max) as f32
        };
        let scores: Vec<f32> = states.par_chunks_exact(self.config.dim).map(best).collect();
        Ok(Tensor::from_floats(scores.as_slice(), &self.device))
    }
}

impl Forget for FiringRate {
    fn clear(&mut self) {
        self.empty();
    }

    /// Designs anew for the patterns that are left. Where they have no design, nothing is removed.
    fn remove(&mut self, index: usize) -> Result<()> {
        if index >= self.patterns.len() {
            return Err(Error::Index {
                what: "pattern",
                len: self.patterns.len(),
                index,
            });
        }
        let mut left = self.patterns.clone();
        left.remove(index);
        self.replace(left)?;
        self.ids.remove(index)
    }

    fn remove_id(&mut self, id: u64) -> Result<()> {
        self.remove(self.ids.index_of(id)?)
    }
}

impl Identify for FiringRate {
    fn pattern_ids(&self) -> Result<&PatternIds> {
        Ok(&self.ids)
    }

    /// By the share of each memory that the state holds once the network has settled
    /// ([`Network::contents`](crate::Network::contents)). They are no probabilities.
    fn nearest(&self, cues: Tensor<2>, k: usize) -> Result<Vec<Identification>> {
        let states = check::to_host(self.read(cues)?.state)?;
        let network = self.network()?;
        let rows = states.par_chunks_exact(self.config.dim);
        let rows: Vec<Vec<f64>> = rows.map(|rates| network.contents(&wide(rates))).collect();
        let found = Ranking::all_without_probabilities(&TopK::of_scores(rows, k)?);
        found
            .into_iter()
            .map(|ranking| ranking.named(&self.ids))
            .collect()
    }

    fn write_as(&mut self, patterns: Tensor<2>, tags: &Tags) -> Result<()> {
        self.add(patterns, tags)
    }

    fn set_label(&mut self, id: u64, label: Option<String>) -> Result<()> {
        self.ids.set_label(id, label)
    }
}

impl Merge for FiringRate {
    /// Patterns of the other memory get new ids.
    fn merge(mut self, other: Self) -> Result<Self> {
        if self.config != other.config {
            return Err(Error::Mismatch {
                what: "FiringRate::merge",
                expected: format!("{:?}", self.config),
                part: "the other memory",
                found: format!("{:?}", other.config),
            });
        }
        let mut all = self.patterns.clone();
        all.append(&other.patterns);
        self.replace(all)?;
        self.ids.push(other.patterns.len(), &Tags::default())?;
        Ok(self)
    }
}
