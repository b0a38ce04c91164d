use attractor_core::burn::tensor::Tensor;
use attractor_core::{Inference, Problem, Recall, Result};

use super::rule::Stepper;
use super::{GradientConfig, Scaling};
use crate::driver::{Dynamics, Options, State, run};

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
}

impl Descent<'_> {
    /// Total, observation and prior from the two parts.
    fn combine(&self, observed: Tensor<1>, prior: Tensor<1>) -> Vec<Tensor<1>> {
        let observed = observed.mul_scalar(self.weights.observation);
        let prior = prior.mul_scalar(self.weights.prior);
        vec![observed.clone() + prior.clone(), observed, prior]
    }
}

fn energies(problem: &Problem<'_>, state: Tensor<2>) -> Result<(Tensor<1>, Tensor<1>)> {
    let decoded = problem.model.decode(state.clone());
    Ok((
        problem.observation.energy(&problem.cues, decoded),
        problem.prior.energy(state)?,
    ))
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
        let (decoded, through_decoder) = model.pull_back(code.clone(), &mut |decoded| {
            observation.gradient(cues, decoded)
        });
        let (of_prior, prior_energy) = prior.gradient_with_energy(code.clone())?;
        let gradient = through_decoder.mul_scalar(self.weights.observation)
            + of_prior.mul_scalar(self.weights.prior);
        let terms = self.combine(observation.energy(cues, decoded), prior_energy);
        let (weights, problem) = (&self.weights, self.problem);
        let next = self
            .stepper
            .step(&code, gradient, &terms[0], &mut |trial| {
                let (observed, prior) = energies(problem, trial)?;
                Ok(observed.mul_scalar(weights.observation) + prior.mul_scalar(weights.prior))
            })?;
        Ok((terms, vec![next]))
    }

    fn energies(&mut self, state: &State) -> Result<Vec<Tensor<1>>> {
        let (observed, prior) = energies(self.problem, state[0].clone())?;
        Ok(self.combine(observed, prior))
    }
}

impl Inference for Gradient {
    fn name(&self) -> &'static str {
        "gradient"
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
        };
        let mut descent = Descent {
            problem,
            weights,
            stepper: Stepper::new(self.config.rule),
        };
        let options = Options {
            stopping: self.config.stopping,
            keep_best: self.config.keep_best,
        };
        let (_, recall) = run(&mut descent, vec![problem.start.clone()], &options)?;
        Ok(recall)
    }
}
