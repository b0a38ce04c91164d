use attractor_core::error::require_positive;
use attractor_core::{Result, Stopping};
use serde::{Deserialize, Serialize};

use super::PredictiveCoding;

/// Configuration of [`PredictiveCoding`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PredictiveCodingConfig {
    /// Step size. The iteration is stable below 2 / (largest curvature), about 1 plus the squared
    /// norm of the widest layer. Default 0.05.
    pub rate: f32,
    /// Keep the predictions of the first top-down pass. Default false.
    pub fixed_predictions: bool,
    /// When to stop. Default 100 steps, tolerance 1e-5.
    pub stopping: Stopping,
    /// Return each row's state of lowest free energy rather than its last. Default true.
    pub keep_best: bool,
}

impl Default for PredictiveCodingConfig {
    fn default() -> Self {
        Self {
            rate: 0.05,
            fixed_predictions: false,
            stopping: Stopping {
                max_steps: 100,
                tolerance: 1e-5,
                check_every: 10,
            },
            keep_best: true,
        }
    }
}

impl PredictiveCodingConfig {
    /// The reference's settings: exactly `steps` updates, the last state.
    pub fn reference(rate: f32, steps: usize) -> Self {
        Self {
            rate,
            stopping: Stopping::after(steps),
            keep_best: false,
            ..Self::default()
        }
    }

    /// `rate` must be finite and above 0; the rules of [`Stopping`].
    ///
    /// # Errors
    /// [`attractor_core::Error::Config`].
    pub fn init(self) -> Result<PredictiveCoding> {
        require_positive("PredictiveCodingConfig.rate", self.rate.into())?;
        self.stopping.validate()?;
        Ok(PredictiveCoding::new(self))
    }
}
