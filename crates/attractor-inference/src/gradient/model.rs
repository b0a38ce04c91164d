use attractor_core::burn::tensor::Tensor;
use attractor_core::{Error, Inference, Persist, Problem, Recall, Result};

use super::rule::Stepper;
use super::{GradientConfig, Scaling};
use crate::driver::{Dynamics, Options, State, at_ceiling, run};

/// Gradient inference through the decoder. See the [module](super).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gradient {
    config: GradientConfig,
}

impl Gradient {
    pub(super) fn new(config: GradientConfig) -> Self {
        Self { config }
    }
}

/// Weights of the two energies.
struct Weights {
    observation: f32,
    prior: f32,
}

struct Descent<'a> {
    problem: &'a Problem<'a>,
    weights: Weights,
    stepper: Stepper,
    /// 1 where an entry of the code may move, `[b, latent_dim]`, if some may not.
    free: Option<Tensor<2>>,
}

impl Descent<'_> {
    /// Total, observation and prior from the two parts.
    fn combine(&self, observed: Tensor<1>, prior: Tensor<1>) -> Vec<Tensor<1>> {
        let observed = observed.mul_scalar(self.weights.observation);
        let prior = prior.mul_scalar(self.weights.prior);
        vec![observed.clone() + prior.clone(), observed, prior]
    }
}

/// Observation and prior. An observation of weight 0 is not worth a pass through the decoder.
fn energies(
    problem: &Problem<'_>,
    weights: &Weights,
    state: Tensor<2>,
) -> Result<(Tensor<1>, Tensor<1>)> {
    let prior = problem.prior.energy(state.clone())?;
    if weights.observation == 0.0 {
        return Ok((prior.zeros_like(), prior));
    }
    let decoded = problem.model.decode(state);
    Ok((problem.observation.energy(&problem.cues, decoded), prior))
}

/// 1 where entries are free, if known ones are held.
fn free_entries(problem: &Problem<'_>) -> Result<Option<Tensor<2>>> {
    let refuse = |capability, part| Error::Unsupported {
        what: "GradientConfig.hold_known",
        capability,
        part,
    };
    if !problem.model.codes_are_data() {
        let part = format!("the model `{}`", problem.model.name());
        return Err(refuse("codes that are the data", part));
    }
    match problem.observation.known() {
        Some(known) => Ok(Some(known.clone().neg().add_scalar(1.0))),
        None => {
            let part = format!("the observation `{}`", problem.observation.name());
            Err(refuse("a mask of known entries", part))
        }
    }
}

impl Dynamics for Descent<'_> {
    fn terms(&self) -> Vec<String> {
        vec!["total".into(), "observation".into(), "prior".into()]
    }

    fn step(&mut self, state: &State) -> Result<(Vec<Tensor<1>>, State)> {
        let code = state[0].clone();
        let Problem {
            model,
            observation,
            prior,
            cues,
            ..
        } = self.problem;
        let (of_prior, prior_energy) = prior.gradient_with_energy(code.clone())?;
        let mut gradient = of_prior.mul_scalar(self.weights.prior);
        let mut observed = prior_energy.zeros_like();
        if self.weights.observation != 0.0 {
            let (decoded, through_decoder) = model.pull_back(code.clone(), &mut |decoded| {
                observation.gradient(cues, decoded)
            });
            gradient = gradient + through_decoder.mul_scalar(self.weights.observation);
            observed = observation.energy(cues, decoded);
        }
        if let Some(free) = &self.free {
            gradient = gradient * free.clone();
        }
        let terms = self.combine(observed, prior_energy);
        let (weights, problem) = (&self.weights, self.problem);
        let next = self
            .stepper
            .step(&code, gradient, &terms[0], &mut |trial| {
                let (observed, prior) = energies(problem, weights, trial)?;
                Ok(observed.mul_scalar(weights.observation) + prior.mul_scalar(weights.prior))
            })?;
        Ok((terms, vec![next]))
    }

    fn energies(&mut self, state: &State) -> Result<Vec<Tensor<1>>> {
        let (observed, prior) = energies(self.problem, &self.weights, state[0].clone())?;
        Ok(self.combine(observed, prior))
    }

    fn clipped(&mut self, state: &State) -> Result<Option<Vec<bool>>> {
        at_ceiling(self.problem.prior, &state[0])
    }
}

impl Inference for Gradient {
    fn name(&self) -> &'static str {
        "gradient"
    }

    fn as_persist(&self) -> Option<&dyn Persist> {
        Some(self)
    }

    fn infer(&self, problem: &Problem<'_>) -> Result<Recall> {
        let [rows, dim] = problem.cues.dims();
        let weights = match self.config.scaling {
            Scaling::PerCue => Weights {
                observation: 1.0,
                prior: 1.0,
            },
            // The Gaussian energy of variance 1 is half the sum of squares.
            Scaling::BatchMeans { gamma } => Weights {
                observation: 2.0 / (rows * dim) as f32,
                prior: gamma / rows as f32,
            },
            Scaling::PriorOnly => Weights {
                observation: 0.0,
                prior: 1.0,
            },
        };
        let free = match self.config.hold_known {
            true => free_entries(problem)?,
            false => None,
        };
        let mut descent = Descent {
            problem,
            weights,
            stepper: Stepper::new(self.config.rule),
            free,
        };
        let options = Options {
            stopping: self.config.stopping,
            keep_best: self.config.keep_best,
        };
        let (_, recall) = run(&mut descent, vec![problem.start.clone()], &options)?;
        Ok(recall)
    }
}

impl Persist for Gradient {
    fn kind(&self) -> &'static str {
        self.name()
    }

    /// The configuration.
    fn pack(&self) -> Result<attractor_core::weights::Weights> {
        let mut file = attractor_core::weights::Weights::new();
        file.set_config(&self.config)?;
        Ok(file)
    }
}
