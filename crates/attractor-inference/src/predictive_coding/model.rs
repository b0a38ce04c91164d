use attractor_core::burn::tensor::Tensor;
use attractor_core::{Error, Inference, LayerChain, Problem, Recall, Result};

use super::PredictiveCodingConfig;
use crate::driver::{Dynamics, Options, State, at_ceiling, run};

/// Predictive coding over a layer chain. See the [module](super).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PredictiveCoding {
    config: PredictiveCodingConfig,
}

impl PredictiveCoding {
    pub(super) fn new(config: PredictiveCodingConfig) -> Self {
        Self { config }
    }

    /// Infers and returns, beside the recall, the final activity of every hidden layer and the
    /// prediction of the data, from the code's side to the data's: `[b, d_l]` each.
    ///
    /// # Errors
    /// As [`Inference::infer`].
    pub fn infer_layers(&self, problem: &Problem<'_>) -> Result<(Vec<Tensor<2>>, Recall)> {
        let chain = problem
            .model
            .layer_chain()
            .ok_or_else(|| Error::Unsupported {
                what: "predictive coding",
                capability: "a decoder that is a chain of layers",
                part: format!("the model `{}`", problem.model.name()),
            })?;
        let mut start = vec![problem.start.clone()];
        start.extend(chain.activities(problem.start.clone()));
        let first_predictions = self.config.fixed_predictions.then(|| start[1..].to_vec());
        // The data's own layer is clamped to the cue: it is no variable.
        start.pop();
        let mut coding = Coding {
            problem,
            chain,
            rate: self.config.rate,
            first_predictions,
        };
        let options = Options {
            stopping: self.config.stopping,
            keep_best: self.config.keep_best,
        };
        let (state, mut recall) = run(&mut coding, start, &options)?;
        let mut layers = state[1..].to_vec();
        let predicted = coding.predictions(&state).pop();
        if let Some(predicted) = predicted {
            recall.decoded = Some(predicted.clone());
            layers.push(predicted);
        }
        Ok((layers, recall))
    }
}

struct Coding<'a> {
    problem: &'a Problem<'a>,
    chain: &'a LayerChain,
    rate: f32,
    first_predictions: Option<Vec<Tensor<2>>>,
}

/// Errors of one snapshot, and what follows from them.
struct Errors {
    /// `e_0 .. e_{L-1}`.
    hidden: Vec<Tensor<2>>,
    /// Prediction of the data.
    predicted: Tensor<2>,
    prior_energy: Tensor<1>,
}

impl Coding<'_> {
    /// p_1 .. p_L, the data's prediction last.
    fn predictions(&self, state: &State) -> Vec<Tensor<2>> {
        match &self.first_predictions {
            Some(fixed) => fixed.clone(),
            None => self
                .chain
                .layers()
                .iter()
                .zip(state)
                .map(|(layer, below)| layer.forward(below.clone()))
                .collect(),
        }
    }

    fn errors(&self, state: &State, predictions: &[Tensor<2>]) -> Result<Errors> {
        let (target, prior_energy) = self.problem.prior.attract_with_energy(state[0].clone())?;
        let mut hidden = vec![state[0].clone() - target];
        for (activity, predicted) in state[1..].iter().zip(predictions) {
            hidden.push(activity.clone() - predicted.clone());
        }
        let predicted = predictions[predictions.len() - 1].clone();
        Ok(Errors {
            hidden,
            predicted,
            prior_energy,
        })
    }

    /// Free energy, squared errors from the data's layer to the code's, as the paper reports them.
    fn terms_of(&self, errors: &Errors) -> Vec<Tensor<1>> {
        let Problem {
            observation,
            cues,
            prior,
            ..
        } = self.problem;
        let observed = observation.energy(cues, errors.predicted.clone());
        let squares: Vec<Tensor<1>> = errors
            .hidden
            .iter()
            .map(|error| square(error.clone()))
            .collect();
        let mut free = observed;
        for square in &squares[1..] {
            free = free + square.clone().mul_scalar(0.5);
        }
        free = match prior.attract_scale() {
            Some(scale) => free + errors.prior_energy.clone().mul_scalar(scale),
            None => free + squares[0].clone().mul_scalar(0.5),
        };
        let mut terms = vec![free, square(errors.predicted.clone() - cues.clone())];
        terms.extend(squares.into_iter().rev());
        terms
    }
}

/// Squared norm per row.
fn square(rows: Tensor<2>) -> Tensor<1> {
    rows.square().sum_dim(1).squeeze_dim(1)
}

impl Dynamics for Coding<'_> {
    fn terms(&self) -> Vec<String> {
        let layers = self.chain.layers().len();
        let mut names = vec!["free energy".to_owned(), "data".to_owned()];
        names.extend((1..=layers).map(|layer| format!("layer {layer}")));
        names
    }

    fn step(&mut self, state: &State) -> Result<(Vec<Tensor<1>>, State)> {
        let Problem {
            observation, cues, ..
        } = self.problem;
        let predictions = self.predictions(state);
        let errors = self.errors(state, &predictions)?;
        let terms = self.terms_of(&errors);
        let layers = self.chain.layers();
        let next = state
            .iter()
            .enumerate()
            .map(|(l, activity)| {
                // The error of the layer that z_l predicts, pulled back to z_l.
                let above = match errors.hidden.get(l + 1) {
                    Some(error) => error.clone(),
                    None => observation.gradient(cues, errors.predicted.clone()).neg(),
                };
                let pulled = layers[l].pull_back(predictions[l].clone(), above);
                let change = (pulled - errors.hidden[l].clone()).mul_scalar(self.rate);
                activity.clone() + change
            })
            .collect();
        Ok((terms, next))
    }

    fn energies(&mut self, state: &State) -> Result<Vec<Tensor<1>>> {
        let predictions = self.predictions(state);
        let errors = self.errors(state, &predictions)?;
        Ok(self.terms_of(&errors))
    }

    fn clipped(&mut self, state: &State) -> Result<Option<Vec<bool>>> {
        at_ceiling(self.problem.prior, &state[0])
    }
}

impl Inference for PredictiveCoding {
    fn name(&self) -> &'static str {
        "predictive_coding"
    }

    fn infer(&self, problem: &Problem<'_>) -> Result<Recall> {
        Ok(self.infer_layers(problem)?.1)
    }
}
