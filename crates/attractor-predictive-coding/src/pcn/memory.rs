//! The traits of every memory.

use std::ops::ControlFlow;

use attractor_core::{
    AssociativeMemory, Complete, Energy, Error, Forget, HeteroAssociative, Persist, Recall,
    Recognise, Result, spans,
};
use burn::tensor::Tensor;

use super::{Pcn, Reading};
use crate::relaxation::{Relaxed, narrow, pick};

impl AssociativeMemory for Pcn {
    fn name(&self) -> &'static str {
        "pcn"
    }

    /// Trains on all patterns that are kept, until a rule of the configuration stops it. See
    /// [`Pcn::write_with`].
    fn write(&mut self, patterns: Tensor<2>) -> Result<()> {
        let _span = spans::write(self.name(), &patterns);
        let config = self.config.write;
        self.write_with(patterns, &config, &mut |_| ControlFlow::Continue(()))
            .map(|_| ())
    }

    /// No entry is trusted. See [`Reading`].
    fn read(&self, cues: Tensor<2>) -> Result<Recall> {
        let _span = spans::read(self.name(), &cues);
        self.filled()?;
        match &self.config.read {
            Reading::Replace(denoising) => self.recall_noisy(cues, denoising),
            Reading::Free(inference) => self.recall_free(cues, inference),
        }
    }

    fn len(&self) -> usize {
        self.state.len
    }

    fn dim(&self) -> usize {
        self.config.dim
    }

    /// The written patterns, if they are kept.
    fn stored_states(&self) -> Result<Tensor<2>> {
        Ok(self.kept("Pcn::stored_states")?.patterns.clone())
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

    fn as_hetero_associative(&mut self) -> Option<&mut dyn HeteroAssociative> {
        Some(self)
    }

    fn as_persist(&self) -> Option<&dyn Persist> {
        Some(self)
    }
}

impl Forget for Pcn {
    fn clear(&mut self) {
        let given = self.state.given.take();
        *self = Self::of(self.config.clone(), given, &self.device);
    }

    /// Starts anew and trains on the other patterns in one write: gradient steps cannot be undone.
    /// Needs `keep_patterns`.
    fn remove(&mut self, index: usize) -> Result<()> {
        let patterns = self.kept("Pcn::remove")?.patterns.clone();
        let len = patterns.dims()[0];
        if index >= len {
            return Err(Error::Index {
                what: "pattern",
                len,
                index,
            });
        }
        let mut rest = Self::of(self.config.clone(), self.state.given.clone(), &self.device);
        let others: Vec<usize> = (0..len).filter(|&row| row != index).collect();
        if !others.is_empty() {
            rest.write(pick(patterns, &others))?;
        }
        *self = rest;
        Ok(())
    }
}

impl Complete for Pcn {
    /// See [`Pcn::recall_partial`].
    fn complete(&self, cues: Tensor<2>, known: Tensor<2>) -> Result<Recall> {
        let _span = spans::complete(self.name(), &cues);
        self.filled()?;
        let config = &self.config;
        self.recall_partial(cues, known, config.completion, &config.inference)
    }
}

impl HeteroAssociative for Pcn {
    /// A pattern is a key followed by its value. Needs `keys` in the configuration.
    fn write_pairs(&mut self, keys: Tensor<2>, values: Tensor<2>) -> Result<()> {
        let (k, v) = self.sides()?;
        let keys = self.columns("keys", keys, k)?;
        let values = self.columns("values", values, v)?;
        let (expected, found) = (keys.dims()[0], values.dims()[0]);
        if expected != found {
            return Err(Error::Rows {
                what: "values",
                expected,
                found,
            });
        }
        self.write(Tensor::cat(vec![keys, values], 1))
    }

    fn recall_values(&self, keys: Tensor<2>) -> Result<Recall> {
        let (k, v) = self.sides()?;
        let keys = self.columns("keys", keys, k)?;
        let unknown = blank(&keys, v);
        let known = vec![keys.ones_like(), unknown.clone()];
        let recall = self.complete(Tensor::cat(vec![keys, unknown], 1), Tensor::cat(known, 1))?;
        Ok(side(recall, k, v))
    }

    fn recall_keys(&self, values: Tensor<2>) -> Result<Recall> {
        let (k, v) = self.sides()?;
        let values = self.columns("values", values, v)?;
        let unknown = blank(&values, k);
        let known = vec![unknown.clone(), values.ones_like()];
        let recall = self.complete(Tensor::cat(vec![unknown, values], 1), Tensor::cat(known, 1))?;
        Ok(side(recall, 0, k))
    }
}

impl Energy for Pcn {
    /// The energy `[b]` of states `[b, dim]` with the hidden values that inference finds for them:
    /// low for what was stored.
    fn energy(&self, states: Tensor<2>) -> Result<Tensor<1>> {
        let relaxed = self.explain(states)?;
        let energy = narrow(&relaxed.last);
        Ok(Tensor::from_floats(energy.as_slice(), &self.device))
    }

    /// What the hidden values that inference finds leave unexplained, `x_0 - p_0`: at their optimum,
    /// the derivative of the energy.
    fn gradient(&self, states: Tensor<2>) -> Result<Tensor<2>> {
        let mut errors = self.explain(states)?.errors;
        // The last errors are those of the data.
        errors.pop().ok_or(Error::EmptyMemory)
    }
}

impl Recognise for Pcn {
    /// Minus the energy.
    fn familiarity(&self, cues: Tensor<2>) -> Result<Tensor<1>> {
        Ok(self.energy(cues)?.neg())
    }
}

impl Pcn {
    fn filled(&self) -> Result<()> {
        match self.state.len {
            0 => Err(Error::EmptyMemory),
            _ => Ok(()),
        }
    }

    fn explain(&self, states: Tensor<2>) -> Result<Relaxed> {
        self.filled()?;
        let states = self.rows("states", states)?;
        let start = self.network().start(states.dims()[0]);
        self.clamp(states, start, &self.config.inference)
    }

    /// Entries of a key and of a value.
    fn sides(&self) -> Result<(usize, usize)> {
        match self.config.keys {
            0 => Err(Error::Unsupported {
                what: "a memory of pairs",
                capability: "patterns of a key and a value",
                part: "a configuration without `keys`".into(),
            }),
            keys => Ok((keys, self.config.dim - keys)),
        }
    }
}

fn blank(like: &Tensor<2>, width: usize) -> Tensor<2> {
    let rows = like.dims()[0];
    Tensor::zeros([rows, width], (&like.device(), like.dtype()))
}

/// The columns of one side of a pair.
fn side(recall: Recall, start: usize, width: usize) -> Recall {
    Recall {
        state: recall.state.clone().narrow(1, start, width),
        ..recall
    }
}
