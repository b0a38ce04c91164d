//! What to minimise, and how.

use attractor_core::error::{require_non_negative, require_nonzero, require_positive};
use attractor_core::{Error, Result};
use serde::{Deserialize, Serialize};

use super::Schedule;

/// What a step minimises; see [`crate::train`] for the formulas.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
#[non_exhaustive]
pub enum Objective {
    /// Squared error of sampled codes plus a weighted divergence.
    Variational {
        /// Weight of the divergence.
        beta: f64,
    },
    /// Squared error of the mean codes alone.
    Reconstruction,
}

/// D. P. Kingma, J. Ba, *Adam*, ICLR 2015.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AdamConfig {
    /// Step size.
    pub learning_rate: f64,
    /// Decay of the mean of gradients.
    pub beta1: f64,
    /// Decay of the mean of squared gradients.
    pub beta2: f64,
    /// Added to the root of the second moment.
    pub epsilon: f64,
}

impl Default for AdamConfig {
    fn default() -> Self {
        Self {
            learning_rate: 1e-4,
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
        }
    }
}

impl AdamConfig {
    /// The same rule at `factor` times the rate.
    pub(crate) fn scaled(self, factor: f64) -> Self {
        Self {
            learning_rate: factor * self.learning_rate,
            ..self
        }
    }

    /// Checks the step size, the decays and epsilon.
    ///
    /// # Errors
    /// [`Error::Config`] naming the field.
    pub fn validate(&self) -> Result<()> {
        require_positive("AdamConfig.learning_rate", self.learning_rate)?;
        require_positive("AdamConfig.epsilon", self.epsilon)?;
        require_decay("AdamConfig.beta1", self.beta1)?;
        require_decay("AdamConfig.beta2", self.beta2)
    }
}

fn require_decay(what: &'static str, decay: f64) -> Result<()> {
    if (0.0..1.0).contains(&decay) {
        Ok(())
    } else {
        Err(Error::config(what, "must be at least 0 and below 1", decay))
    }
}

/// T. Tieleman, G. Hinton, *Lecture 6.5: RMSProp*, 2012: gradients over the root of their decaying
/// mean square, `w -= rate * g / (sqrt(v) + epsilon)`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RmsPropConfig {
    /// Step size.
    pub learning_rate: f64,
    /// Decay of the mean of squared gradients.
    pub decay: f64,
    /// Added to the root.
    pub epsilon: f64,
}

impl Default for RmsPropConfig {
    fn default() -> Self {
        Self {
            learning_rate: 1e-4,
            decay: 0.99,
            epsilon: 1e-8,
        }
    }
}

impl RmsPropConfig {
    /// Checks the step size, the decay and epsilon.
    ///
    /// # Errors
    /// [`Error::Config`] naming the field.
    pub fn validate(&self) -> Result<()> {
        require_positive("RmsPropConfig.learning_rate", self.learning_rate)?;
        require_positive("RmsPropConfig.epsilon", self.epsilon)?;
        require_decay("RmsPropConfig.decay", self.decay)
    }
}

/// Which rule turns gradients into steps.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Optimiser {
    /// Adam.
    Adam(AdamConfig),
    /// RMSProp.
    RmsProp(RmsPropConfig),
}

impl Optimiser {
    /// The same rule at `factor` times the rate.
    pub(crate) fn scaled(self, factor: f64) -> Self {
        match self {
            Self::Adam(config) => Self::Adam(config.scaled(factor)),
            Self::RmsProp(config) => Self::RmsProp(RmsPropConfig {
                learning_rate: factor * config.learning_rate,
                ..config
            }),
        }
    }

    /// Checks the rule's configuration.
    ///
    /// # Errors
    /// [`Error::Config`] naming the field.
    pub fn validate(&self) -> Result<()> {
        match self {
            Self::Adam(config) => config.validate(),
            Self::RmsProp(config) => config.validate(),
        }
    }
}

/// Who computes a step.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Engine {
    /// [`Engine::Host`] on CPU devices for models that have a plan, else [`Engine::Tensor`].
    #[default]
    Auto,
    /// The hand-written gradients of [`crate::host`].
    Host,
    /// Automatic differentiation on the device.
    Tensor,
}

/// The order in which epochs visit the rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Order {
    /// Drawn anew for every epoch.
    #[default]
    Shuffled,
    /// Drawn once: every epoch sees the same batches one after the other. This is what a loader does
    /// that is not told to shuffle, over images that lie in random order.
    Fixed,
}

impl Order {
    /// The number of the stream that an epoch's order is drawn from.
    pub(super) fn stream(self, epoch: usize) -> u64 {
        match self {
            Self::Shuffled => epoch as u64,
            Self::Fixed => 0,
        }
    }
}

/// How to train; the default is the published CIFAR-10 training but for its [`Order::Fixed`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrainerConfig {
    /// What to minimise.
    pub objective: Objective,
    /// The optimiser.
    pub adam: AdamConfig,
    /// How its rate moves.
    pub schedule: Schedule,
    /// Rows in a step; the last step of an epoch takes what is left.
    pub batch_size: usize,
    /// Seed of orders and noise (not of the initial weights).
    pub seed: u64,
    /// The order in which epochs visit the rows.
    pub order: Order,
    /// Who computes a step.
    pub engine: Engine,
}

impl Default for TrainerConfig {
    fn default() -> Self {
        Self {
            objective: Objective::Variational { beta: 0.1 },
            adam: AdamConfig::default(),
            schedule: Schedule::default(),
            batch_size: 20,
            seed: 0,
            order: Order::Shuffled,
            engine: Engine::Auto,
        }
    }
}

impl TrainerConfig {
    /// Checks every field.
    ///
    /// # Errors
    /// [`Error::Config`] naming the field.
    pub fn validate(&self) -> Result<()> {
        if let Objective::Variational { beta } = self.objective {
            require_non_negative("Objective.beta", beta)?;
        }
        require_nonzero("TrainerConfig.batch_size", self.batch_size)?;
        self.schedule.validate()?;
        self.adam.validate()
    }
}
