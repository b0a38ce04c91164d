use attractor_core::error::require_positive;
use attractor_core::{Error, Result};
use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::SpikingMemory;
use crate::cube::Schedule;
use crate::rules::LearningRule;

/// What is done about certificates at a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Certify {
    /// Nothing: [`SpikingMemory::certificates`] tells, and reads say how they ended. Beyond its capacity a memory
    /// still recalls most units.
    #[default]
    OnDemand,
    /// A write is refused, and nothing stored, unless V1 to V3 hold for every pattern, old and new.
    Require,
}

/// Units of the largest memory: 2^32 weights.
const MOST: usize = 1 << 16;

/// Settings of a [`SpikingMemory`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpikingMemoryConfig {
    /// Units K: entries of a pattern, at least 2. The network has two neurons for each.
    pub dim: usize,
    /// How J is learned.
    pub rule: LearningRule,
    /// Inhibition of a neuron by itself, in units of the largest eigenvalue of J: V3 needs more than 1. 0 for the
    /// rule's own, [`LearningRule::inhibition_ratio`].
    #[serde(default)]
    pub inhibition_ratio: f64,
    /// Inhibition by the opposing neuron, in the same units; absent for the same as `inhibition_ratio`, which pools
    /// both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opposing_ratio: Option<f64>,
    /// Global inhibition in units of the largest weight between units, at least 1. It makes no difference to
    /// what is recalled.
    pub global_ratio: f64,
    /// What is done about certificates.
    #[serde(default)]
    pub certify: Certify,
    /// How cues are put in and read out.
    #[serde(default)]
    pub schedule: Schedule,
}

impl SpikingMemoryConfig {
    /// The pseudo-inverse with pooled inhibition.
    pub fn new(dim: usize) -> Self {
        Self {
            dim,
            rule: LearningRule::PseudoInverse {
                keep_diagonal: false,
            },
            inhibition_ratio: 0.0,
            opposing_ratio: None,
            global_ratio: 1.0,
            certify: Certify::OnDemand,
            schedule: Schedule::default(),
        }
    }

    /// The same with another rule.
    pub fn with_rule(dim: usize, rule: LearningRule) -> Self {
        Self {
            rule,
            ..Self::new(dim)
        }
    }

    /// Checks the values.
    ///
    /// # Errors
    /// [`Error::Config`] naming the rule that is broken.
    pub fn validate(&self) -> Result<()> {
        if self.dim < 2 {
            let rule =
                "must be at least 2: a unit alone has no other that it could be recalled from";
            return Err(Error::config("SpikingMemoryConfig.dim", rule, self.dim));
        }
        if self.dim > MOST {
            let rule = "must be at most 65536: there is a weight between any two units";
            return Err(Error::config("SpikingMemoryConfig.dim", rule, self.dim));
        }
        self.rule.validate()?;
        for (what, ratio) in [
            (
                "SpikingMemoryConfig.inhibition_ratio",
                self.inhibition_ratio,
            ),
            (
                "SpikingMemoryConfig.opposing_ratio",
                self.opposing_ratio.unwrap_or(0.0),
            ),
        ] {
            attractor_core::error::require_non_negative(what, ratio)?;
        }
        require_positive("SpikingMemoryConfig.global_ratio", self.global_ratio)?;
        if self.global_ratio < 1.0 {
            let rule = "must be at least 1, or weights would be above 0";
            let found = self.global_ratio;
            return Err(Error::config(
                "SpikingMemoryConfig.global_ratio",
                rule,
                found,
            ));
        }
        self.schedule.validate()
    }

    /// An empty memory.
    ///
    /// # Errors
    /// As [`SpikingMemoryConfig::validate`].
    pub fn init(&self, device: &Device) -> Result<SpikingMemory> {
        self.validate()?;
        Ok(SpikingMemory::new(*self, device))
    }
}
