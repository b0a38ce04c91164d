//! Any prior with any inference and any observation model, by their names.

use std::sync::Arc;

use attractor_core::memory::registry::{BoxedMemory, BuildMemory, Context, MemoryEntry, configure};
use attractor_core::observation::{self, Gaussian};
use attractor_core::{Error, Options, Result};
use attractor_memories::VariationalMemory;
use serde::{Deserialize, Serialize};

/// The general point of the grid.
pub(super) const VARIATIONAL: MemoryEntry = MemoryEntry {
    name: "variational",
    summary: "any prior, inference and observation model, each a table with its `kind`",
    citation: "L. Annabi, A. Pitti, M. Quoy, NeurIPS 2022, arXiv 2210.08013",
    defaults: || Options::try_from(VariationalOptions::default()).unwrap_or_default(),
    build: BuildMemory::OfData(build),
};

/// Options of `variational`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VariationalOptions {
    /// `kind` of [`attractor_priors::PRIORS`] and its options. It has no default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prior: Option<Options>,
    /// `kind` of [`attractor_inference::INFERENCES`] and its options. Default the fixed point.
    pub inference: Options,
    /// `kind` of [`attractor_core::observation::OBSERVATIONS`] and its options. Default Gaussian of
    /// variance 0.01.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observation: Option<Options>,
    /// Weight of the prior against the mean squared error, in place of an observation: Gaussian with
    /// the variance `gamma d / 2` for data of d entries, which makes the energy proportional to that
    /// objective.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gamma: Option<f32>,
    /// Iterations at most, in place of those of the inference: a preset can change it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iterations: Option<i64>,
}

impl Default for VariationalOptions {
    fn default() -> Self {
        Self {
            prior: None,
            inference: of_kind("fixed_point"),
            observation: None,
            gamma: None,
            iterations: None,
        }
    }
}

fn of_kind(kind: &str) -> Options {
    Options::from_iter([("kind".to_owned(), kind.into())])
}

fn build(options: &Options, context: &Context) -> Result<BoxedMemory> {
    let name = VARIATIONAL.name;
    let options = configure(name, VariationalOptions::default(), options)?;
    let wrong = |found: &str| Error::config("memory options", "must fit the memory", found);
    let Some(prior) = options.prior else {
        return Err(wrong("variational: missing field `prior`"));
    };
    let (model, device) = (&context.model, &context.device);
    let prior = attractor_priors::build(&prior, model.latent_dim(), device)?;
    let mut inference = options.inference;
    if let Some(iterations) = options.iterations {
        inference.insert("iterations".into(), iterations.into());
    }
    let observation = match (options.gamma, options.observation) {
        (None, None) => observation::build(&of_kind("gaussian"))?,
        (None, Some(observation)) => observation::build(&observation)?,
        (Some(gamma), None) => Box::new(Gaussian::new(gamma * model.data_dim() as f32 / 2.0)?),
        (Some(_), Some(_)) => return Err(wrong("variational: both `gamma` and `observation`")),
    };
    let inference = attractor_inference::build(&inference)?;
    let memory = VariationalMemory::new(Arc::clone(model), observation, prior, inference)?;
    Ok(Box::new(memory))
}
