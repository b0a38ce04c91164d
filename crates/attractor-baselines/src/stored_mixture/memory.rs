//! The traits of every memory.

use attractor_core::{AssociativeMemory, Complete, Error, Forget, Recall, Result, check};
use burn::tensor::Tensor;

use super::model::StoredMixture;

impl AssociativeMemory for StoredMixture {
    fn name(&self) -> &'static str {
        "stored-mixture"
    }

    fn write(&mut self, patterns: Tensor<2>) -> Result<()> {
        check::batch("patterns", &patterns, self.config.dim)?;
        let values = check::to_host(patterns)?;
        let rows = values.chunks(self.config.dim);
        let rows = rows.map(|row| row.iter().copied().map(f64::from).collect());
        self.patterns.extend(rows);
        Ok(())
    }

    fn read(&self, cues: Tensor<2>) -> Result<Recall> {
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

    fn as_forget(&mut self) -> Option<&mut dyn Forget> {
        Some(self)
    }
}

impl Forget for StoredMixture {
    fn clear(&mut self) {
        self.patterns.clear();
    }

    fn remove(&mut self, index: usize) -> Result<()> {
        if index >= self.patterns.len() {
            return Err(Error::Index {
                what: "pattern",
                len: self.patterns.len(),
                index,
            });
        }
        self.patterns.remove(index);
        Ok(())
    }
}

impl Complete for StoredMixture {
    fn complete(&self, cues: Tensor<2>, known: Tensor<2>) -> Result<Recall> {
        let known = check::known(&known, [cues.dims()[0], self.config.dim])?;
        self.recall(cues, Some(known))
    }
}
