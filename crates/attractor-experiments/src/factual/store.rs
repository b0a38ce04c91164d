//! Memories of random facts, as capacities and precisions are measured of them.

use attractor::core::rng;
use attractor::core::{Error, Result};
use attractor::factual_recall::capacity::spread_targets;
use attractor::factual_recall::embedding::{normal_rows, unit_rows};
use attractor::factual_recall::read::accuracy;
use attractor::factual_recall::trained::{Facts, Learned, TrainConfig, train};
use attractor::factual_recall::{
    Ending, FeatureMemory, Linear, Matrix, Mlp, Nonlinearity, RandomFeatures,
};
use serde::Deserialize;

/// What holds the facts.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Store {
    /// `W = U^T E`
    Hebbian,
    /// W by ridge regression.
    Ridge { lambda: f64 },
    /// W by gradient.
    Trained(TrainConfig),
    /// Random features with a Hebbian sum.
    Features { nonlinearity: Nonlinearity },
    /// The same by ridge regression.
    FeaturesRidge {
        nonlinearity: Nonlinearity,
        lambda: f64,
    },
    /// Both layers by gradient.
    Rectifier(TrainConfig),
}

impl Store {
    /// Whether there is a hidden layer.
    pub(super) fn has_width(&self) -> bool {
        !matches!(self, Self::Hebbian | Self::Ridge { .. } | Self::Trained(_))
    }

    pub(super) fn validate(&self) -> Result<()> {
        match self {
            Self::Trained(config) | Self::Rectifier(config) => config.validate(),
            Self::Ridge { lambda } | Self::FeaturesRidge { lambda, .. } => {
                attractor::core::error::require_non_negative("lambda", *lambda)
            }
            Self::Hebbian | Self::Features { .. } => Ok(()),
        }
    }
}

/// Keys and unembeddings: those of fewer facts are the first of these.
pub(super) struct Drawn {
    pub(super) keys: Matrix<f32>,
    pub(super) answers: Matrix<f32>,
}

impl Drawn {
    /// As many keys as facts, and `classes` answers, or one for each.
    pub(super) fn draw(
        seed: u64,
        count: usize,
        classes: Option<usize>,
        dim: usize,
    ) -> Result<Self> {
        let keys = unit_rows(&mut rng::stream(seed, "facts: keys"), count, dim)?;
        let mut answers = rng::stream(seed, "facts: answers");
        Ok(Self {
            keys,
            answers: unit_rows(&mut answers, classes.unwrap_or(count), dim)?,
        })
    }

    /// The first of them, with their targets.
    pub(super) fn first(
        &self,
        count: usize,
        classes: Option<usize>,
    ) -> Result<(Matrix<f32>, Matrix<f32>, Vec<u32>)> {
        let answers = classes.unwrap_or(count);
        let targets = spread_targets(count, answers)?;
        Ok((
            self.keys.slice(0, count)?,
            self.answers.slice(0, answers)?,
            targets,
        ))
    }
}

/// A memory, and how its training ended, if it was trained.
pub(super) struct Outcome {
    pub(super) written: Written,
    pub(super) ending: Option<Ending>,
    pub(super) steps: usize,
}

impl From<Written> for Outcome {
    fn from(written: Written) -> Self {
        Self {
            written,
            ending: None,
            steps: 0,
        }
    }
}

/// A written memory.
pub(super) enum Written {
    Linear(Linear<f32>),
    Features(FeatureMemory<f32>),
    Rectifier(Mlp<f32>),
}

impl Written {
    pub(super) fn write(
        store: &Store,
        (keys, answers, targets): (&Matrix<f32>, &Matrix<f32>, &[u32]),
        width: usize,
        seed: u64,
    ) -> Result<Outcome> {
        let dim = keys.cols();
        let chosen: Vec<usize> = targets.iter().map(|&target| target as usize).collect();
        let values = answers.pick(&chosen)?;
        let features = |nonlinearity| {
            let mut rng = rng::stream(seed, "facts: directions");
            RandomFeatures::draw(&mut rng, width, dim, nonlinearity)
        };
        let start = || rng::stream(seed, "facts: first weights");
        let facts = Facts::new(keys, targets, answers)?;
        let written = match *store {
            Store::Hebbian => Self::Linear(Linear::hebbian(keys, &values)?),
            Store::Ridge { lambda } => Self::Linear(Linear::ridge(keys, &values, lambda)?),
            Store::Features { nonlinearity } => Self::Features(FeatureMemory::hebbian(
                features(nonlinearity)?,
                keys,
                &values,
            )?),
            Store::FeaturesRidge {
                nonlinearity,
                lambda,
            } => {
                let features = features(nonlinearity)?;
                Self::Features(FeatureMemory::ridge(features, keys, &values, lambda)?)
            }
            Store::Trained(config) => {
                let spread = (dim as f64).sqrt().recip();
                let start = Linear::of(normal_rows(&mut start(), dim, dim, spread)?)?;
                return Ok(trained(train(start, &facts, &config)?, Self::Linear));
            }
            Store::Rectifier(config) => {
                let start = Mlp::init(&mut start(), dim, width, dim)?;
                return Ok(trained(train(start, &facts, &config)?, Self::Rectifier));
            }
        };
        Ok(written.into())
    }

    /// The weights that were written.
    ///
    /// # Errors
    /// [`Error::Unsupported`] where two layers were.
    pub(super) fn weights_mut(&mut self) -> Result<&mut Matrix<f32>> {
        match self {
            Self::Linear(memory) => Ok(memory.weights_mut()),
            Self::Features(memory) => Ok(memory.output_mut()),
            Self::Rectifier(_) => Err(Error::unsupported(
                "precision",
                "one written layer",
                "a trained MLP",
            )),
        }
    }

    /// Share of the facts read.
    pub(super) fn share(
        &self,
        keys: &Matrix<f32>,
        answers: &Matrix<f32>,
        targets: &[u32],
    ) -> Result<f64> {
        /// Keys whose scores are in memory at once.
        const BLOCK: usize = 1024;
        let mut right = 0.0;
        for first in (0..keys.rows()).step_by(BLOCK) {
            let count = BLOCK.min(keys.rows() - first);
            let block = keys.slice(first, count)?;
            let scores = match self {
                Self::Linear(memory) => memory.scores(&block, answers)?,
                Self::Features(memory) => memory.scores(&block, answers)?,
                Self::Rectifier(memory) => memory.scores(&block, answers)?,
            };
            let wanted: Vec<usize> = targets[first..first + count]
                .iter()
                .map(|&target| target as usize)
                .collect();
            right += accuracy(&scores, &wanted)? * count as f64;
        }
        Ok(right / keys.rows() as f64)
    }
}

fn trained<M>(learned: Learned<M>, written: impl Fn(M) -> Written) -> Outcome {
    Outcome {
        written: written(learned.model),
        ending: Some(learned.ending),
        steps: learned.steps,
    }
}
