//! The traits of every memory.

use attractor_core::check;
use attractor_core::{
    AssociativeMemory, Error, Forget, HeteroAssociative, Merge, Outcome, Persist, Recall, Result,
    spans,
};
use burn::tensor::Tensor;

use super::model::unit;
use super::{EmbeddingMemory, MemoryRule, Reading};
use crate::Matrix;
use crate::read::{Choice, choose};

impl AssociativeMemory for EmbeddingMemory {
    fn name(&self) -> &'static str {
        "embedding-memory"
    }

    /// Stores each pattern as the value of itself.
    fn write(&mut self, patterns: Tensor<2>) -> Result<()> {
        let _span = spans::write(self.name(), &patterns);
        let patterns = self.host("patterns", &patterns)?;
        self.store(&patterns, &patterns)
    }

    /// The value of the cue as a key. A cue of length 0 (where keys are divided by their length) and one
    /// whose best values are tied are [`Outcome::Rejected`]; the first comes back as it is, the second as the
    /// first of the values.
    fn read(&self, cues: Tensor<2>) -> Result<Recall> {
        let _span = spans::read(self.name(), &cues);
        self.filled()?;
        let cues = self.host("cues", &cues)?;
        let mut queries = cues.clone();
        let unknown: Vec<bool> = (0..cues.rows())
            .map(|row| self.config.unit_keys && !unit(queries.at_mut(row)))
            .collect();
        let recalled = self.state.weights.recall(&queries)?;
        let found = self.answer(&recalled, &self.state.answers)?;
        let (mut state, mut outcomes) = match self.config.read {
            Reading::Nearest => found,
            Reading::Raw => {
                let finite = |row| recalled.at(row).iter().all(|x| x.is_finite());
                let outcome = |row| match finite(row) {
                    true => Outcome::SinglePass,
                    false => Outcome::Diverged,
                };
                let outcomes = (0..recalled.rows()).map(outcome).collect();
                (recalled, outcomes)
            }
        };
        for row in 0..cues.rows() {
            let lost = outcomes[row] == Outcome::Diverged;
            if lost || unknown[row] {
                state.at_mut(row).copy_from_slice(cues.at(row));
            }
            if unknown[row] {
                outcomes[row] = Outcome::Rejected;
            }
        }
        self.recall(&state, outcomes)
    }

    fn len(&self) -> usize {
        self.state.targets.len()
    }

    fn dim(&self) -> usize {
        self.config.dim
    }

    /// The value of each pair.
    fn stored_states(&self) -> Result<Tensor<2>> {
        self.filled()?;
        self.tensor(&self.state.answers.chosen(&self.state.targets))
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

impl Forget for EmbeddingMemory {
    fn clear(&mut self) {
        if let Ok(empty) = Self::new(self.config, &self.device) {
            *self = empty;
        }
    }

    /// Subtracts the pair from a Hebbian sum, which is then what it was before up to rounding in double
    /// precision; other rules learn again from the other pairs.
    fn remove(&mut self, index: usize) -> Result<()> {
        self.discard(index)
    }
}

impl HeteroAssociative for EmbeddingMemory {
    fn write_pairs(&mut self, keys: Tensor<2>, values: Tensor<2>) -> Result<()> {
        let keys = self.host("keys", &keys)?;
        let values = self.host("values", &values)?;
        values.check_rows("values", keys.rows())?;
        self.store(&keys, &values)
    }

    fn recall_values(&self, keys: Tensor<2>) -> Result<Recall> {
        self.read(keys)
    }

    /// The stored key with the largest inner product with `W^T u`: of a Hebbian linear memory alone, whose
    /// transpose stores the pairs the other way.
    fn recall_keys(&self, values: Tensor<2>) -> Result<Recall> {
        self.filled()?;
        let values = self.host("values", &values)?;
        let Some(memory) = self
            .linear()
            .filter(|_| self.config.rule == MemoryRule::Hebbian)
        else {
            let part = "a memory that is not a Hebbian linear one";
            return Err(Error::unsupported(
                "recall_keys",
                "weights that read both ways",
                part,
            ));
        };
        let recalled = values.dot(memory.weights());
        let scores = recalled.dot_t(&self.state.keys);
        let choices = choose(&scores)?;
        let mut state = Matrix::zeros(values.rows(), self.config.dim);
        let mut outcomes = Vec::with_capacity(values.rows());
        for (row, choice) in choices.into_iter().enumerate() {
            let (key, outcome) = settled(choice);
            state.at_mut(row).copy_from_slice(self.state.given.at(key));
            outcomes.push(outcome);
        }
        self.recall(&state, outcomes)
    }
}

impl Merge for EmbeddingMemory {
    fn merge(mut self, other: Self) -> Result<Self> {
        if self.config != other.config {
            return Err(Error::Mismatch {
                what: "EmbeddingMemory::merge",
                expected: format!("{:?}", self.config),
                part: "the other memory",
                found: format!("{:?}", other.config),
            });
        }
        if !other.is_empty() {
            let values = other.state.answers.chosen(&other.state.targets);
            self.store(&other.state.given, &values)?;
        }
        Ok(self)
    }
}

impl EmbeddingMemory {
    fn filled(&self) -> Result<()> {
        match self.is_empty() {
            true => Err(Error::EmptyMemory),
            false => Ok(()),
        }
    }

    /// The answer with the largest inner product for each row.
    fn answer(
        &self,
        recalled: &Matrix<f64>,
        answers: &Matrix<f64>,
    ) -> Result<(Matrix<f64>, Vec<Outcome>)> {
        let choices = choose(&recalled.dot_t(answers))?;
        let (found, outcomes): (Vec<usize>, Vec<Outcome>) =
            choices.into_iter().map(settled).unzip();
        Ok((answers.chosen(&found), outcomes))
    }

    fn tensor(&self, rows: &Matrix<f64>) -> Result<Tensor<2>> {
        let values = rows.data().iter().map(|&value| value as f32).collect();
        check::from_host("state", values, rows.cols(), &self.device)
    }

    fn recall(&self, state: &Matrix<f64>, outcomes: Vec<Outcome>) -> Result<Recall> {
        Ok(Recall {
            outcomes,
            ..Recall::single_pass(self.tensor(state)?)
        })
    }
}

fn settled(choice: Choice) -> (usize, Outcome) {
    match choice {
        Choice::One(answer) => (answer, Outcome::SinglePass),
        Choice::Tied(answer) => (answer, Outcome::Rejected),
        Choice::NonFinite => (0, Outcome::Diverged),
    }
}
