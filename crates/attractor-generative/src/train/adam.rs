//! Adam on a module's parameters, its moments kept by parameter name.

use std::collections::BTreeMap;

use attractor_core::Result;
use attractor_core::weights::Weights;
use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Device, Gradients, Tensor};

use super::AdamConfig;

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
pub(super) struct Adam {
    config: AdamConfig,
    moments: BTreeMap<String, Moments>,
}

impl Adam {
    pub(super) fn new(config: AdamConfig) -> Self {
        Self {
            config,
            moments: BTreeMap::new(),
        }
    }

    /// The module after step number `step`, the first being 1, at `factor` times the rate.
    pub(super) fn step<M: Module>(
        &mut self,
        module: M,
        gradients: Gradients,
        step: u64,
        factor: f64,
    ) -> M {
        let AdamConfig {
            learning_rate,
            beta1,
            beta2,
            ..
        } = self.config.scaled(factor);
        let step = step as f64;
        let mut mapper = Updater {
            adam: self,
            gradients,
            path: Vec::new(),
            rate: learning_rate / (1.0 - beta1.powf(step)),
            root: (1.0 - beta2.powf(step)).sqrt(),
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
    adam: &'a mut Adam,
    gradients: Gradients,
    path: Vec<String>,
    /// Learning rate over the first moment's bias.
    rate: f64,
    /// Root of the second moment's bias.
    root: f64,
}

impl ModuleMapper for Updater<'_> {
    fn enter_module(&mut self, name: &str, _container: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        // Running statistics have no gradient.
        let Some(gradient) = param.val().grad_remove(&mut self.gradients) else {
            return param;
        };
        let AdamConfig {
            beta1,
            beta2,
            epsilon,
            ..
        } = self.adam.config;
        let gradient: Tensor<1> = gradient.flatten(0, D - 1);
        let name = self.path.join(".");
        let old = self.adam.moments.remove(&name).unwrap_or_else(|| Moments {
            first: gradient.zeros_like(),
            second: gradient.zeros_like(),
        });
        let first = old.first.mul_scalar(beta1) + gradient.clone().mul_scalar(1.0 - beta1);
        let second = old.second.mul_scalar(beta2) + gradient.square().mul_scalar(1.0 - beta2);
        let scale = second
            .clone()
            .sqrt()
            .mul_scalar(1.0 / self.root)
            .add_scalar(epsilon);
        let update = (first.clone() / scale).mul_scalar(self.rate);
        self.adam.moments.insert(name, Moments { first, second });
        param.map(|old| {
            let shape = old.dims();
            (old.without_autodiff() - update.reshape(shape))
                .autodiff()
                .require_grad()
        })
    }
}
