//! The firing-rate memory as a series asks for it.

use attractor::firing_rate::{Activation, Currents, Design, Dynamics, FiringRateConfig, Shape};
use serde::Deserialize;

/// Which statistics a design is made for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Storage {
    /// Those that the stored patterns have.
    #[default]
    Estimate,
    /// The activity that patterns are drawn with, and the overlap of independent ones unless told.
    Known,
    /// Exact storage needs none.
    Exact,
}

/// Phi, currents, storage and time.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Network {
    pub(super) shape: Shape,
    /// I*.
    pub(super) threshold: f64,
    /// rho.
    pub(super) slope: f64,
    /// I0.
    pub(super) low: f64,
    /// I1.
    pub(super) high: f64,
    pub(super) storage: Storage,
    /// Longest time of a recall in units of tau, and its step.
    pub(super) duration: f64,
    pub(super) step: f64,
}

impl Default for Network {
    fn default() -> Self {
        let (activation, currents) = (Activation::default(), Currents::default());
        Self {
            shape: activation.shape,
            threshold: activation.threshold,
            slope: activation.slope,
            low: currents.low,
            high: currents.high,
            storage: Storage::default(),
            duration: 10.0,
            step: 0.1,
        }
    }
}

impl Network {
    /// For patterns of `dim` units of that activity and overlap.
    pub(super) fn config(&self, dim: usize, activity: f64, overlap: f64) -> FiringRateConfig {
        FiringRateConfig {
            activation: Activation::new(self.shape, self.threshold, self.slope),
            currents: Currents {
                low: self.low,
                high: self.high,
            },
            design: match self.storage {
                Storage::Estimate => Design::Estimate,
                Storage::Known => Design::Known { activity, overlap },
                Storage::Exact => Design::Exact,
            },
            dynamics: Dynamics {
                step: self.step,
                duration: self.duration,
                ..Dynamics::default()
            },
            ..FiringRateConfig::new(dim)
        }
    }
}
