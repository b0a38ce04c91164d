//! How hidden values are inferred.

use attractor_core::Result;
use attractor_core::error::{require_non_negative, require_nonzero, require_positive};
use serde::{Deserialize, Serialize};

/// The size of an inference step.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepSize {
    /// `1 / (1 + s^2)` with the largest singular value s of any layer's weights: never above the
    /// bound of stability `2 / (1 + s)^2`. Halved for rows whose energy rises.
    #[default]
    Auto,
    /// The same, but never above this.
    AtMost(f64),
    /// This, whatever the weights are and whatever the energy does.
    Fixed(f64),
}

/// How the pull of clamped data on the lowest hidden layer is computed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// Whichever takes fewer operations.
    #[default]
    Auto,
    /// Errors of the data: `4 b n d` operations a step.
    Direct,
    /// `x W - f(z) (W^T W)`: `2 b n^2` operations a step after `2 n^2 d` once.
    Gram,
}

/// Inference of hidden values by descent.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct InferenceConfig {
    /// Step size. Default automatic.
    pub step: StepSize,
    /// Steps at most. Default 2000.
    pub max_steps: usize,
    /// A row has converged when no entry of its gradient is larger. 0 always takes `max_steps`.
    /// Default 1e-4.
    pub tolerance: f64,
    /// A row has also converged when its energy fell by no more than this share of itself between two
    /// looks: at the kinks of a rectifier gradients never vanish. 0 switches the rule off. Default
    /// 1e-6.
    pub stall: f64,
    /// Steps between two looks at gradient and energy; a look evaluates the energy in the direct
    /// form. Default 20.
    pub check_every: usize,
    /// Default automatic.
    pub form: Form,
    /// Nesterov's momentum, restarted for a row when it moves uphill. Default true.
    pub momentum: bool,
}

impl Default for InferenceConfig {
    fn default() -> Self {
        Self {
            step: StepSize::Auto,
            max_steps: 2000,
            tolerance: 1e-4,
            stall: 1e-6,
            check_every: 20,
            form: Form::Auto,
            momentum: true,
        }
    }
}

impl InferenceConfig {
    /// Exactly `steps` plain steps of this size: the published recipes.
    pub fn plain(step: StepSize, steps: usize) -> Self {
        Self {
            step,
            max_steps: steps,
            tolerance: 0.0,
            stall: 0.0,
            check_every: steps,
            form: Form::Auto,
            momentum: false,
        }
    }

    /// # Errors
    /// [`attractor_core::Error::Config`] naming the field and its rule.
    pub fn validate(&self) -> Result<()> {
        require_nonzero("InferenceConfig.max_steps", self.max_steps)?;
        require_nonzero("InferenceConfig.check_every", self.check_every)?;
        require_non_negative("InferenceConfig.tolerance", self.tolerance)?;
        require_non_negative("InferenceConfig.stall", self.stall)?;
        match self.step {
            StepSize::Auto => Ok(()),
            StepSize::AtMost(rate) | StepSize::Fixed(rate) => {
                require_positive("InferenceConfig.step", rate)
            }
        }
    }

    /// A descent with steps of this size.
    pub(crate) fn descent(&self, rate: f64) -> Descent {
        Descent {
            rate,
            max_steps: self.max_steps,
            tolerance: self.tolerance,
            stall: self.stall,
            check_every: self.check_every,
            halve: !matches!(self.step, StepSize::Fixed(_)),
            momentum: self.momentum,
        }
    }

    /// The step size for weights whose largest singular value is `norm`.
    pub(crate) fn rate(&self, norm: f64) -> f64 {
        let stable = if self.momentum {
            // Momentum asks for the inverse of the largest curvature itself.
            (1.0 + norm).powi(-2)
        } else {
            (1.0 + norm * norm).recip()
        };
        self.within(stable)
    }

    /// The step size where `stable` is safe.
    pub(crate) fn within(&self, stable: f64) -> f64 {
        match self.step {
            StepSize::Auto => stable,
            StepSize::AtMost(rate) => stable.min(rate),
            StepSize::Fixed(rate) => rate,
        }
    }

    /// Whether the Gram form pays off for `rows` rows of `dim` clamped entries under `inputs` values
    /// each, if the product of the weights must be made for them (`fresh`) or is there already.
    pub(crate) fn gram(&self, rows: usize, dim: usize, inputs: usize, fresh: bool) -> bool {
        let [rows, dim, inputs] = [rows, dim, inputs].map(|n| n as f64);
        match self.form {
            Form::Direct => false,
            Form::Gram => true,
            Form::Auto => {
                let steps = rows * self.max_steps as f64;
                let once = if fresh { 2.0 * inputs * dim } else { 0.0 };
                // The data's projection, once for each row.
                let gram = once + 2.0 * rows * dim + 2.0 * steps * inputs;
                gram < 4.0 * steps * dim
            }
        }
    }
}

/// How one descent goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Descent {
    pub(crate) rate: f64,
    pub(crate) max_steps: usize,
    pub(crate) tolerance: f64,
    /// Relative fall of the energy between looks that counts as none; 0 never does.
    pub(crate) stall: f64,
    pub(crate) check_every: usize,
    /// Take back what a row did since the last look if its energy rose, and halve its rate.
    pub(crate) halve: bool,
    pub(crate) momentum: bool,
}
