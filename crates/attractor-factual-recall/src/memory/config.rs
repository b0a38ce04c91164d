use attractor_core::error::{require_non_negative, require_nonzero};
use attractor_core::{Error, Result};
use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::EmbeddingMemory;
use crate::Nonlinearity;
use crate::trained::TrainConfig;

/// Where pairs are stored.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Layer {
    /// `F(e) = W e`, `d^2` numbers, or `2 d r` at rank r.
    Linear {
        /// Rank of W; 0 for full rank.
        rank: usize,
    },
    /// `F(e) = V^T sigma(W e)` with frozen random W; V holds `d width` numbers.
    Features {
        /// Elementwise function.
        nonlinearity: Nonlinearity,
        /// Features m.
        width: usize,
    },
    /// The first layer beside frozen directions, `d width` numbers.
    Tangent {
        /// Units m.
        width: usize,
    },
    /// `F(e) = V^T relu(W e + b)` with both layers learned, `2 d width + width` numbers.
    Rectifier {
        /// Units m.
        width: usize,
    },
}

/// How pairs become weights.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum MemoryRule {
    /// A sum over pairs: written one after the other, removed by subtraction.
    Hebbian,
    /// The same with each value divided by the number of its keys.
    ClassBalanced,
    /// Ridge regression on all pairs.
    Ridge {
        /// Weight of the squared norm of the weights.
        lambda: f64,
    },
    /// Gradient steps on the cross entropy of the read.
    Trained(TrainConfig),
}

/// What a read answers with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// The stored value with the largest inner product with `F(e)`.
    #[default]
    Nearest,
    /// `F(e)` itself.
    Raw,
}

/// Configuration of an [`EmbeddingMemory`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmbeddingMemoryConfig {
    /// Entries of a key and of a value, d.
    pub dim: usize,
    /// Where pairs are stored.
    pub layer: Layer,
    /// How pairs become weights.
    pub rule: MemoryRule,
    /// What a read answers with.
    pub read: Reading,
    /// Keys and cues are divided by their length (default): random features are made for unit keys, and
    /// long keys would drown the others in a sum.
    pub unit_keys: bool,
    /// Seed of random features and of first weights.
    pub seed: u64,
}

impl EmbeddingMemoryConfig {
    /// The Hebbian linear memory.
    pub fn linear(dim: usize) -> Self {
        Self {
            dim,
            layer: Layer::Linear { rank: 0 },
            rule: MemoryRule::Hebbian,
            read: Reading::Nearest,
            unit_keys: true,
            seed: 0,
        }
    }

    /// Ridge regression on 256 centred rectifiers.
    pub fn mlp(dim: usize) -> Self {
        Self {
            layer: Layer::Features {
                nonlinearity: Nonlinearity::ReluCentred,
                width: 256,
            },
            rule: MemoryRule::Ridge { lambda: 1e-3 },
            ..Self::linear(dim)
        }
    }

    /// Sizes of at least 1; a rule that the layer can be written by: rectifiers are trained, tangent features
    /// a sum, low ranks anything but trained.
    ///
    /// # Errors
    /// [`Error::Config`] naming the field.
    pub fn validate(&self) -> Result<()> {
        require_nonzero("EmbeddingMemoryConfig.dim", self.dim)?;
        match self.rule {
            MemoryRule::Ridge { lambda } => {
                require_non_negative("EmbeddingMemoryConfig.rule.lambda", lambda)?;
            }
            MemoryRule::Trained(config) => config.validate()?,
            MemoryRule::Hebbian | MemoryRule::ClassBalanced => {}
        }
        let rule = match (self.layer, self.rule) {
            (Layer::Linear { rank: 0 }, _) => return Ok(()),
            (Layer::Linear { .. }, MemoryRule::Trained(_)) => {
                "must have rank 0 (full) to be trained"
            }
            (Layer::Features { .. }, MemoryRule::Trained(_)) => {
                "must be `linear` or `rectifier` to be trained"
            }
            (Layer::Tangent { .. }, MemoryRule::Ridge { .. } | MemoryRule::Trained(_)) => {
                "must not be `tangent` unless the rule is a sum"
            }
            (Layer::Rectifier { .. }, MemoryRule::Trained(_)) => "",
            (Layer::Rectifier { .. }, _) => "must not be `rectifier` unless the rule is `trained`",
            _ => "",
        };
        if !rule.is_empty() {
            let found = format!("{:?} with {:?}", self.layer, self.rule);
            return Err(Error::config("EmbeddingMemoryConfig.layer", rule, found));
        }
        match self.layer {
            Layer::Linear { .. } => Ok(()),
            Layer::Features { width, .. }
            | Layer::Tangent { width }
            | Layer::Rectifier { width } => {
                require_nonzero("EmbeddingMemoryConfig.layer.width", width)
            }
        }
    }

    /// Sides of the larger matrix that is learned, at full rank unless the file has factors.
    pub(crate) fn weights(&self) -> [usize; 2] {
        match self.layer {
            Layer::Linear { rank: 0 } => [self.dim, self.dim],
            Layer::Linear { rank } => [self.dim, rank.min(self.dim)],
            Layer::Features { width, .. }
            | Layer::Tangent { width }
            | Layer::Rectifier { width } => [self.dim, width],
        }
    }

    /// An empty memory, whose answers come on `device`.
    ///
    /// # Errors
    /// Those of [`EmbeddingMemoryConfig::validate`].
    pub fn init(self, device: &Device) -> Result<EmbeddingMemory> {
        EmbeddingMemory::new(self, device)
    }
}
