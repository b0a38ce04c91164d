use attractor_core::kernel::{PatternStore, squared_distances};
use attractor_core::{Energy, Error, MemoryPrior, Result, check};
use burn::tensor::{Device, Tensor};

use super::separation::{entmax, separate};
use super::{Similarity, SparseHopfieldConfig};
use crate::store::{keeps_codes, stored_codes};

/// Entries of one matrix of scores at most.
const SCORE_ENTRIES: usize = 4 << 20;

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
        Ok(entmax(self.scores(states)?, self.config.alpha))
    }

    /// `beta s`, `[b, n]`.
    fn scores(&self, states: Tensor<2>) -> Result<Tensor<2>> {
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
        Ok(Tensor::cat(scores, 1).mul_scalar(self.config.beta))
    }

    /// Answers and energies of one group of states.
    fn group(&self, states: Tensor<2>) -> Result<(Tensor<2>, Tensor<1>)> {
        let SparseHopfieldConfig {
            similarity,
            alpha,
            beta,
        } = self.config;
        let scores = self.scores(states.clone())?;
        let (weights, psi) = separate(scores, alpha)?;
        let mut energy = psi.div_scalar(-beta);
        if similarity == Similarity::Dot {
            energy = energy + states.square().sum_dim(1).squeeze_dim(1).mul_scalar(0.5);
        }
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
