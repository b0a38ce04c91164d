//! Memories by name.

use attractor::catalogue::{self, Built, Context, RECIPES};
use attractor::core::burn::tensor::{Device, Tensor};
use attractor::core::{AssociativeMemory, Complete, Forget, Recall};
use attractor::memories::bayespcn::{Activation, MixtureWeights, StoredMixtureConfig};
use attractor::memories::{BayesPcnConfig, GpcnConfig};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::{Result, Task};

/// A memory that can be built, and how it is to be filled.
#[derive(Debug, Clone)]
pub(super) enum Recipe {
    BayesPcn(BayesPcnConfig),
    Gpcn(GpcnConfig),
    Stored(StoredMixtureConfig),
    /// One of the catalogue's.
    Other(String, toml::Table),
}

/// What stands beside the options of a memory, so that a preset can change it for all series.
#[derive(Debug, Clone, Copy)]
pub(super) struct Network {
    /// Units of a hidden layer.
    pub(super) hidden: usize,
    /// Iterations of a search at most.
    pub(super) iterations: usize,
    pub(super) seed: u64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GpcnOptions {
    activation: Activation,
    rate: f64,
    #[serde(default = "once")]
    epochs: usize,
    /// 0 takes all at once.
    #[serde(default = "once")]
    batch: usize,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredOptions {
    sigma: f64,
    weights: MixtureWeights,
}

fn once() -> usize {
    1
}

impl Recipe {
    /// From the table of a series, whose key `recipe` says which, for images of `dim` entries.
    pub(super) fn new(
        task: Task<'_>,
        table: &toml::Table,
        network: Network,
        dim: usize,
    ) -> Result<Self> {
        let mut table = table.clone();
        let Some(toml::Value::String(recipe)) = table.remove("recipe") else {
            return Err(task.refuse("`memory` must have a `recipe`"));
        };
        Ok(match recipe.as_str() {
            "bayespcn" => Self::BayesPcn(bayespcn(task, table, network, dim)?),
            "gpcn" => {
                let options: GpcnOptions = parse(task, table)?;
                Self::Gpcn(GpcnConfig {
                    network: BayesPcnConfig {
                        activation: options.activation,
                        ..bayespcn(task, toml::Table::new(), network, dim)?
                    },
                    rate: options.rate,
                    epochs: options.epochs,
                    batch: options.batch,
                })
            }
            "stored-images" => {
                let options: StoredOptions = parse(task, table)?;
                Self::Stored(StoredMixtureConfig {
                    sigma: options.sigma,
                    weights: options.weights,
                    ..StoredMixtureConfig::new(dim)
                })
            }
            _ => {
                let known = RECIPES.iter().find(|known| known.name == recipe);
                if known.is_none_or(|known| known.learns) {
                    let untrained = RECIPES.iter().filter(|known| !known.learns);
                    let names: Vec<&str> = untrained.map(|known| known.name).collect();
                    let names = names.join(", ");
                    let rule = "expected gpcn, stored-images or one of the catalogue's";
                    return Err(task.refuse(format!("{rule} ({names}), found `{recipe}`")));
                }
                Self::Other(recipe, table)
            }
        })
    }

    /// An empty memory.
    pub(super) fn init(
        &self,
        task: Task<'_>,
        dim: usize,
        device: &Device,
    ) -> Result<Box<dyn Complete>> {
        Ok(match self {
            Self::BayesPcn(config) => Box::new(config.init(device)?),
            Self::Gpcn(config) => Box::new(config.init(device)?),
            Self::Stored(config) => Box::new(config.init(device)?),
            Self::Other(recipe, options) => {
                let context = Context::pixels(dim, device)?;
                match catalogue::build(recipe, options, &context)? {
                    Built::Complete(memory) => memory,
                    Built::Memory(memory) => Box::new(Unmasked(memory)),
                    Built::Learner(_) => {
                        let message = format!("recipe `{recipe}` must be trained first");
                        return Err(task.refuse(message));
                    }
                }
            }
        })
    }

    /// Images in one call of `write`, of `all`: few where each takes a search and comes after the
    /// others anyway, so that a run can be stopped.
    pub(super) fn portion(&self, all: usize) -> usize {
        match self {
            Self::BayesPcn(_) => 4,
            Self::Gpcn(config) if config.epochs == 1 && config.batch == 1 => 4,
            _ => all,
        }
    }
}

/// A BayesPCN with the options of `table`.
pub(super) fn bayespcn(
    task: Task<'_>,
    table: toml::Table,
    network: Network,
    dim: usize,
) -> Result<BayesPcnConfig> {
    let mut defaults = BayesPcnConfig::new(dim);
    defaults.hidden = network.hidden;
    defaults.seed = network.seed;
    defaults.search.max_steps = network.iterations;
    let refuse = |error: toml::ser::Error| task.refuse(error.to_string());
    let mut whole = toml::Table::try_from(defaults).map_err(refuse)?;
    whole.extend(table);
    parse(task, whole)
}

fn parse<T: DeserializeOwned>(task: Task<'_>, table: toml::Table) -> Result<T> {
    let parsed = table.try_into();
    parsed.map_err(|error: toml::de::Error| task.refuse(error.message()))
}

/// A memory that takes unknown entries for values, as it was made for noise alone.
struct Unmasked(Box<dyn Forget>);

impl AssociativeMemory for Unmasked {
    fn write(&mut self, patterns: Tensor<2>) -> attractor::core::Result<()> {
        self.0.write(patterns)
    }

    fn read(&self, cues: Tensor<2>) -> attractor::core::Result<Recall> {
        self.0.read(cues)
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    fn dim(&self) -> usize {
        self.0.dim()
    }

    fn stored_states(&self) -> attractor::core::Result<Tensor<2>> {
        self.0.stored_states()
    }
}

impl Complete for Unmasked {
    fn complete(&self, cues: Tensor<2>, _: Tensor<2>) -> attractor::core::Result<Recall> {
        self.0.read(cues)
    }
}
