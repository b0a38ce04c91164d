use std::collections::HashMap;

use attractor_core::check;
use attractor_core::{Error, Result};
use burn::tensor::{Device, Tensor};

use super::weights::{Pairs, Weights};
use super::{EmbeddingMemoryConfig, Layer};
use crate::{Linear, Matrix};

/// A linear or MLP memory of pairs. See the [module](super).
#[derive(Debug, Clone)]
pub struct EmbeddingMemory {
    pub(super) config: EmbeddingMemoryConfig,
    pub(super) device: Device,
    pub(super) state: State,
}

/// What writes change.
#[derive(Debug, Clone)]
pub(super) struct State {
    pub(super) weights: Weights,
    /// Keys as they were given, `[n, d]`.
    pub(super) given: Matrix<f64>,
    /// Keys as they are used, `[n, d]`.
    pub(super) keys: Matrix<f64>,
    /// Different values `[a, d]`.
    pub(super) answers: Matrix<f64>,
    /// The value of each key.
    pub(super) targets: Vec<usize>,
}

impl State {
    fn pairs(&self) -> Pairs<'_> {
        Pairs {
            keys: &self.keys,
            targets: &self.targets,
            answers: &self.answers,
        }
    }
}

impl EmbeddingMemory {
    pub(super) fn new(config: EmbeddingMemoryConfig, device: &Device) -> Result<Self> {
        config.validate()?;
        let none = Matrix::zeros(0, config.dim);
        let state = State {
            weights: Weights::empty(&config)?,
            given: none.clone(),
            keys: none.clone(),
            answers: none,
            targets: Vec::new(),
        };
        Ok(Self {
            config,
            device: device.clone(),
            state,
        })
    }

    /// The configuration.
    pub fn config(&self) -> &EmbeddingMemoryConfig {
        &self.config
    }

    /// Numbers that are written: the size to compare memories at. Kept pairs, the list of values and
    /// frozen features are not counted.
    pub fn parameters(&self) -> usize {
        match self.config.layer {
            Layer::Linear { rank } if rank > 0 => 2 * rank.min(self.config.dim) * self.config.dim,
            _ => self.state.weights.parameters(),
        }
    }

    /// Different values, `[a, d]`: the answers that a read chooses among.
    pub fn answers(&self) -> &Matrix<f64> {
        &self.state.answers
    }

    /// W, where the memory is linear and of full rank.
    pub fn linear(&self) -> Option<&Linear<f64>> {
        match &self.state.weights {
            Weights::Linear(memory) => Some(memory),
            _ => None,
        }
    }

    /// `<u_y, F(e)>` for cues `[b, d]` and all different values.
    ///
    /// # Errors
    /// As [`attractor_core::AssociativeMemory::read`]; [`Error::Config`] for a cue of length 0 where keys are
    /// divided by their length.
    pub fn scores(&self, cues: &Matrix<f64>) -> Result<Matrix<f64>> {
        if self.state.targets.is_empty() {
            return Err(Error::EmptyMemory);
        }
        cues.check("cues", self.config.dim)?;
        let queries = self.units(cues, "cues")?;
        Ok(self
            .state
            .weights
            .recall(&queries)?
            .dot_t(&self.state.answers))
    }

    /// Keys divided by their length, where the configuration says so.
    fn units(&self, keys: &Matrix<f64>, what: &'static str) -> Result<Matrix<f64>> {
        let mut keys = keys.clone();
        if !self.config.unit_keys {
            return Ok(keys);
        }
        for row in 0..keys.rows() {
            if !unit(keys.at_mut(row)) {
                let found = format!("length 0 in row {row}");
                return Err(Error::config(what, "must have a length above 0", found));
            }
        }
        Ok(keys)
    }

    pub(super) fn store(&mut self, given: &Matrix<f64>, values: &Matrix<f64>) -> Result<()> {
        let mut state = self.state.clone();
        let keys = self.units(given, "keys")?;
        let bits = |row: &[f64]| row.iter().map(|x| (x + 0.0).to_bits()).collect::<Vec<_>>();
        let mut known: HashMap<Vec<u64>, usize> = (0..state.answers.rows())
            .map(|row| (bits(state.answers.at(row)), row))
            .collect();
        let mut answers = state.answers.data().to_vec();
        let mut targets = Vec::with_capacity(values.rows());
        for row in 0..values.rows() {
            let next = known.len();
            let target = *known.entry(bits(values.at(row))).or_insert(next);
            if target == next {
                answers.extend_from_slice(values.at(row));
            }
            targets.push(target);
        }
        state.answers = Matrix::new(known.len(), self.config.dim, answers)?;
        state.given = below(&state.given, given)?;
        state.keys = below(&state.keys, &keys)?;
        state.targets.extend_from_slice(&targets);
        match Weights::is_sum(&self.config) {
            true => {
                let new = Pairs {
                    keys: &keys,
                    targets: &targets,
                    answers: &state.answers,
                };
                state.weights.change(true, new)?;
            }
            false => state.weights = Weights::of(&self.config, state.pairs())?,
        }
        self.state = state;
        Ok(())
    }

    pub(super) fn discard(&mut self, index: usize) -> Result<()> {
        let len = self.state.targets.len();
        if index >= len {
            return Err(Error::Index {
                what: "pattern",
                len,
                index,
            });
        }
        if len == 1 {
            *self = Self::new(self.config, &self.device)?;
            return Ok(());
        }
        let mut state = self.state.clone();
        let target = state.targets[index];
        if Weights::is_sum(&self.config) {
            let old = Pairs {
                keys: &state.keys.part(index, 1),
                targets: &[target],
                answers: &self.state.answers,
            };
            state.weights.change(false, old)?;
        }
        let others: Vec<usize> = (0..len).filter(|&row| row != index).collect();
        state.given = state.given.chosen(&others);
        state.keys = state.keys.chosen(&others);
        state.targets.remove(index);
        if !state.targets.contains(&target) {
            let kept: Vec<usize> = (0..state.answers.rows())
                .filter(|&row| row != target)
                .collect();
            state.answers = state.answers.chosen(&kept);
            state
                .targets
                .iter_mut()
                .filter(|other| **other > target)
                .for_each(|other| *other -= 1);
        }
        if !Weights::is_sum(&self.config) {
            state.weights = Weights::of(&self.config, state.pairs())?;
        }
        self.state = state;
        Ok(())
    }

    /// A checked batch on the host.
    pub(super) fn host(&self, what: &'static str, batch: &Tensor<2>) -> Result<Matrix<f64>> {
        check::batch(what, batch, self.config.dim)?;
        let values = check::to_host_doubles(batch)?;
        Matrix::new(batch.dims()[0], self.config.dim, values)
    }
}

/// Divides by the length; false for length 0.
pub(super) fn unit(row: &mut [f64]) -> bool {
    // Squares of large or tiny numbers leave the range that their lengths do not.
    let most = row.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
    if most == 0.0 {
        return false;
    }
    let square: f64 = row.iter().map(|x| (x / most).powi(2)).sum();
    row.iter_mut().for_each(|x| *x = *x / most / square.sqrt());
    true
}

fn below(above: &Matrix<f64>, rows: &Matrix<f64>) -> Result<Matrix<f64>> {
    let mut data = above.data().to_vec();
    data.extend_from_slice(rows.data());
    Matrix::new(above.rows() + rows.rows(), rows.cols(), data)
}
