use attractor_core::error::require_positive;
use attractor_core::{Error, Result, Stopping};
use serde::{Deserialize, Serialize};

use super::Gradient;

/// How a gradient becomes a step.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Rule {
    /// Adam: step size, decay of the first and of the second moment, epsilon.
    Adam {
        /// Step size, in units of the codes.
        rate: f32,
        /// Decay of the mean of gradients.
        #[serde(default = "beta_1")]
        beta_1: f32,
        /// Decay of the mean of squared gradients.
        #[serde(default = "beta_2")]
        beta_2: f32,
        /// Added to the root of the second moment.
        #[serde(default = "epsilon")]
        epsilon: f32,
    },
    /// Gradient descent with momentum.
    Descent {
        /// Step size.
        rate: f32,
        /// Decay of the velocity; 0 for plain descent.
        #[serde(default)]
        momentum: f32,
    },
    /// Steepest descent with a backtracking line search per row (Armijo condition).
    LineSearch {
        /// First step size tried; the next search starts from twice the last success.
        rate: f32,
    },
}

fn beta_1() -> f32 {
    0.9
}

fn beta_2() -> f32 {
    0.999
}

fn epsilon() -> f32 {
    1e-8
}

impl Rule {
    /// Adam with the usual decays.
    pub fn adam(rate: f32) -> Self {
        Self::Adam {
            rate,
            beta_1: beta_1(),
            beta_2: beta_2(),
            epsilon: epsilon(),
        }
    }
}

/// What is summed over what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Scaling {
    /// Every cue has its own energy, summed over its entries.
    #[default]
    PerCue,
    /// The reference's means over everything in the batch, `mean((g - x)^2) + gamma mean(E_prior)`.
    /// Expects a Gaussian observation of variance 1.
    BatchMeans {
        /// Weight of the prior.
        gamma: f32,
    },
    /// The prior's energy alone, from the encoder's answer: the descent of energies that know no
    /// observation model.
    PriorOnly,
}

/// Configuration of [`Gradient`].
///
/// # Example
/// ```
/// use attractor_core::burn::tensor::Tensor;
/// use attractor_core::model::Identity;
/// use attractor_core::observation::Gaussian;
/// use attractor_core::{Backend, Inference, MemoryPrior, Problem, check};
/// use attractor_inference::{GradientConfig, Rule};
/// # use attractor_priors::GaussianMixtureConfig;
///
/// let device = Backend::Flex.open()?;
/// let mut prior = GaussianMixtureConfig { sigma: 0.3 }.init(2, &device)?;
/// prior.store(Tensor::<2>::from_data([[1.0f32, 0.0], [0.0, 1.0]], &device))?;
/// let cues = Tensor::<2>::from_data([[0.9f32, 0.2]], &device);
/// let problem = Problem {
///     model: &Identity::new(2)?,
///     observation: &Gaussian::new(0.1)?,
///     prior: &prior,
///     start: cues.clone(),
///     cues,
/// };
/// let recall = GradientConfig::default().init()?.infer(&problem)?;
/// // Between the cue and the stored code, where the two energies balance.
/// let state = check::to_host(recall.state)?;
/// assert!(state[0] > 0.9 && state[0] < 1.0);
/// assert!(recall.energy_last[0] < recall.energy_first[0]);
/// # Ok::<(), attractor_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GradientConfig {
    /// Step rule. Default Adam with rate 0.5.
    pub rule: Rule,
    /// Objective. Default per cue.
    pub scaling: Scaling,
    /// When to stop. Default 100 steps, tolerance 1e-4.
    pub stopping: Stopping,
    /// Return each row's state of lowest energy rather than its last: a fixed-rate rule may end
    /// above where it began. Default true.
    pub keep_best: bool,
    /// Hold the known entries of a masked cue at their values. Needs a model whose codes are the
    /// data. Default false.
    pub hold_known: bool,
}

impl Default for GradientConfig {
    fn default() -> Self {
        Self {
            rule: Rule::adam(0.5),
            scaling: Scaling::PerCue,
            stopping: Stopping {
                max_steps: 100,
                tolerance: 1e-4,
                check_every: 10,
            },
            keep_best: true,
            hold_known: false,
        }
    }
}

impl GradientConfig {
    /// The reference's settings: batch means with gamma 0.005, 100 iterations, the last state.
    pub fn reference(steps: usize) -> Self {
        Self {
            scaling: Scaling::BatchMeans { gamma: 0.005 },
            stopping: Stopping::after(steps),
            keep_best: false,
            ..Self::default()
        }
    }

    /// Rates above 0, decays in [0, 1), gamma above 0.
    ///
    /// # Errors
    /// [`attractor_core::Error::Config`].
    pub fn init(self) -> Result<Gradient> {
        let decay = |what, value: f32| {
            if (0.0..1.0).contains(&value) {
                Ok(())
            } else {
                Err(Error::config(what, "must be at least 0 and below 1", value))
            }
        };
        match self.rule {
            Rule::Adam {
                rate,
                beta_1,
                beta_2,
                epsilon,
            } => {
                require_positive("Rule::Adam.rate", rate.into())?;
                require_positive("Rule::Adam.epsilon", epsilon.into())?;
                decay("Rule::Adam.beta_1", beta_1)?;
                decay("Rule::Adam.beta_2", beta_2)?;
            }
            Rule::Descent { rate, momentum } => {
                require_positive("Rule::Descent.rate", rate.into())?;
                decay("Rule::Descent.momentum", momentum)?;
            }
            Rule::LineSearch { rate } => require_positive("Rule::LineSearch.rate", rate.into())?,
        }
        if let Scaling::BatchMeans { gamma } = self.scaling {
            require_positive("Scaling::BatchMeans.gamma", gamma.into())?;
        }
        self.stopping.validate()?;
        Ok(Gradient::new(self))
    }
}
