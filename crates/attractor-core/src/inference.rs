//! Inference algorithms: from a cue to a state that model and memory agree on.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::error::{require_non_negative, require_nonzero};
use crate::{GenerativeModel, MemoryPrior, ObservationModel, Persist, Recall, Result};

/// One inference problem: find codes that minimise
/// `observation(cue, model(z)) + prior(z)`, starting from `start`.
#[derive(Debug, Clone)]
pub struct Problem<'a> {
    /// The generative model.
    pub model: &'a dyn GenerativeModel,
    /// How cues arise from decoded data.
    pub observation: &'a dyn ObservationModel,
    /// The memory.
    pub prior: &'a dyn MemoryPrior,
    /// Cues `[b, data_dim]`.
    pub cues: Tensor<2>,
    /// First codes `[b, latent_dim]`, usually the encoder's means.
    pub start: Tensor<2>,
}

/// An algorithm for [`Problem`].
///
/// # Example
/// The prior's own step, so often as one likes, never looking at the cue again:
/// ```
/// use attractor_core::{Inference, Problem, Recall, Result};
///
/// #[derive(Debug)]
/// struct Steps(usize);
///
/// impl Inference for Steps {
///     fn name(&self) -> &'static str { "steps" }
///     fn uses_observation(&self) -> bool { false }
///
///     fn infer(&self, problem: &Problem<'_>) -> Result<Recall> {
///         let mut state = problem.start.clone();
///         for _ in 0..self.0 {
///             state = problem.prior.attract(state)?;
///         }
///         let mut recall = Recall::single_pass(state.clone());
///         recall.decoded = Some(problem.model.decode(state));
///         Ok(recall)
///     }
/// }
/// ```
pub trait Inference: Send + Sync + std::fmt::Debug {
    /// Name for messages and results, such as `fixed_point`.
    fn name(&self) -> &'static str;

    /// Whether the cue is compared with what a state decodes to, so that a mask of known entries makes
    /// a difference. The prior's own iteration from the encoder's answer does no such thing.
    fn uses_observation(&self) -> bool {
        true
    }

    /// Infers a state per cue. The result of a row does not depend on the other rows, unless the
    /// configuration says otherwise.
    ///
    /// # Errors
    /// An empty memory, or a model that lacks what the algorithm needs.
    fn infer(&self, problem: &Problem<'_>) -> Result<Recall>;

    /// The algorithm and its configuration in files, if it has a form there: see [`crate::file`].
    fn as_persist(&self) -> Option<&dyn Persist> {
        None
    }
}

/// When an iteration ends.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Stopping {
    /// Iterations at most.
    pub max_steps: usize,
    /// A row has converged when no entry of its state moves by more than
    /// `tolerance * max(1, |entry|)` in one step. 0 always runs `max_steps`.
    pub tolerance: f32,
    /// Steps between two looks at the tolerance; each look reads one number per row back from the
    /// device.
    pub check_every: usize,
}

impl Default for Stopping {
    fn default() -> Self {
        Self {
            max_steps: 100,
            tolerance: 1e-5,
            check_every: 5,
        }
    }
}

impl Stopping {
    /// Exactly `steps` iterations, as the paper's protocol has it.
    pub fn after(steps: usize) -> Self {
        Self {
            max_steps: steps,
            tolerance: 0.0,
            check_every: 1,
        }
    }

    /// Checks the rules: at least one step, a tolerance of at least 0, a look at least every step.
    ///
    /// # Errors
    /// [`crate::Error::Config`] naming the field.
    pub fn validate(&self) -> Result<()> {
        require_nonzero("Stopping.max_steps", self.max_steps)?;
        require_non_negative("Stopping.tolerance", f64::from(self.tolerance))?;
        require_nonzero("Stopping.check_every", self.check_every)
    }
}
