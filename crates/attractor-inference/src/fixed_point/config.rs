use attractor_core::{Result, Stopping};
use serde::{Deserialize, Serialize};

use super::FixedPoint;

/// Configuration of [`FixedPoint`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FixedPointConfig {
    /// When to stop. Default: 10 steps, or no entry moving by more than 1e-6.
    pub stopping: Stopping,
}

impl Default for FixedPointConfig {
    fn default() -> Self {
        Self {
            stopping: Stopping {
                max_steps: 10,
                tolerance: 1e-6,
                check_every: 1,
            },
        }
    }
}

impl FixedPointConfig {
    /// Checks the rules of [`Stopping`].
    ///
    /// # Errors
    /// [`attractor_core::Error::Config`].
    pub fn init(self) -> Result<FixedPoint> {
        self.stopping.validate()?;
        Ok(FixedPoint::new(self))
    }
}
