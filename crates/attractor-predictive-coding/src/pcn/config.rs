//! What a predictive coding memory is made of.

use attractor_core::error::{require_non_negative, require_nonzero};
use attractor_core::{Activation, Error, Result};
use serde::{Deserialize, Serialize};

use super::recall::Reading;
use super::write::WriteConfig;
use crate::relaxation::{InferenceConfig, Precision};

/// Where the activation function stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Placement {
    /// On the values that predict: `p_l = f(x_(l+1)) W_l^T + c_l`.
    #[default]
    Pre,
    /// On what is predicted: `p_l = f(x_(l+1) W_l^T + c_l)`, but for the data, which are predicted
    /// linearly.
    Post,
}

/// What is expected of the memory layer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TopPrior {
    /// A learned vector b, the same for all patterns.
    #[default]
    Mean,
    /// Nothing: its values are free and have no energy.
    None,
    /// `b + x_L V^T` with learned recurrent weights V whose diagonal is 0.
    Recurrent,
}

/// Hidden values before inference.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HiddenStart {
    /// Each layer as the one above predicts it, from the learned vector b (0 without one) down.
    #[default]
    TopDown,
    /// 0.
    Zero,
    /// Standard normal numbers, the same for every row.
    Random,
}

/// What happens to unknown entries during completion.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Completion {
    /// They are left out: their optimum given the hidden values is the prediction.
    #[default]
    Profiled,
    /// They are values like the hidden ones.
    Joint,
}

/// Configuration of a [`super::Pcn`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PcnConfig {
    /// Entries of a pattern.
    pub dim: usize,
    /// Widths of the hidden layers from the data up; the last is the memory layer. Default two of
    /// 512.
    pub hidden: Vec<usize>,
    /// Activation function. Default ReLU.
    pub activation: Activation,
    /// Default on the values that predict.
    pub placement: Placement,
    /// Adds a learned bias to each prediction. Default false.
    pub bias: bool,
    /// Default a learned vector.
    pub prior: TopPrior,
    /// Standard deviation of the entries of b before anything is written. Default 1.
    pub prior_std: f64,
    /// Default top-down.
    pub start: HiddenStart,
    /// For pairs: entries of a key; the rest of a pattern is the value. 0 stores no pairs. Default 0.
    pub keys: usize,
    /// Keeps every pattern, so that a later write trains on all of them: `dim` numbers each, and the
    /// hidden values. Without, a write trains on its own patterns alone and earlier ones fade.
    /// Default true.
    pub keep_patterns: bool,
    /// How patterns are written.
    pub write: WriteConfig,
    /// How cues are read of which no entry is trusted.
    pub read: Reading,
    /// Inference for completion, energies and familiarity.
    pub inference: InferenceConfig,
    /// Unknown entries during completion. Default left out.
    pub completion: Completion,
    /// Default single.
    pub precision: Precision,
    /// Seed of the initial weights, of random starts and of the order of patterns in batches.
    pub seed: u64,
}

impl PcnConfig {
    /// The defaults, for patterns of `dim` entries.
    pub fn new(dim: usize) -> Self {
        Self {
            dim,
            hidden: vec![512, 512],
            activation: Activation::Relu,
            placement: Placement::Pre,
            bias: false,
            prior: TopPrior::Mean,
            prior_std: 1.0,
            start: HiddenStart::TopDown,
            keys: 0,
            keep_patterns: true,
            write: WriteConfig::default(),
            read: Reading::default(),
            inference: InferenceConfig::default(),
            completion: Completion::Profiled,
            precision: Precision::F32,
            seed: 0,
        }
    }

    /// # Errors
    /// [`Error::Config`] naming the field and its rule.
    pub fn validate(&self) -> Result<()> {
        require_nonzero("PcnConfig.dim", self.dim)?;
        if self.hidden.is_empty() || self.hidden.contains(&0) {
            let found = format!("{:?}", self.hidden);
            return Err(Error::config(
                "PcnConfig.hidden",
                "must hold at least one width, each at least 1",
                found,
            ));
        }
        require_non_negative("PcnConfig.prior_std", self.prior_std)?;
        if self.keys >= self.dim {
            return Err(Error::config(
                "PcnConfig.keys",
                "must be below `dim`",
                self.keys,
            ));
        }
        self.inference.validate()?;
        self.write.validate()?;
        self.read.validate()?;
        if self.starts_dead() {
            return Err(Error::config(
                "PcnConfig",
                "must not start at 0 with ReLU and no bias, where no gradient is left (set `bias`, \
                 `prior_std` or a random `start`)",
                "a network that could never learn",
            ));
        }
        Ok(())
    }

    /// Whether every rectifier is off for ever: all values are 0, and so are all slopes.
    fn starts_dead(&self) -> bool {
        let zero = self.prior == TopPrior::None || self.prior_std == 0.0;
        // The data are predicted linearly from values that no activation stands before: one layer
        // lives on.
        let alive = self.placement == Placement::Post && self.hidden.len() == 1;
        self.activation == Activation::Relu
            && !self.bias
            && self.start != HiddenStart::Random
            && zero
            && !alive
    }

    /// Layers of weights.
    pub(crate) fn depth(&self) -> usize {
        self.hidden.len()
    }

    /// Width of layer `l`, the data being layer 0.
    pub(crate) fn width(&self, layer: usize) -> usize {
        match layer.checked_sub(1) {
            None => self.dim,
            Some(hidden) => self.hidden[hidden],
        }
    }
}
