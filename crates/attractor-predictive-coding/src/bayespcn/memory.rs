//! The traits of every memory.

use attractor_core::{
    AssociativeMemory, Complete, Error, Forget, Persist, Recall, Recognise, Result, check, spans,
};
use burn::tensor::Tensor;

use super::{BayesPcn, Given};

impl AssociativeMemory for BayesPcn {
    fn name(&self) -> &'static str {
        "bayespcn"
    }

    fn write(&mut self, patterns: Tensor<2>) -> Result<()> {
        let _span = spans::write(self.name(), &patterns);
        self.write_scored(patterns).map(|_| ())
    }

    /// Every entry is a hint and none is trusted. See [`BayesPcn::recall`].
    fn read(&self, cues: Tensor<2>) -> Result<Recall> {
        let _span = spans::read(self.name(), &cues);
        if self.is_empty() {
            return Err(Error::EmptyMemory);
        }
        let rows = cues.dims()[0];
        self.recall(cues, &vec![Given::Noisy; rows])
    }

    fn len(&self) -> usize {
        self.state.len
    }

    fn dim(&self) -> usize {
        self.config.dim
    }

    /// The written patterns, if `keep_patterns` is set: the weights hold no pattern by itself.
    fn stored_states(&self) -> Result<Tensor<2>> {
        if self.is_empty() {
            return Err(Error::EmptyMemory);
        }
        if !self.config.keep_patterns {
            return Err(Error::Unsupported {
                what: "BayesPcn::stored_states",
                capability: "patterns that are kept one by one",
                part: "a memory without `keep_patterns`".into(),
            });
        }
        let records = self.state.records.iter();
        let values = records.flat_map(|record| record.pattern.iter().copied());
        check::from_host("patterns", values.collect(), self.config.dim, &self.device)
    }

    fn as_complete(&self) -> Option<&dyn Complete> {
        Some(self)
    }

    fn as_recognise(&self) -> Option<&dyn Recognise> {
        Some(self)
    }

    fn as_forget(&mut self) -> Option<&mut dyn Forget> {
        Some(self)
    }

    fn as_persist(&self) -> Option<&dyn Persist> {
        Some(self)
    }
}

impl Forget for BayesPcn {
    fn clear(&mut self) {
        self.empty();
    }

    /// Exact for the weights, given the hidden values of the patterns that stay: those written
    /// later keep values that were inferred while the removed pattern was there. Needs
    /// `keep_patterns`, and no [`BayesPcn::forget`] since the write.
    ///
    /// The posteriors are rebuilt from all kept patterns, in `O(n h (h + d))` each. If something was
    /// forgotten before, the one update is undone in place ([`super::MatrixNormal::remove`]).
    fn remove(&mut self, index: usize) -> Result<()> {
        self.remove_record(index)
    }
}

impl Complete for BayesPcn {
    /// Rows without any known entry are read as noisy wholes, so that one batch can hold both
    /// kinds.
    fn complete(&self, cues: Tensor<2>, known: Tensor<2>) -> Result<Recall> {
        let _span = spans::complete(self.name(), &cues);
        if self.is_empty() {
            return Err(Error::EmptyMemory);
        }
        let values = check::known(&known, [cues.dims()[0], self.config.dim])?;
        let given: Vec<Given> = values
            .chunks(self.config.dim)
            .map(|row| match row.contains(&1.0) {
                true => Given::Entries(row.iter().map(|&known| known == 1.0).collect()),
                false => Given::Noisy,
            })
            .collect();
        self.recall(cues, &given)
    }
}

impl Recognise for BayesPcn {
    /// The log evidence. See [`BayesPcn::log_evidence`].
    fn familiarity(&self, cues: Tensor<2>) -> Result<Tensor<1>> {
        if self.is_empty() {
            return Err(Error::EmptyMemory);
        }
        let evidence = self.log_evidence(cues)?;
        let values: Vec<f32> = evidence.into_iter().map(|value| value as f32).collect();
        Ok(Tensor::from_floats(values.as_slice(), &self.device))
    }
}
