//! What a write reports.

use serde::{Deserialize, Serialize};

/// The state of a write after one epoch.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Progress {
    /// 1 for the first of this write.
    pub epoch: usize,
    /// Mean energy of a pattern after inference, before the weights moved.
    pub energy: f64,
    /// Largest mean squared error of a pattern's prediction, at the same moment.
    pub error: f64,
    /// Step size of inference.
    pub rate: f64,
    /// What it follows from. See [`crate::Pcn::spectral_norm`].
    pub norm: f64,
}

/// Why a write ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stopped {
    /// [`super::StopRule::energy`].
    Energy,
    /// [`super::StopRule::error`].
    Error,
    /// [`super::StopRule::plateau`].
    Plateau,
    /// All epochs were made.
    Epochs,
    /// The observer broke off.
    Cancelled,
}

/// What a write did.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct WriteReport {
    /// Epochs made.
    pub epochs: usize,
    /// Why no more.
    pub stopped: Stopped,
    /// Energy of every pattern after a last inference with the final weights.
    pub energy: Vec<f64>,
    /// Mean squared error of every pattern's prediction after that inference.
    pub error: Vec<f64>,
    /// One entry for each epoch.
    pub history: Vec<Progress>,
}

impl WriteReport {
    /// Mean energy of a pattern.
    pub fn mean_energy(&self) -> f64 {
        self.energy.iter().sum::<f64>() / self.energy.len() as f64
    }

    /// Largest error of a pattern.
    pub fn worst_error(&self) -> f64 {
        self.error.iter().copied().fold(0.0, f64::max)
    }
}
