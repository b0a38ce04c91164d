//! What a BayesPCN is made of and how it infers.

use attractor_core::error::require_positive;
use attractor_core::{Error, Result};
use serde::{Deserialize, Serialize};

use super::activation::Activation;

/// Means of the weights before anything is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PriorMean {
    /// Normal with variance 1 / outputs, drawn for each particle.
    #[default]
    Random,
    /// 0. All particles are then alike.
    Zero,
}

/// Where the search for hidden values starts, times `hidden^(-1/2)`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SearchStart {
    /// Standard normal numbers; the same ones for every row of every read.
    #[default]
    Random,
    /// Their absolute values.
    Positive,
    /// 1 everywhere.
    Fixed,
}

/// How the patterns of one call are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Writing {
    /// One after the other.
    #[default]
    Streaming,
    /// Jointly: hidden values of all rows are inferred under the joint density of the batch, then
    /// one update of rank b follows.
    Batch,
}

/// Whose hidden values a write uses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Coding {
    /// Each particle infers its own.
    #[default]
    Individual,
    /// One set, inferred under the mixture of all particles.
    Shared,
}

/// How a read finds the sensory values.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Readout {
    /// From the closed form of their optimum given the hidden values. Unknown entries are left out
    /// of the search, and inference does not touch `dim` numbers in each iteration.
    #[default]
    Closed,
    /// By the same gradient search as the hidden values, as in the paper's code.
    Searched,
}

/// Arithmetic of the search for hidden values. Posteriors, densities that are reported and the
/// values that a read answers are in `f64` either way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SearchPrecision {
    /// Products in `f32`, sums over a layer in `f64`: three times as fast.
    #[default]
    Single,
    /// `f64` throughout.
    Double,
}

/// How the search for hidden values goes and when it ends.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SearchConfig {
    /// Learning rate of Adam. Default 0.01.
    pub rate: f64,
    /// Iterations at most. Default 500.
    pub max_steps: usize,
    /// A row ends when its log joint density changes by at most this, in nats. Default 0.001.
    pub tolerance: f64,
    /// Rows end only all together, as in the paper's code. Default false.
    pub together: bool,
    /// Its arithmetic. Default single.
    pub precision: SearchPrecision,
}

impl Default for SearchConfig {
    fn default() -> Self {
        Self {
            rate: 0.01,
            max_steps: 500,
            tolerance: 1e-3,
            together: false,
            precision: SearchPrecision::Single,
        }
    }
}

/// Configuration of a [`super::BayesPcn`]. Defaults are those of the paper's main experiments.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BayesPcnConfig {
    /// Entries of a pattern.
    pub dim: usize,
    /// Entries of a hidden layer. Default 256.
    pub hidden: usize,
    /// Layers of distributions, the sensory one included: 4 are 3 hidden layers. Default 4.
    pub layers: usize,
    /// Activation function. Default GELU.
    pub activation: Activation,
    /// Normalises the activations of a layer to mean 0 and variance 1. Default false.
    pub normalise: bool,
    /// Appends a constant 1 to the activations. Default false.
    pub bias: bool,
    /// Particles: weighted hypotheses about the weights. Default 1.
    pub particles: usize,
    /// Standard deviation of a weight before anything is written. Default 1.
    pub sigma_prior: f64,
    /// Noise of a hidden layer (standard deviation). Default 0.01.
    pub sigma_obs: f64,
    /// Noise of the sensory layer, in units of the data. Default 0.01.
    pub sigma_data: f64,
    /// Means of the weights before anything is written. Default random.
    pub prior_mean: PriorMean,
    /// Start of every search. Default random.
    pub start: SearchStart,
    /// Writing of more than one row. Default streaming.
    pub writing: Writing,
    /// Hidden values of a write. Default individual.
    pub coding: Coding,
    /// Sensory values of a read. Default closed.
    pub readout: Readout,
    /// Rounds of a read: hidden values, then sensory values. A search with known entries is that
    /// many times longer instead if the readout is searched. Default 1.
    pub repeats: usize,
    /// Particles are resampled when their effective number falls below this share of all; 0 never
    /// does. Default 0; the paper's code offers 0.5.
    pub resample_below: f64,
    /// Keeps every pattern with its hidden values, so that it can be removed again: `dim +
    /// particles * layers * hidden` numbers each. Default false.
    pub keep_patterns: bool,
    /// The search.
    pub search: SearchConfig,
    /// Seed of the prior means, starts, resampling and samples.
    pub seed: u64,
}

impl BayesPcnConfig {
    /// The defaults, for patterns of `dim` entries.
    pub fn new(dim: usize) -> Self {
        Self {
            dim,
            hidden: 256,
            layers: 4,
            activation: Activation::Gelu,
            normalise: false,
            bias: false,
            particles: 1,
            sigma_prior: 1.0,
            sigma_obs: 0.01,
            sigma_data: 0.01,
            prior_mean: PriorMean::Random,
            start: SearchStart::Random,
            writing: Writing::Streaming,
            coding: Coding::Individual,
            readout: Readout::Closed,
            repeats: 1,
            resample_below: 0.0,
            keep_patterns: false,
            search: SearchConfig::default(),
            seed: 0,
        }
    }

    /// # Errors
    /// [`Error::Config`] naming the field and its rule.
    pub fn validate(&self) -> Result<()> {
        let at_least_one = |what, value: usize| match value {
            0 => Err(Error::config(what, "must be at least 1", value)),
            _ => Ok(()),
        };
        at_least_one("BayesPcnConfig.dim", self.dim)?;
        at_least_one("BayesPcnConfig.hidden", self.hidden)?;
        at_least_one("BayesPcnConfig.layers", self.layers)?;
        at_least_one("BayesPcnConfig.particles", self.particles)?;
        at_least_one("BayesPcnConfig.repeats", self.repeats)?;
        at_least_one("SearchConfig.max_steps", self.search.max_steps)?;
        require_positive("BayesPcnConfig.sigma_prior", self.sigma_prior)?;
        require_positive("BayesPcnConfig.sigma_obs", self.sigma_obs)?;
        require_positive("BayesPcnConfig.sigma_data", self.sigma_data)?;
        require_positive("SearchConfig.rate", self.search.rate)?;
        if !(self.search.tolerance >= 0.0 && self.search.tolerance.is_finite()) {
            let found = self.search.tolerance;
            return Err(Error::config(
                "SearchConfig.tolerance",
                "must be finite and at least 0",
                found,
            ));
        }
        if !(0.0..=1.0).contains(&self.resample_below) {
            let found = self.resample_below;
            return Err(Error::config(
                "BayesPcnConfig.resample_below",
                "must be from 0 to 1",
                found,
            ));
        }
        if !self.hidden.is_multiple_of(self.activation.divisor()) {
            return Err(Error::config(
                "BayesPcnConfig.hidden",
                "must be a multiple of the activation's groups (16, or 2 for dense_winners)",
                self.hidden,
            ));
        }
        Ok(())
    }

    /// Noise variance of layer `l`.
    pub(crate) fn variance(&self, layer: usize) -> f64 {
        match layer {
            0 => self.sigma_data.powi(2),
            _ => self.sigma_obs.powi(2),
        }
    }

    /// `(inputs, outputs)` of layer `l`. The top layer has the constant input 1: its weights are
    /// the mean of the top values.
    pub(crate) fn shape(&self, layer: usize) -> (usize, usize) {
        let outputs = if layer == 0 { self.dim } else { self.hidden };
        let inputs = match layer + 1 == self.layers {
            true => 1,
            false => self.activation.width(self.hidden) + usize::from(self.bias),
        };
        (inputs, outputs)
    }
}
