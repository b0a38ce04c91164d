//! Adam on a module's parameters, its moments kept by parameter name.

use std::collections::BTreeMap;

use attractor_core::Result;
use attractor_core::adam::AdamStep;
use attractor_core::weights::Weights;
use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Device, Gradients, Tensor};

use super::AdamConfig;
use crate::nn::Path;

/// Prefixes of the moments in a checkpoint.
pub(crate) const FIRST: &str = "adam.first/";
pub(crate) const SECOND: &str = "adam.second/";

/// First and second moment of one parameter, flat.
#[derive(Debug, Clone)]
struct Moments {
    first: Tensor<1>,
    second: Tensor<1>,
}

/// State of the optimiser.
#[derive(Debug, Clone)]
pub(crate) struct Adam {
    config: AdamConfig,
    moments: BTreeMap<String, Moments>,
}

impl Adam {
    pub(crate) fn new(config: AdamConfig) -> Self {
        Self {
            config,
            moments: BTreeMap::new(),
        }
    }

    /// The module after step number `step`, the first being 1, at `factor` times the rate.
    pub(crate) fn step<M: Module>(
        &mut self,
        module: M,
        gradients: Gradients,
        step: u64,
        factor: f64,
    ) -> M {
        let config = self.config.scaled(factor);
        let decay = (config.beta1, config.beta2);
        let mut mapper = Updater {
            step: AdamStep::new(config.learning_rate, decay, config.epsilon, step),
            moments: &mut self.moments,
            gradients,
            path: Path::default(),
        };
        module.map(&mut mapper)
    }

    pub(super) fn export(&self, weights: &mut Weights) -> Result<()> {
        for (name, moments) in &self.moments {
            weights.insert_tensor(format!("{FIRST}{name}"), moments.first.clone())?;
            weights.insert_tensor(format!("{SECOND}{name}"), moments.second.clone())?;
        }
        Ok(())
    }

    /// Takes every moment that `weights` hold.
    pub(super) fn import(&mut self, weights: &Weights, device: &Device) -> Result<()> {
        let names: Vec<&str> = weights
            .names()
            .filter_map(|name| name.strip_prefix(FIRST))
            .collect();
        for name in names {
            let (parameter, first) = (weights.shape(name)?, format!("{FIRST}{name}"));
            let entries: usize = parameter.iter().product();
            let moments = Moments {
                first: weights.tensor(&first, [entries], device)?,
                second: weights.tensor(&format!("{SECOND}{name}"), [entries], device)?,
            };
            self.moments.insert(name.to_owned(), moments);
        }
        Ok(())
    }
}

struct Updater<'a> {
    step: AdamStep<f64>,
    moments: &'a mut BTreeMap<String, Moments>,
    gradients: Gradients,
    path: Path,
}

impl ModuleMapper for Updater<'_> {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.exit();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        // Running statistics have no gradient.
        let Some(gradient) = param.val().grad_remove(&mut self.gradients) else {
            return param;
        };
        let gradient: Tensor<1> = gradient.flatten(0, D - 1);
        let name = self.path.name().to_owned();
        let Moments { first, second } = self.moments.entry(name).or_insert_with(|| Moments {
            first: gradient.zeros_like(),
            second: gradient.zeros_like(),
        });
        param.map(|old| {
            let shape = old.dims();
            let mut value: Tensor<1> = old.without_autodiff().flatten(0, D - 1);
            self.step
                .apply_to_tensor(&mut value, gradient, first, second);
            value.reshape(shape).autodiff().require_grad()
        })
    }
}
