use attractor_core::backend::is_host_device;
use attractor_core::kernel::{self, PatternStore, Ranked, Tags, squared_distances};
use attractor_core::{Energy, Error, MemoryPrior, Result, check};
use burn::tensor::{Device, Tensor, TensorData};

use super::separation::{entmax, separate};
use super::{Similarity, SparseHopfieldConfig};
use crate::store::{
    keeps_codes, largest_norm, persists_codes, rank_by_weights, saturated, stored_codes,
};

/// Entries of one matrix of scores at most.
const SCORE_ENTRIES: usize = 4 << 20;

/// The last digit of a row's largest score may be as large as this before the row is scored again in
/// double precision.
const ROUNDING: f32 = 1e-3;

/// Scores `beta s`, `[b, n]`, each row less a number of its own.
struct Scores {
    relative: Tensor<2>,
    /// Rows of which something was taken away, and how much.
    shifts: Vec<(usize, f64)>,
}

/// Hopfield network with a sparse separation. See the [module](super).
#[derive(Debug, Clone)]
pub struct SparseHopfield {
    config: SparseHopfieldConfig,
    store: PatternStore,
}

impl SparseHopfield {
    pub(super) fn new(config: SparseHopfieldConfig, dim: usize, device: &Device) -> Result<Self> {
        Ok(Self {
            config,
            store: PatternStore::new(dim, device)?,
        })
    }

    /// The configuration.
    pub fn config(&self) -> SparseHopfieldConfig {
        self.config
    }

    /// Weights `[b, n]` of the stored codes for states `[b, d]`.
    ///
    /// # Errors
    /// An empty memory, a wrong width.
    pub fn weights(&self, states: Tensor<2>) -> Result<Tensor<2>> {
        let scores = self.scores(states)?;
        Ok(entmax(scores.relative, self.config.alpha))
    }

    fn largest_norm(&self) -> f64 {
        largest_norm(self.config.beta)
    }

    fn keep(&mut self, codes: Tensor<2>, tags: &Tags) -> Result<()> {
        check::shape("codes", &codes, self.store.dim())?;
        check::norms("codes", &codes, self.largest_norm())?;
        self.store.push_as(codes, tags)
    }

    fn rank(&self, states: Tensor<2>, k: usize) -> Result<Vec<Vec<Ranked>>> {
        let states = states.without_autodiff();
        check::batch("states", &states, self.store.dim())?;
        let codes = self.store.len();
        rank_by_weights(&states, codes, k, |states| {
            let found = self.scores(states)?;
            let mut scores = check::to_host_doubles(&found.relative)?;
            for (row, shift) in &found.shifts {
                let row = &mut scores[row * codes..(row + 1) * codes];
                row.iter_mut().for_each(|score| *score += shift);
            }
            let weights = entmax(found.relative, self.config.alpha);
            Ok((scores, check::to_host_doubles(&weights)?))
        })
    }

    fn scores(&self, states: Tensor<2>) -> Result<Scores> {
        if self.store.is_empty() {
            return Err(Error::EmptyMemory);
        }
        check::shape("states", &states, self.store.dim())?;
        let device = states.device();
        let scores = self.store.block_tensors().map(|block| {
            let block = block.to_device(&device);
            match self.config.similarity {
                Similarity::Dot => Ok(states.clone().matmul(block.transpose())),
                Similarity::SquaredDistance => {
                    Ok(squared_distances(states.clone(), block)?.mul_scalar(-0.5))
                }
            }
        });
        let scores = scores.collect::<Result<Vec<_>>>()?;
        let scores = Tensor::cat(scores, 1).mul_scalar(self.config.beta);
        if device.is_autodiff() || !is_host_device(&device) {
            let shifts = Vec::new();
            return Ok(Scores {
                relative: scores,
                shifts,
            });
        }
        self.rescored(states, scores)
    }

    /// The scores of states in host memory, those of a row less the largest where single precision does
    /// not hold their differences: of distances, what they have in common takes the digits.
    fn rescored(&self, states: Tensor<2>, scores: Tensor<2>) -> Result<Scores> {
        let ([rows, count], device) = (scores.dims(), scores.device());
        let distances = self.config.similarity == Similarity::SquaredDistance;
        let mut values = check::to_host(scores.clone())?;
        let doubted = |row: &[f32]| {
            let top = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let rounded = distances && top.abs() * f32::EPSILON > ROUNDING;
            rounded || row.iter().any(|score| !score.is_finite())
        };
        let again: Vec<usize> = values
            .chunks_exact(count)
            .enumerate()
            .filter(|(_, row)| doubted(row))
            .map(|(at, _)| at)
            .collect();
        let mut shifts = Vec::new();
        if again.is_empty() {
            return Ok(Scores {
                relative: scores,
                shifts,
            });
        }
        let (states, codes) = (check::to_host(states)?, self.store.to_host()?);
        let (dim, beta) = (self.store.dim(), f64::from(self.config.beta));
        for row in again {
            let state = &states[row * dim..(row + 1) * dim];
            // Of a state that is no number, neither are the scores.
            let exact = codes.chunks_exact(dim).map(|code| match distances {
                true => -0.5 * beta * kernel::squared_distance(code, state),
                false => beta * kernel::dot(code, state),
            });
            let exact: Vec<f64> = exact.collect();
            let top = exact.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let place = &mut values[row * count..(row + 1) * count];
            for (place, score) in place.iter_mut().zip(exact) {
                // What is further below than this has no weight.
                *place = (score - top).max(f32::MIN.into()) as f32;
                if score.is_nan() {
                    *place = f32::NAN;
                }
            }
            shifts.push((row, top));
        }
        Ok(Scores {
            relative: Tensor::from_data(TensorData::new(values, [rows, count]), &device),
            shifts,
        })
    }

