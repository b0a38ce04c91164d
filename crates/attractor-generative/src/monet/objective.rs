//! What MONet's training minimises, and how.

use attractor_core::error::{require_non_negative, require_nonzero, require_positive};
use attractor_core::{Error, Result};
use serde::{Deserialize, Serialize};

use crate::train::{Optimiser, RmsPropConfig, Schedule};

/// Weights and scales of the loss; see [`crate::monet`] for the formula.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MonetObjective {
    /// Standard deviation of a colour under slot 0, for colours in
    /// `[0, 1]`.
    pub background_deviation: f64,
    /// The same under every other slot.
    pub foreground_deviation: f64,
    /// Weight of the codes' divergence from the standard normal.
    pub beta: f64,
    /// Weight of the decoded masks' divergence from the attention masks.
    pub gamma: f64,
}

impl Default for MonetObjective {
    fn default() -> Self {
        Self {
            background_deviation: 0.09,
            foreground_deviation: 0.11,
            beta: 0.5,
            gamma: 0.5,
        }
    }
}

impl MonetObjective {
    /// Checks every field.
    ///
    /// # Errors
    /// [`attractor_core::Error::Config`] naming the field.
    pub fn validate(&self) -> Result<()> {
        require_positive(
            "MonetObjective.background_deviation",
            self.background_deviation,
        )?;
        require_positive(
            "MonetObjective.foreground_deviation",
            self.foreground_deviation,
        )?;
        require_non_negative("MonetObjective.beta", self.beta)?;
        require_non_negative("MonetObjective.gamma", self.gamma)
    }
}

/// How to train a MONet; the default is the published training.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MonetTrainerConfig {
    /// What to minimise.
    pub objective: MonetObjective,
    /// The optimiser.
    pub optimiser: Optimiser,
    /// How its rate moves.
    pub schedule: Schedule,
    /// The model is the mean of the parameters over past steps, with weights that fall by this
    /// factor from step to step (B. T. Polyak, A. B. Juditsky, 1992); none: the last ones. At step
    /// `t` the factor is at most `(1 + t) / (10 + t)`, so that initial values are soon forgotten.
    pub averaging: Option<f64>,
    /// Images in a step; the last step of an epoch takes what is left.
    pub batch_size: usize,
    /// Seed of orders and noise (not of the initial weights).
    pub seed: u64,
}

impl Default for MonetTrainerConfig {
    fn default() -> Self {
        Self {
            objective: MonetObjective::default(),
            optimiser: Optimiser::RmsProp(RmsPropConfig::default()),
            schedule: Schedule::default(),
            averaging: None,
            batch_size: 64,
            seed: 0,
        }
    }
}

impl MonetTrainerConfig {
    /// Checks every field.
    ///
    /// # Errors
    /// [`attractor_core::Error::Config`] naming the field.
    pub fn validate(&self) -> Result<()> {
        self.objective.validate()?;
        self.optimiser.validate()?;
        self.schedule.validate()?;
        if let Some(decay) = self.averaging
            && !(0.0..1.0).contains(&decay)
        {
            return Err(Error::config(
                "MonetTrainerConfig.averaging",
                "must be at least 0 and below 1",
                decay,
            ));
        }
        require_nonzero("MonetTrainerConfig.batch_size", self.batch_size)
    }
}

/// Mean loss of an image, in nats.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MonetLoss {
    /// `reconstruction + beta * codes + gamma * masks`
    pub total: f64,
    /// `- sum_pixels log sum_k m_k N(x; mu_k, s_k^2)`; negative once the densities exceed 1.
    pub reconstruction: f64,
    /// `sum_k KL(q(z_k | x) || N(0, I))`
    pub codes: f64,
    /// `sum_pixels KL(attention masks || decoded masks)`
    pub masks: f64,
}
