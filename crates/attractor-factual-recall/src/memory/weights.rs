//! What is written and read.

use attractor_core::rng;
use attractor_core::{Error, Result};

use super::{EmbeddingMemoryConfig, Layer, MemoryRule};
use crate::trained::{Ending, Facts, Trainable, train};
use crate::{FeatureMemory, Linear, LowRank, Matrix, Mlp, RandomFeatures, TangentMemory};

/// Weights of one of the layers.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Weights {
    Linear(Linear<f64>),
    LowRank(LowRank<f64>),
    Features(FeatureMemory<f64>),
    Tangent(TangentMemory<f64>),
    Rectifier(Mlp<f64>),
}

/// Pairs by target among different answers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pairs<'a> {
    pub(super) keys: &'a Matrix<f64>,
    pub(super) targets: &'a [usize],
    pub(super) answers: &'a Matrix<f64>,
}

impl Pairs<'_> {
    /// Values `[n, d]`, by the rule's weights.
    fn values(&self, balanced: bool) -> Matrix<f64> {
        let mut values = self.answers.chosen(self.targets);
        if balanced {
            let mut sizes = vec![0.0; self.answers.rows()];
            self.targets.iter().for_each(|&target| sizes[target] += 1.0);
            for (row, &target) in self.targets.iter().enumerate() {
                values
                    .at_mut(row)
                    .iter_mut()
                    .for_each(|value| *value /= sizes[target]);
            }
        }
        values
    }
}

impl Weights {
    /// Nothing written.
    pub(super) fn empty(config: &EmbeddingMemoryConfig) -> Result<Self> {
        let dim = config.dim;
        let mut rng = rng::stream(config.seed, "embedding memory");
        Ok(match config.layer {
            Layer::Linear { .. } => Self::Linear(Linear::empty(dim, dim)),
            Layer::Features {
                nonlinearity,
                width,
            } => {
                let features = RandomFeatures::draw(&mut rng, width, dim, nonlinearity)?;
                Self::Features(FeatureMemory::empty(features, dim))
            }
            Layer::Tangent { width } => {
                Self::Tangent(TangentMemory::draw(&mut rng, width, dim, dim)?)
            }
            Layer::Rectifier { width } => Self::Rectifier(Mlp::init(&mut rng, dim, width, dim)?),
        })
    }

    /// Whether pairs can be added and subtracted as they come.
    pub(super) fn is_sum(config: &EmbeddingMemoryConfig) -> bool {
        let low_rank = matches!(config.layer, Layer::Linear { rank } if rank > 0);
        config.rule == MemoryRule::Hebbian && !low_rank
    }

    /// Adds pairs to a sum, or subtracts them.
    pub(super) fn change(&mut self, adds: bool, pairs: Pairs<'_>) -> Result<()> {
        let (keys, values) = (pairs.keys, &pairs.values(false));
        match (self, adds) {
            (Self::Linear(memory), true) => memory.add(keys, values),
            (Self::Linear(memory), false) => memory.subtract(keys, values),
            (Self::Features(memory), true) => memory.add(keys, values),
            (Self::Features(memory), false) => memory.subtract(keys, values),
            (Self::Tangent(memory), true) => memory.add(keys, values),
            (Self::Tangent(memory), false) => memory.subtract(keys, values),
            (Self::LowRank(_) | Self::Rectifier(_), _) => Err(Error::unsupported(
                "adding pairs",
                "a sum over pairs",
                "weights that are not one",
            )),
        }
    }

    /// Weights of all pairs at once.
    pub(super) fn of(config: &EmbeddingMemoryConfig, pairs: Pairs<'_>) -> Result<Self> {
        let empty = Self::empty(config)?;
        let balanced = config.rule == MemoryRule::ClassBalanced;
        let (keys, values) = (pairs.keys, pairs.values(balanced));
        let mut written = match (empty, config.rule) {
            (Self::Linear(memory), MemoryRule::Trained(_)) => {
                // A start of variance 1 / d, as that of the published sweep.
                let mut rng = rng::stream(config.seed, "first weights");
                let spread = (config.dim as f64).sqrt().recip();
                let (d, v) = (memory.weights().cols(), memory.weights().rows());
                let start = crate::embedding::normal_rows(&mut rng, v, d, spread)?;
                Self::Linear(trained(Linear::of(start)?, config, pairs)?)
            }
            (Self::Rectifier(start), _) => Self::Rectifier(trained(start, config, pairs)?),
            (Self::Linear(_), MemoryRule::Ridge { lambda }) => {
                Self::Linear(Linear::ridge(keys, &values, lambda)?)
            }
            (Self::Features(memory), MemoryRule::Ridge { lambda }) => {
                let features = memory.features().clone();
                Self::Features(FeatureMemory::ridge(features, keys, &values, lambda)?)
            }
            (Self::Linear(mut memory), _) => {
                memory.add(keys, &values)?;
                Self::Linear(memory)
            }
            (Self::Features(mut memory), _) => {
                memory.add(keys, &values)?;
                Self::Features(memory)
            }
            (Self::Tangent(mut memory), _) => {
                memory.add(keys, &values)?;
                Self::Tangent(memory)
            }
            (memory @ Self::LowRank(_), _) => memory,
        };
        if let (Layer::Linear { rank: 1.. }, Self::Linear(memory)) = (config.layer, &written)
            && let Layer::Linear { rank } = config.layer
        {
            written = Self::LowRank(LowRank::truncate(memory, rank)?);
        }
        Ok(written)
    }

    /// `F(e)` for queries `[b, d]`.
    pub(super) fn recall(&self, queries: &Matrix<f64>) -> Result<Matrix<f64>> {
        match self {
            Self::Linear(memory) => memory.recall(queries),
            Self::LowRank(memory) => memory.recall(queries),
            Self::Features(memory) => memory.recall(queries),
            Self::Tangent(memory) => memory.recall(queries),
            Self::Rectifier(memory) => memory.recall(queries),
        }
    }

    /// Numbers that are written.
    pub(super) fn parameters(&self) -> usize {
        match self {
            Self::Linear(memory) => memory.parameters(),
            Self::LowRank(memory) => memory.parameters(),
            Self::Features(memory) => memory.parameters(),
            Self::Tangent(memory) => memory.parameters(),
            Self::Rectifier(memory) => memory.parameters(),
        }
    }
}

fn trained<M: Trainable<f64>>(
    start: M,
    config: &EmbeddingMemoryConfig,
    pairs: Pairs<'_>,
) -> Result<M> {
    let MemoryRule::Trained(training) = config.rule else {
        return Err(Error::unsupported(
            "a write",
            "the rule `trained`",
            "the configuration",
        ));
    };
    let targets: Vec<u32> = pairs.targets.iter().map(|&target| target as u32).collect();
    let facts = Facts::new(pairs.keys, &targets, pairs.answers)?;
    let learned = train(start, &facts, &training)?;
    match learned.ending {
        Ending::Reached | Ending::OutOfSteps => Ok(learned.model),
        Ending::Diverged => Err(Error::config(
            "EmbeddingMemoryConfig.rule",
            "must keep training finite",
            format!("training that diverged at step {}", learned.steps),
        )),
    }
}