    /// The energies of states from `psi` of their scores, each `[b]`.
    fn energies(
        &self,
        psi: Tensor<1>,
        states: Tensor<2>,
        shifts: &[(usize, f64)],
    ) -> Result<Tensor<1>> {
        let mut energy = psi.clone().div_scalar(-self.config.beta);
        let dots = self.config.similarity == Similarity::Dot;
        if dots {
            let squares = states.clone().square().sum_dim(1).squeeze_dim(1);
            energy = energy + squares.mul_scalar(0.5);
        }
        if shifts.is_empty() {
            return Ok(saturated(energy));
        }
        let device = energy.device();
        let mut values = check::to_host(energy)?;
        let (psi, states) = (check::to_host(psi)?, check::to_host(states)?);
        let dim = self.store.dim();
        for &(row, shift) in shifts {
            let state = &states[row * dim..(row + 1) * dim];
            let norm = if dots { kernel::dot(state, state) } else { 0.0 };
            let psi = f64::from(psi[row]) + shift;
            values[row] = (0.5 * norm - psi / f64::from(self.config.beta)) as f32;
        }
        let rows = values.len();
        let energy = Tensor::from_data(TensorData::new(values, [rows]), &device);
        Ok(saturated(energy))
    }

    /// Answers and energies of one group of states.
    fn group(&self, states: Tensor<2>) -> Result<(Tensor<2>, Tensor<1>)> {
        let scores = self.scores(states.clone())?;
        let (weights, psi) = separate(scores.relative, self.config.alpha)?;
        let energy = self.energies(psi, states, &scores.shifts)?;
        let device = weights.device();
        let mut first = 0;
        let mut answer = None;
        for block in self.store.block_tensors() {
            let rows = block.dims()[0];
            let part = weights
                .clone()
                .narrow(1, first, rows)
                .matmul(block.to_device(&device));
            answer = Some(answer.map_or(part.clone(), |sum: Tensor<2>| sum + part));
            first += rows;
        }
        Ok((answer.ok_or(Error::EmptyMemory)?, energy))
    }
}

impl Energy for SparseHopfield {
    fn energy(&self, states: Tensor<2>) -> Result<Tensor<1>> {
        Ok(self.attract_with_energy(states)?.1)
    }

    fn gradient(&self, states: Tensor<2>) -> Result<Tensor<2>> {
        Ok(self.gradient_with_energy(states)?.0)
    }
}

keeps_codes!(SparseHopfield);
persists_codes!(SparseHopfield, SparseHopfieldConfig, "sparse_hopfield");

impl MemoryPrior for SparseHopfield {
    stored_codes!();

    fn name(&self) -> &'static str {
        "sparse_hopfield"
    }

    fn attract(&self, states: Tensor<2>) -> Result<Tensor<2>> {
        Ok(self.attract_with_energy(states)?.0)
    }

    fn attract_with_energy(&self, states: Tensor<2>) -> Result<(Tensor<2>, Tensor<1>)> {
        let rows = states.dims()[0];
        let step = (SCORE_ENTRIES / self.len().max(1)).max(1);
        if rows <= step {
            return self.group(states);
        }
        let groups = (0..rows).step_by(step).map(|first| {
            let count = step.min(rows - first);
            self.group(states.clone().narrow(0, first, count))
        });
        let (answers, energies): (Vec<_>, Vec<_>) =
            groups.collect::<Result<Vec<_>>>()?.into_iter().unzip();
        Ok((Tensor::cat(answers, 0), Tensor::cat(energies, 0)))
    }

    fn gradient_with_energy(&self, states: Tensor<2>) -> Result<(Tensor<2>, Tensor<1>)> {
        let (next, energy) = self.attract_with_energy(states.clone())?;
        Ok((states - next, energy))
    }

    fn attract_scale(&self) -> Option<f32> {
        Some(1.0)
    }
}
