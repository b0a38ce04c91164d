//! The traits of every memory.

use attractor_core::file::Loading;
use attractor_core::kernel::{PatternIds, Tags, TopK};
use attractor_core::weights::Weights;
use attractor_core::{
    AssociativeMemory, Complete, Error, Forget, Identification, Identify, Persist, Ranking, Recall,
    Restore, Result, check, spans,
};
use burn::tensor::Tensor;

use super::config::StoredMixtureConfig;
use super::model::StoredMixture;
use crate::persist::{self, CODES};

impl AssociativeMemory for StoredMixture {
    fn name(&self) -> &'static str {
        "stored-mixture"
    }

    fn write(&mut self, patterns: Tensor<2>) -> Result<()> {
        self.write_as(patterns, &Tags::default())
    }

    fn read(&self, cues: Tensor<2>) -> Result<Recall> {
        let _span = spans::read(self.name(), &cues);
        self.recall(cues, None)
    }

    fn len(&self) -> usize {
        self.patterns.len()
    }

    fn dim(&self) -> usize {
        self.config.dim
    }

    fn stored_states(&self) -> Result<Tensor<2>> {
        if self.patterns.is_empty() {
            return Err(Error::EmptyMemory);
        }
        let values = self.patterns.iter().flatten().map(|&x| x as f32).collect();
        check::from_host("patterns", values, self.config.dim, &self.device)
    }

    fn as_complete(&self) -> Option<&dyn Complete> {
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

/// Patterns were written in single precision, which holds them exactly.
impl Persist for StoredMixture {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn pack(&self) -> Result<Weights> {
        let mut file = Weights::new();
        persist::describe_config(&mut file, &self.config)?;
        let values = self.patterns.iter().flatten().map(|&x| x as f32).collect();
        file.insert(CODES, &[self.len(), self.dim()], values);
        self.ids.write_to(&mut file, CODES)?;
        Ok(file)
    }
}

impl Restore for StoredMixture {
    const KIND: &'static str = "stored_mixture";

    fn restore(file: &Weights, loading: &Loading<'_>) -> Result<Self> {
        let config: StoredMixtureConfig = persist::config(file, Self::KIND)?;
        let made = config.init(loading.device());
        let mut memory = made.map_err(|error| file.refuse(error))?;
        let stored = file.host_rows(CODES, config.dim)?;
        memory.ids = PatternIds::read_from(file, CODES, stored.map_or(0, |(rows, _)| rows))?;
        if let Some((_, values)) = stored {
            let rows = values.chunks_exact(config.dim);
            let rows = rows.map(|row| row.iter().copied().map(f64::from).collect());
            memory.patterns = rows.collect();
        }
        Ok(memory)
    }
}

impl Forget for StoredMixture {
    fn clear(&mut self) {
        self.patterns.clear();
        self.ids.clear();
    }

    fn remove(&mut self, index: usize) -> Result<()> {
        self.ids.remove(index)?;
        self.patterns.remove(index);
        Ok(())
    }

    fn remove_id(&mut self, id: u64) -> Result<()> {
        self.remove(self.ids.index_of(id)?)
    }
}

impl Identify for StoredMixture {
    fn pattern_ids(&self) -> Result<&PatternIds> {
        Ok(&self.ids)
    }

    /// By the responsibilities of the patterns for the cue.
    fn nearest(&self, cues: Tensor<2>, k: usize) -> Result<Vec<Identification>> {
        if self.patterns.is_empty() {
            return Err(Error::EmptyMemory);
        }
        check::batch("cues", &cues, self.config.dim)?;
        let cues = check::to_host_doubles(&cues)?;
        let rows = cues.chunks_exact(self.config.dim).map(|cue| self.logs(cue));
        let found = Ranking::all(&TopK::of_scores(rows, k)?).into_iter();
        found.map(|ranking| ranking.named(&self.ids)).collect()
    }

    fn write_as(&mut self, patterns: Tensor<2>, tags: &Tags) -> Result<()> {
        let _span = spans::write(self.name(), &patterns);
        check::batch("patterns", &patterns, self.config.dim)?;
        let values = check::to_host(patterns)?;
        let rows = values.chunks(self.config.dim);
        let rows = rows.map(|row| row.iter().copied().map(f64::from).collect());
        self.ids.push(rows.len(), tags)?;
        self.patterns.extend(rows);
        Ok(())
    }

    fn set_label(&mut self, id: u64, label: Option<String>) -> Result<()> {
        self.ids.set_label(id, label)
    }
}

impl Complete for StoredMixture {
    fn complete(&self, cues: Tensor<2>, known: Tensor<2>) -> Result<Recall> {
        let _span = spans::complete(self.name(), &cues);
        let known = check::known(&known, [cues.dims()[0], self.config.dim])?;
        self.recall(cues, Some(known))
    }
}
