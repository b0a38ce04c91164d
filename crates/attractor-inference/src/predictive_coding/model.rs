use attractor_core::burn::tensor::Tensor;
use attractor_core::coding::{End, Link, LinkOutput, Pull, Snapshot, Stack};
use attractor_core::{Error, Inference, LayerChain, Persist, Problem, Recall, Result};

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
        // The data's own layer is clamped to the cue: it is no variable.
        start.pop();
        let mut coding = Coding::new(problem, chain, self.config.rate);
        if self.config.fixed_predictions {
            coding.fix(&start);
        }
        let options = Options {
            stopping: self.config.stopping,
            keep_best: self.config.keep_best,
        };
        let (state, mut recall) = run(&mut coding, start, &options)?;
        let mut layers = state[1..].to_vec();
        let predicted = coding.snapshot(&state)?.predicted;
        recall.decoded = Some(predicted.clone());
        layers.push(predicted);
        Ok((layers, recall))
    }
}

/// The prior above the code.
#[derive(Debug)]
struct PriorEnd<'a>(&'a Problem<'a>);

impl End for PriorEnd<'_> {
    fn pull(&self, values: &Tensor<2>) -> Result<Pull> {
        let (target, energy) = self.0.prior.attract_with_energy(values.clone())?;
        Ok(Pull {
            drive: target - values.clone(),
            energy: Some(energy),
            predicted: None,
        })
    }
}

/// The last layer of the decoder with the observation model below it.
#[derive(Debug)]
struct DataEnd<'a> {
    problem: &'a Problem<'a>,
    layer: &'a dyn Link,
    fixed: Option<LinkOutput>,
}

impl End for DataEnd<'_> {
    fn pull(&self, values: &Tensor<2>) -> Result<Pull> {
        let Problem {
            observation, cues, ..
        } = self.problem;
        let output = match &self.fixed {
            Some(fixed) => fixed.clone(),
            None => self.layer.predict(values.clone()),
        };
        let predicted = output.prediction.value.clone();
        let error = observation.gradient(cues, predicted.clone()).neg();
        Ok(Pull {
            drive: self.layer.pull_back(&output, error),
            energy: Some(observation.energy(cues, predicted.clone())),
            predicted: Some(predicted),
        })
    }
}

/// Errors of one snapshot, and what follows from them.
struct Errors {
    /// Of the code (up to the sign) and of every hidden layer.
    hidden: Vec<Tensor<2>>,
    /// Prediction of the data.
    predicted: Tensor<2>,
    prior_energy: Tensor<1>,
    observed: Tensor<1>,
    snapshot: Snapshot,
}

struct Coding<'a> {
    problem: &'a Problem<'a>,
    top: PriorEnd<'a>,
    hidden: Vec<&'a dyn Link>,
    bottom: DataEnd<'a>,
    rate: f32,
    /// Predictions of the hidden layers in the first pass, if they are kept.
    fixed: Option<Vec<LinkOutput>>,
}

impl<'a> Coding<'a> {
    fn new(problem: &'a Problem<'a>, chain: &'a LayerChain, rate: f32) -> Self {
        let layers = chain.layers();
        let last = layers.len() - 1;
        Self {
            problem,
            top: PriorEnd(problem),
            hidden: layers[..last]
                .iter()
                .map(|layer| layer as &dyn Link)
                .collect(),
            bottom: DataEnd {
                problem,
                layer: &layers[last],
                fixed: None,
            },
            rate,
            fixed: None,
        }
    }

    /// Keeps the predictions of this state from now on.
    fn fix(&mut self, state: &State) {
        self.fixed = Some(self.stack().predict(state));
        let lowest = state[state.len() - 1].clone();
        self.bottom.fixed = Some(self.bottom.layer.predict(lowest));
    }

    fn stack(&self) -> Stack<'_> {
        Stack {
            top: Some(&self.top),
            links: self.hidden.clone(),
            bottom: Some(&self.bottom),
        }
    }

    fn snapshot(&self, state: &State) -> Result<Errors> {
        let stack = self.stack();
        let outputs = match &self.fixed {
            Some(fixed) => fixed.clone(),
            None => stack.predict(state),
        };
        let snapshot = stack.snapshot_with(state, outputs)?;
        let of_ends =
            |energy: &Option<Tensor<1>>| energy.clone().expect("these ends have energies");
        let (top, bottom) = (snapshot.top.as_ref(), snapshot.bottom.as_ref());
        let (top, bottom) = top.zip(bottom).expect("this stack has both ends");
        let mut hidden = vec![top.drive.clone()];
        hidden.extend(snapshot.errors.iter().cloned());
        Ok(Errors {
            hidden,
            predicted: bottom.predicted.clone().expect("the data's end predicts"),
            prior_energy: of_ends(&top.energy),
            observed: of_ends(&bottom.energy),
            snapshot,
        })
    }

    /// Free energy, squared errors from the data's layer to the code's, as the paper reports them.
    fn terms_of(&self, errors: &Errors) -> Vec<Tensor<1>> {
        let Problem { cues, prior, .. } = self.problem;
        let squares: Vec<Tensor<1>> = errors
            .hidden
            .iter()
            .map(|error| square(error.clone()))
            .collect();
        let mut free = errors.observed.clone();
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
        let layers = self.hidden.len() + 1;
        let mut names = vec!["free energy".to_owned(), "data".to_owned()];
        names.extend((1..=layers).map(|layer| format!("layer {layer}")));
        names
    }

    fn step(&mut self, state: &State) -> Result<(Vec<Tensor<1>>, State)> {
        let errors = self.snapshot(state)?;
        let terms = self.terms_of(&errors);
        let drives = self.stack().drives(errors.snapshot);
        let next = state.iter().zip(drives);
        let next = next.map(|(values, drive)| values.clone() + drive.mul_scalar(self.rate));
        Ok((terms, next.collect()))
    }

    fn energies(&mut self, state: &State) -> Result<Vec<Tensor<1>>> {
        Ok(self.terms_of(&self.snapshot(state)?))
    }

    fn clipped(&mut self, state: &State) -> Result<Option<Vec<bool>>> {
        at_ceiling(self.problem.prior, &state[0])
    }
}

impl Inference for PredictiveCoding {
    fn name(&self) -> &'static str {
        "predictive_coding"
    }

    fn as_persist(&self) -> Option<&dyn Persist> {
        Some(self)
    }

    fn infer(&self, problem: &Problem<'_>) -> Result<Recall> {
        Ok(self.infer_layers(problem)?.1)
    }
}

impl Persist for PredictiveCoding {
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
