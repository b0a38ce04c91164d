//! One read: weights of the codes for features, and what they mix.

use attractor_core::kernel::{PatternStore, Score, read_with_values};
use attractor_core::{Error, MemoryPrior, Result, check};
use burn::tensor::{Bool, Tensor, activation};

use super::model::{floors, lengths};
use super::{FeatureScale, Kernelised};
use crate::sparse_hopfield::{entmax, separate};
use crate::store::saturated;

/// Entries of one matrix of scores at most.
const SCORE_ENTRIES: usize = 4 << 20;

/// States as features.
#[derive(Clone)]
pub(super) struct Query {
    /// `[b, D]`; of norm 1 with unit features.
    pub(super) features: Tensor<2>,
    /// Their norms before `[b, 1]`, and whether these are nothing, with unit features.
    pub(super) length: Option<(Tensor<2>, Tensor<2, Bool>)>,
}

/// What a read returns.
pub(super) struct Reading {
    /// The mixture of codes, `[b, d]`.
    pub(super) answer: Tensor<2>,
    /// The mixture of their norms, `[b, 1]`.
    pub(super) norm: Tensor<2>,
    /// `Psi(beta k)`, `[b]`.
    pub(super) psi: Tensor<1>,
}

impl Kernelised {
    /// The features of states `[b, d]` as they are compared.
    pub(super) fn query(&self, states: Tensor<2>) -> Result<Query> {
        if self.is_empty() {
            return Err(Error::EmptyMemory);
        }
        let features = self.features(states.clone())?;
        Ok(match self.config.features {
            FeatureScale::Raw => Query {
                features,
                length: None,
            },
            FeatureScale::Unit => {
                let (length, floor) = (lengths(&features), floors(&states));
                let absent = length.clone().lower_equal(floor.clone());
                let length = length.mask_where(absent.clone(), floor);
                Query {
                    features: features / length.clone(),
                    length: Some((length, absent)),
                }
            }
        })
    }

    /// The energy of the [module](super) from `psi` `[b]`.
    pub(super) fn energy_of(&self, query: &Query, psi: Tensor<1>) -> Tensor<1> {
        let energy = saturated(psi.div_scalar(-self.config.beta));
        match query.length {
            Some(_) => energy,
            None => saturated(energy + half_squared(&query.features)),
        }
    }

    /// Mixes codes with the weights q if `balanced`, else p.
    pub(super) fn read(&self, query: &Query, balanced: bool) -> Result<Reading> {
        let (mixed, psi) = self.mix(&query.features, &self.values, balanced)?;
        let norm = mixed.clone().narrow(1, self.dim, 1);
        // The kernel's sum is over exp(beta k) / r; its mean of r leads back to that over exp(beta k).
        let psi = match self.config.alpha == 1.0 && balanced {
            true => psi + norm.clone().log().squeeze_dim(1),
            false => psi,
        };
        Ok(Reading {
            answer: mixed.narrow(1, 0, self.dim),
            norm,
            psi,
        })
    }

    /// `sum_k p_k f_k` as features are compared `[b, D]`, and `Psi(beta k)` `[b]`.
    pub(super) fn pull(&self, features: &Tensor<2>) -> Result<(Tensor<2>, Tensor<1>)> {
        let (mixed, psi) = self.mix(features, &self.keys, false)?;
        Ok((mixed.narrow(1, 0, self.width()), psi))
    }

    /// Weights p `[b, n]` of the stored codes for states `[b, d]`.
    ///
    /// # Errors
    /// An empty memory, a wrong width.
    pub fn weights(&self, states: Tensor<2>) -> Result<Tensor<2>> {
        Ok(self.separate(self.scores(&self.query(states)?.features)?))
    }

    /// alpha-entmax, or softmax at alpha 1.
    pub(super) fn separate(&self, scores: Tensor<2>) -> Tensor<2> {
        match self.config.alpha {
            1.0 => activation::softmax(scores, 1),
            alpha => entmax(scores, alpha),
        }
    }

    /// `beta k`, `[b, n]`, for features `[b, D]`.
    pub(super) fn scores(&self, features: &Tensor<2>) -> Result<Tensor<2>> {
        check::shape("features", features, self.width())?;
        let scores = self.keys.block_tensors().map(|block| {
            let keys = block.narrow(1, 0, self.width()).transpose();
            features.clone().matmul(keys.to_device(&features.device()))
        });
        Ok(Tensor::cat(scores.collect(), 1).mul_scalar(self.config.beta))
    }

    fn mix(
        &self,
        features: &Tensor<2>,
        values: &PatternStore,
        balanced: bool,
    ) -> Result<(Tensor<2>, Tensor<1>)> {
        let [rows, _] = features.dims();
        if self.config.alpha == 1.0 {
            let device = features.device();
            let bias = Tensor::full([rows, 1], if balanced { 1.0 } else { 0.0 }, &device);
            let queries = Tensor::cat(vec![features.clone(), bias], 1);
            let score = Score::Dot {
                beta: self.config.beta,
            };
            let partial = read_with_values(&self.keys, values, queries, score)?;
            return Ok((partial.mean()?, partial.log_sum_exp()?));
        }
        let step = (SCORE_ENTRIES / self.len().max(1)).max(1);
        let groups = (0..rows).step_by(step).map(|first| {
            let group = features.clone().narrow(0, first, step.min(rows - first));
            self.mix_sparsely(&group, values, balanced)
        });
        let (mixed, psi): (Vec<_>, Vec<_>) =
            groups.collect::<Result<Vec<_>>>()?.into_iter().unzip();
        Ok((Tensor::cat(mixed, 0), Tensor::cat(psi, 0)))
    }

    fn mix_sparsely(
        &self,
        features: &Tensor<2>,
        values: &PatternStore,
        balanced: bool,
    ) -> Result<(Tensor<2>, Tensor<1>)> {
        let device = features.device();
        let (mut weights, psi) = separate(self.scores(features)?, self.config.alpha)?;
        if balanced {
            let norms = self
                .values
                .block_tensors()
                .map(|block| block.narrow(1, self.dim, 1).to_device(&device));
            weights = weights / Tensor::cat(norms.collect(), 0).transpose();
            let sum = weights.clone().sum_dim(1);
            weights = weights / sum;
        }
        let mut first = 0;
        let mut mixed = None;
        for block in values.block_tensors() {
            let rows = block.dims()[0];
            let part = weights.clone().narrow(1, first, rows);
            let part = part.matmul(block.to_device(&device));
            mixed = Some(mixed.map_or(part.clone(), |sum: Tensor<2>| sum + part));
            first += rows;
        }
        Ok((mixed.ok_or(Error::EmptyMemory)?, psi))
    }
}

/// `|row|^2 / 2` of `[b, n]`, `[b]`.
pub(super) fn half_squared(rows: &Tensor<2>) -> Tensor<1> {
    let sum = rows.clone().square().sum_dim(1).squeeze_dim(1);
    sum.mul_scalar(0.5)
}
