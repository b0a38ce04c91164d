//! The interface of every memory, and what this one can beyond it.

use attractor_core::{
    AssociativeMemory, Complete, Error, Forget, HeteroAssociative, Merge, Persist, Recall,
    Recognise, Result, check, spans,
};
use burn::tensor::Tensor;

use super::SparseRecovery;
use crate::linalg::{col, norm};
use crate::subspace::Factor;

const NAME: &str = "sparse-recovery";

impl AssociativeMemory for SparseRecovery {
    fn name(&self) -> &'static str {
        NAME
    }

    fn write(&mut self, patterns: Tensor<2>) -> Result<()> {
        let _span = spans::write(self.name(), &patterns);
        let columns = self.columns("patterns", &patterns)?;
        let mut factor = self.factor.clone();
        factor.add(&columns)?;
        self.learn(factor)
    }

    fn read(&self, cues: Tensor<2>) -> Result<Recall> {
        let _span = spans::read(self.name(), &cues);
        self.learned()?;
        self.read_columns(&self.columns("cues", &cues)?)
    }

    fn len(&self) -> usize {
        self.factor.count()
    }

    fn dim(&self) -> usize {
        self.config.dim
    }

    /// Always an error: constraints are kept, not patterns.
    fn stored_states(&self) -> Result<Tensor<2>> {
        self.learned()?;
        Err(Error::unsupported(
            "stored_states",
            "patterns one by one",
            NAME,
        ))
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
        match self.config.keys {
            0 => None,
            _ => Some(self),
        }
    }

    fn as_persist(&self) -> Option<&dyn Persist> {
        Some(self)
    }
}

impl Complete for SparseRecovery {
    /// Wrong entries among the known ones are corrected; unknown ones follow. Rows whose known entries leave the
    /// answer open are `Underdetermined` and come back as they were, with 0 where nothing is known.
    fn complete(&self, cues: Tensor<2>, known: Tensor<2>) -> Result<Recall> {
        let _span = spans::complete(self.name(), &cues);
        self.learned()?;
        let columns = self.columns("cues", &cues)?;
        let mask = check::known(&known, cues.dims())?;
        let rows = mask.chunks_exact(self.config.dim);
        let known: Vec<Vec<bool>> = rows
            .map(|row| row.iter().map(|&x| x == 1.0).collect())
            .collect();
        self.complete_columns(&columns, &known)
    }
}

impl Recognise for SparseRecovery {
    /// `1 - |Q (y - mean)| / |y - mean|`: 1 for points of the subspace, 0 for what is orthogonal to it.
    fn familiarity(&self, cues: Tensor<2>) -> Result<Tensor<1>> {
        let subspace = self.subspace()?;
        let columns = self.columns("cues", &cues)?;
        let score = |j: usize| {
            let cue = col(&columns, j);
            let length = norm(&subspace.centre(cue));
            match length > 0.0 {
                true => (1.0 - norm(&subspace.missed(cue)) / length).clamp(0.0, 1.0) as f32,
                false => 1.0,
            }
        };
        let scores: Vec<f32> = (0..columns.ncols()).map(score).collect();
        Ok(Tensor::from_floats(scores.as_slice(), &self.device))
    }
}

impl Forget for SparseRecovery {
    fn clear(&mut self) {
        self.factor = Factor::new(self.config.dim);
        self.learned = None;
    }

    /// Always an error: constraints do not tell one pattern from another.
    fn remove(&mut self, index: usize) -> Result<()> {
        let len = self.factor.count();
        match index < len {
            true => Err(Error::unsupported("remove", "patterns one by one", NAME)),
            false => Err(Error::Index {
                what: "pattern",
                len,
                index,
            }),
        }
    }
}

impl SparseRecovery {
    /// Widths of keys and values.
    fn widths(&self) -> Result<(usize, usize)> {
        match self.config.keys {
            0 => Err(Error::config(
                "SparseRecoveryConfig.keys",
                "must be at least 1 for pairs",
                0,
            )),
            keys => Ok((keys, self.config.dim - keys)),
        }
    }

    fn recall_side(&self, given: &Tensor<2>, what: &'static str, keys: bool) -> Result<Recall> {
        let (left, right) = self.widths()?;
        self.learned()?;
        let (width, first) = if keys { (left, 0) } else { (right, left) };
        let part = super::model::host_columns(what, given, width)?;
        let whole = faer::Mat::from_fn(self.config.dim, part.ncols(), |i, j| {
            match i.checked_sub(first).filter(|&i| i < width) {
                Some(i) => part[(i, j)],
                None => 0.0,
            }
        });
        let known: Vec<bool> = (0..self.config.dim).map(|i| (i < left) == keys).collect();
        let mut recall = self.complete_columns(&whole, &vec![known; part.ncols()])?;
        let rows = recall.state.dims()[0];
        let wanted = if keys { left..self.config.dim } else { 0..left };
        recall.state = recall.state.slice([0..rows, wanted]);
        Ok(recall)
    }
}

impl HeteroAssociative for SparseRecovery {
    fn write_pairs(&mut self, keys: Tensor<2>, values: Tensor<2>) -> Result<()> {
        let (left, right) = self.widths()?;
        let (keys, values) = (keys.without_autodiff(), values.without_autodiff());
        check::batch("keys", &keys, left)?;
        check::batch("values", &values, right)?;
        let (expected, found) = (keys.dims()[0], values.dims()[0]);
        if expected != found {
            return Err(Error::Rows {
                what: "values",
                expected,
                found,
            });
        }
        let values = values.to_device(&keys.device());
        self.write(Tensor::cat(vec![keys, values], 1))
    }

    /// Values follow from keys of at least as many entries as the pairs' dimension; more of them find wrong
    /// entries of the key too.
    fn recall_values(&self, keys: Tensor<2>) -> Result<Recall> {
        self.recall_side(&keys, "keys", true)
    }

    fn recall_keys(&self, values: Tensor<2>) -> Result<Recall> {
        self.recall_side(&values, "values", false)
    }
}

impl Merge for SparseRecovery {
    fn merge(mut self, other: Self) -> Result<Self> {
        if self.config != other.config {
            return Err(Error::Mismatch {
                what: "merge",
                expected: format!("{:?}", self.config),
                part: "the other memory",
                found: format!("{:?}", other.config),
            });
        }
        let mut factor = self.factor.clone();
        factor.join(&other.factor)?;
        if factor.count() > 0 {
            self.learn(factor)?;
        }
        Ok(self)
    }
}
