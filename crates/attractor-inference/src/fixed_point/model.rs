use attractor_core::burn::tensor::Tensor;
use attractor_core::{Inference, MemoryPrior, Persist, Problem, Recall, Result};

use super::FixedPointConfig;
use crate::driver::{Dynamics, Options, State, at_ceiling, run};

/// Fixed-point iteration on the prior. See the [module](super).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FixedPoint {
    config: FixedPointConfig,
}

impl FixedPoint {
    pub(super) fn new(config: FixedPointConfig) -> Self {
        Self { config }
    }
}

struct Attract<'a>(&'a dyn MemoryPrior);

impl Dynamics for Attract<'_> {
    fn terms(&self) -> Vec<String> {
        vec!["prior".into()]
    }

    fn step(&mut self, state: &State) -> Result<(Vec<Tensor<1>>, State)> {
        let (next, energy) = self.0.attract_with_energy(state[0].clone())?;
        Ok((vec![energy], vec![next]))
    }

    fn energies(&mut self, state: &State) -> Result<Vec<Tensor<1>>> {
        Ok(vec![self.0.energy(state[0].clone())?])
    }

    fn clipped(&mut self, state: &State) -> Result<Option<Vec<bool>>> {
        at_ceiling(self.0, &state[0])
    }
}

impl Inference for FixedPoint {
    fn name(&self) -> &'static str {
        "fixed_point"
    }

    fn uses_observation(&self) -> bool {
        false
    }

    fn as_persist(&self) -> Option<&dyn Persist> {
        Some(self)
    }

    fn infer(&self, problem: &Problem<'_>) -> Result<Recall> {
        let options = Options {
            stopping: self.config.stopping,
            keep_best: false,
        };
        let (_, recall) = run(
            &mut Attract(problem.prior),
            vec![problem.start.clone()],
            &options,
        )?;
        Ok(recall)
    }
}

impl Persist for FixedPoint {
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
