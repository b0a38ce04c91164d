//! How a firing-rate memory is built.

use attractor_core::error::{require_non_negative, require_positive, require_square};
use attractor_core::{Error, Result};
use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use crate::{Activation, Currents, FiringRate, Levels};

/// How patterns become synapses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Design {
    /// Hebbian, with the activity and the overlap that the stored patterns have in the mean.
    #[default]
    Estimate,
    /// Hebbian, for patterns whose activity and overlap are known.
    Known {
        /// q.
        activity: f64,
        /// r.
        overlap: f64,
    },
    /// Exact symmetric storage: memories are equilibria whatever their overlaps, if their activities agree.
    Exact,
}

/// What a write refuses to go without. Each includes those before it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Guarantee {
    /// Nothing: patterns are stored as well as the design can, and the report says how well.
    #[default]
    None,
    /// Every re-scaled memory is an equilibrium.
    Equilibrium,
    /// And stable.
    Stable,
}

/// How a cue is integrated.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Dynamics {
    /// Euler step in units of tau, at most 1. Default 0.1.
    pub step: f64,
    /// Longest time in units of tau. Default 200: a state between memories can be slow to leave it.
    pub duration: f64,
    /// A cue is settled once no rate is farther than this from Phi of its current. Default 1e-6; 0 never
    /// stops early.
    pub tolerance: f64,
    /// Strength sigma of the noise: `sigma sqrt(step)` times a normal number is added at each step. Noise
    /// never settles, so the whole duration is run. Default 0.
    pub noise: f64,
    /// Whether noisy rates are taken back into [0, 1]. Default false.
    pub clip: bool,
    /// Seed of the noise.
    pub seed: u64,
}

impl Default for Dynamics {
    fn default() -> Self {
        Self {
            step: 0.1,
            duration: 200.0,
            tolerance: 1e-6,
            noise: 0.0,
            clip: false,
            seed: 0,
        }
    }
}

/// Steps beyond which nobody waits.
const MOST_STEPS: f64 = 1e7;

impl Dynamics {
    /// The rules of the fields.
    ///
    /// # Errors
    /// [`Error::Config`] naming the field.
    pub fn validate(&self) -> Result<()> {
        require_positive("Dynamics.step", self.step)?;
        require_square("Dynamics.step", self.step)?;
        if self.step > 1.0 {
            let rule = "must be at most 1: longer steps leave the range of rates";
            return Err(Error::config("Dynamics.step", rule, self.step));
        }
        require_positive("Dynamics.duration", self.duration)?;
        if self.duration > MOST_STEPS * self.step {
            let rule = "must take at most 10000000 steps";
            return Err(Error::config("Dynamics.duration", rule, self.duration));
        }
        require_non_negative("Dynamics.tolerance", self.tolerance)?;
        require_non_negative("Dynamics.noise", self.noise)?;
        if self.noise > 1e6 {
            return Err(Error::config(
                "Dynamics.noise",
                "must be at most 1e6",
                self.noise,
            ));
        }
        Ok(())
    }

    /// Number of steps.
    pub fn steps(&self) -> usize {
        // Rounding must not add a step.
        (self.duration / self.step * (1.0 - 1e-12)).ceil() as usize
    }
}

/// How a [`FiringRate`] memory is built.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FiringRateConfig {
    /// Units N, at least 2.
    pub dim: usize,
    /// Phi. Default the sigmoid with I* = 0.2, rho = 4.8.
    #[serde(default)]
    pub activation: Activation,
    /// I0 and I1. Default -0.3 and 0.95.
    #[serde(default)]
    pub currents: Currents,
    /// How patterns become synapses. Default with estimated activity and overlap.
    #[serde(default)]
    pub design: Design,
    /// What a write refuses to go without. Default nothing.
    #[serde(default)]
    pub guarantee: Guarantee,
    /// How a cue is integrated.
    #[serde(default)]
    pub dynamics: Dynamics,
    /// A settled state is a memory if it holds at least this share of it, see
    /// [`Network::contents`](crate::Network::contents). Default 0.9.
    #[serde(default = "recognised")]
    pub recognised: f64,
}

fn recognised() -> f64 {
    0.9
}

impl FiringRateConfig {
    /// The authors' inhibitory design for patterns of `dim` units.
    pub fn new(dim: usize) -> Self {
        Self {
            dim,
            activation: Activation::default(),
            currents: Currents::default(),
            design: Design::default(),
            guarantee: Guarantee::default(),
            dynamics: Dynamics::default(),
            recognised: recognised(),
        }
    }

    /// The rules of the fields, and those of their combination.
    ///
    /// # Errors
    /// [`Error::Config`] naming the field.
    pub fn validate(&self) -> Result<()> {
        if self.dim < 2 {
            let rule = "must be at least 2: a pattern has active and silent units";
            return Err(Error::config("FiringRateConfig.dim", rule, self.dim));
        }
        self.activation.validate()?;
        self.currents.validate()?;
        self.dynamics.validate()?;
        let levels = Levels::new(&self.activation, &self.currents)?;
        if let Design::Known { activity, overlap } = self.design {
            crate::Gains::new(&levels, &self.currents, activity, overlap)?;
        }
        if self.recognised > 0.0 && self.recognised <= 1.0 {
            return Ok(());
        }
        let rule = "must be above 0 and at most 1";
        Err(Error::config(
            "FiringRateConfig.recognised",
            rule,
            self.recognised,
        ))
    }

    /// An empty memory on `device`.
    ///
    /// # Errors
    /// As [`Self::validate`].
    pub fn init(self, device: &Device) -> Result<FiringRate> {
        FiringRate::new(self, device)
    }
}
